"""The session of a browser login: the account's own bearer token, which Docker keeps beside an access token."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from dockerhub_mcp.hub import HUB_URL, CredentialKind, Hub
from dockerhub_mcp.hub.auth.docker_config import (
    HUB_SERVER_URL,
    HelperLookup,
    LoginServer,
    find_login,
    find_session,
)
from dockerhub_mcp.hub.auth.docker_login import DockerConfig, DockerLogin
from dockerhub_mcp.hub.auth.stored_session import StoredSession, build_session, parse_session_output
from dockerhub_mcp.hub.errors import CredentialError, Forbidden, SignInRefused, SignInRequired
from dockerhub_mcp.hub.methods import CreateAuthToken, GetOrgSettings, GetRepository, ListAccessTokens
from dockerhub_mcp.sandbox import Sandbox
from tests.support import credential_helpers as helpers
from tests.support.credential_helpers import DockerHome, build_entry, build_session_token
from tests.support.fixture_types import Clock

SESSION_KEY = f"{HUB_SERVER_URL}access-token"
REFRESH_KEY = f"{HUB_SERVER_URL}refresh-token"
PAT = "dckr_pat_sandbox_admin"
PUBLIC = GetRepository(repository="redis")
SETTINGS = GetOrgSettings(name="acme")
MakeDockerHub = Callable[..., Hub]


@pytest.fixture
def docker_home(tmp_path: Any) -> DockerHome:
    return DockerHome(tmp_path)


@pytest.fixture
def docker(docker_home: DockerHome, make_hub: Callable[..., Hub], clock: Clock) -> MakeDockerHub:
    """Return a factory of clients with Docker's own address, served by the sandbox."""

    def make(*, use_session: bool = True) -> Hub:
        server = LoginServer.from_base_url(HUB_URL, HUB_URL)
        assert server
        config = DockerConfig.from_environment(docker_home.build_env(), server)
        login = DockerLogin(config, use_session=use_session, clock=clock)
        return make_hub(credentials=login, base_url=HUB_URL, clock=clock)

    return make


@pytest.fixture
async def session_token(make_hub: Callable[..., Hub], sandbox: Sandbox) -> str:
    """Return a bearer token of ada with all rights of the account."""
    bearer = await make_hub("owner")._authenticator.get_bearer()
    assert bearer is not None
    sandbox.faults.clear()
    return bearer.token


def write_logins(docker_home: DockerHome, session: str, *, pat: str = PAT) -> None:
    auths = {SESSION_KEY: build_entry("ada", session), REFRESH_KEY: build_entry("ada", "v1.refresh..client")}
    if pat:
        auths[HUB_SERVER_URL] = build_entry("ada", pat)
    docker_home.write_config(auths=auths)


async def test_the_session_has_all_rights_of_the_account(
    docker_home: DockerHome, docker: MakeDockerHub, session_token: str, sandbox: Sandbox
) -> None:
    write_logins(docker_home, session_token)
    hub = docker()
    before = sandbox.login_count
    assert (await hub.send(SETTINGS)).restricted_images is not None
    await hub.send(ListAccessTokens())
    assert sandbox.login_count == before
    assert hub.principal.kind is CredentialKind.SESSION
    assert str(hub.principal) == "ada (signed in with a session of docker login)"
    status = await hub.send(CreateAuthToken())
    assert (status.username, status.kind) == ("ada", "session of docker login")
    assert "Docker's command line renews it" in str(status.message)
    assert sandbox.login_count == before
    assert hub.redact(f"x {session_token} x") == "x *** x"


async def test_by_default_only_the_access_token_is_used(
    docker_home: DockerHome, docker: MakeDockerHub, session_token: str, sandbox: Sandbox
) -> None:
    write_logins(docker_home, session_token)
    hub = docker(use_session=False)
    with pytest.raises(Forbidden):
        await hub.send(ListAccessTokens())
    assert hub.principal.kind is CredentialKind.PAT
    assert sandbox.requests[-1].user == "ada"


async def test_an_expired_session_gives_way_to_the_access_token(
    docker_home: DockerHome, docker: MakeDockerHub
) -> None:
    now = time.time()
    for session in (
        build_session_token(now - 1),
        build_session_token(now + 30),  # too close to its end
        build_session_token(now).replace(".", "..", 1),
        "not-a-jwt",
        "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",  # without an expiry
        build_session_token("soon"),  # type: ignore[arg-type]
        build_session_token(float("inf")),
        build_session_token([1]),  # type: ignore[arg-type]
        "",
    ):
        write_logins(docker_home, session)
        hub = docker()
        await hub.send(PUBLIC)
        assert hub.principal.kind is CredentialKind.PAT, session
        assert hub.credential_error is None


async def test_a_session_that_the_hub_rejects_gives_way_to_the_access_token(
    docker_home: DockerHome, docker: MakeDockerHub, sandbox: Sandbox
) -> None:
    write_logins(docker_home, build_session_token(time.time() + 3000))
    hub = docker()
    for _ in range(3):
        assert (await hub.send(PUBLIC)).name == "redis"
    assert hub.principal.kind is CredentialKind.PAT
    assert sandbox.login_count == 1
    assert len(sandbox.requests) == 1 + 1 + 3  # the session is sent once


async def test_a_session_alone_is_enough(
    docker_home: DockerHome, docker: MakeDockerHub, session_token: str, clock: Clock
) -> None:
    write_logins(docker_home, session_token, pat="")
    hub = docker()
    assert (await hub.send(SETTINGS)).restricted_images is not None
    write_logins(docker_home, build_session_token(time.time() - 1), pat="")
    clock.time += 1
    assert (await hub.send(PUBLIC)).name == "redis"
    with pytest.raises(SignInRequired):
        await hub.send(SETTINGS)


async def test_a_session_alone_that_the_hub_rejects_is_explained(
    docker_home: DockerHome, docker: MakeDockerHub
) -> None:
    write_logins(docker_home, build_session_token(time.time() + 3000), pat="")
    hub = docker()
    for _ in range(2):
        assert (await hub.send(PUBLIC)).name == "redis"
        assert "did not accept the session of docker login" in str(hub.credential_error)
        with pytest.raises(SignInRefused, match="did not accept the session of docker login") as caught:
            await hub.send(SETTINGS)
        assert "Run `docker login` again" in caught.value.remedy


async def test_a_renewed_session_is_found(
    docker_home: DockerHome, docker: MakeDockerHub, session_token: str, clock: Clock
) -> None:
    write_logins(docker_home, build_session_token(time.time() - 1))
    hub = docker()
    await hub.send(PUBLIC)
    assert str(hub.principal) == "ada (signed in with a personal access token)"
    write_logins(docker_home, session_token)
    clock.time += 1
    await hub.send(SETTINGS)
    assert str(hub.principal) == "ada (signed in with a session of docker login)"


async def test_a_session_is_used_until_shortly_before_its_end(
    docker_home: DockerHome, docker: MakeDockerHub, session_token: str, clock: Clock
) -> None:
    write_logins(docker_home, session_token)  # lives for 600 s
    hub = docker()
    await hub.send(SETTINGS)
    first = hub._authenticator._bearer
    clock.time += 530
    await hub.send(SETTINGS)
    assert hub._authenticator._bearer is first
    clock.time += 15
    await hub.send(SETTINGS)  # looked up again; by the wall clock it is still valid
    assert hub._authenticator._bearer is not first


async def test_a_helper_is_queried_for_the_session_only_where_it_is_used(
    docker_home: DockerHome, docker: MakeDockerHub, session_token: str
) -> None:
    docker_home.write_config(credsStore="x")
    docker_home.install_helper("x", helpers.WITH_SESSION, secret=session_token)
    hub = docker(use_session=False)
    await hub.send(PUBLIC)
    assert docker_home.lookups == [f"get {HUB_SERVER_URL}"]
    hub = docker()
    assert (await hub.send(SETTINGS)).restricted_images is not None
    assert docker_home.lookups[1:] == [f"get {SESSION_KEY}", f"get {HUB_SERVER_URL}"]
    await hub.send(SETTINGS)
    assert len(docker_home.lookups) == 3


@pytest.mark.parametrize("script", [helpers.WITHOUT_LOGIN, helpers.FAILING, helpers.INVALID_OUTPUT])
async def test_a_helper_without_a_session_is_no_trouble(
    docker_home: DockerHome, docker: MakeDockerHub, script: str
) -> None:
    docker_home.write_config(credsStore="x")
    docker_home.install_helper("x", script)
    assert (await docker().send(PUBLIC)).name == "redis"


def test_sessions_are_found_where_docker_stores_them() -> None:
    server = LoginServer.from_base_url(HUB_URL, HUB_URL)
    assert server
    token = build_session_token(2_000_000_000)
    entry = build_entry("ada", token)
    found = {
        "auths": f'{{"auths": {{"{SESSION_KEY}": {{"auth": "{entry["auth"]}"}}}}}}',
        "plain": f'{{"auths": {{"{SESSION_KEY}": {{"username": "ada", "password": "{token}"}}}}}}',
        "slash": f'{{"auths": {{"{SESSION_KEY}/": {{"auth": "{entry["auth"]}"}}}}}}',
    }
    for text in found.values():
        session = find_session(text, server, config_name="config.json")
        assert isinstance(session, StoredSession)
        assert (session.name, session.token, session.expires_at) == ("ada", token, 2_000_000_000)
        assert token not in repr(session)
        assert find_login(text, server, config_name="config.json") is None, "it is no login"
    for text in (
        '{"credsStore": "desktop"}',
        f'{{"credHelpers": {{"{HUB_SERVER_URL}": "desktop"}}}}',
        '{"credHelpers": {"docker.io": "desktop"}}',
    ):
        lookup = find_session(text, server, config_name="config.json")
        assert lookup == HelperLookup("desktop", (SESSION_KEY,))
    for text in (
        "",
        "{}",
        f'{{"auths": {{"{SESSION_KEY}": []}}}}',
        f'{{"auths": {{"{SESSION_KEY}": {{}}}}}}',
        f'{{"auths": {{"{REFRESH_KEY}": {{"auth": "{entry["auth"]}"}}}}}}',
        f'{{"auths": {{"{HUB_SERVER_URL}": {{"auth": "{entry["auth"]}"}}}}}}',
        f'{{"auths": {{"https://ghcr.io/access-token": {{"auth": "{entry["auth"]}"}}}}}}',
    ):
        assert find_session(text, server, config_name="config.json") is None
    with pytest.raises(CredentialError, match="is not the JSON object"):
        find_session("nonsense", server, config_name="config.json")


def test_the_output_of_helpers_is_read_robustly() -> None:
    token = build_session_token(2_000_000_000)
    session = parse_session_output(f'{{"Username": "ada", "Secret": "{token}"}}', program="p")
    assert session == StoredSession("ada", token, 2_000_000_000, "p")
    for text in ("", "null", "[]", "{", '{"Secret": 5}', '{"Username": "ada"}', "[" * 100_000):
        assert parse_session_output(text, program="p") is None
    assert build_session(None, f" {token}\n", "p") == StoredSession("", token, 2_000_000_000, "p")
    distant = build_session("ada", build_session_token(1e300), "p")
    assert distant is not None
    assert distant.expiry is None
    assert distant.is_valid()

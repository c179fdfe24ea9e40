"""Docker's stored login, used by a client of the sandbox."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.hub import HUB_URL, CredentialKind, Hub
from dockerhub_mcp.hub.auth.docker_config import HUB_SERVER_URL, LoginServer
from dockerhub_mcp.hub.auth.docker_login import DockerConfig, DockerLogin
from dockerhub_mcp.hub.errors import CredentialError, SignInRefused, SignInRequired
from dockerhub_mcp.hub.methods import CreateAuthToken, GetCurrentUser, GetOrgSettings, GetRepository
from dockerhub_mcp.sandbox import Sandbox
from tests.support import credential_helpers as helpers
from tests.support.credential_helpers import STDERR_SECRET, DockerHome
from tests.support.fixture_types import Clock

PUBLIC = GetRepository(repository="redis")
PRIVATE = GetRepository(namespace="acme", repository="storefront")
SETTINGS = GetOrgSettings(name="acme")
OURS, OTHERS = "dckr_pat_sandbox_admin", "dckr_pat_sandbox_reader"
MakeDockerHub = Callable[..., Hub]


@pytest.fixture
def docker_home(tmp_path: Path) -> DockerHome:
    return DockerHome(tmp_path)


@pytest.fixture
def docker(docker_home: DockerHome, make_hub: Callable[..., Hub], clock: Clock) -> MakeDockerHub:
    """Return a factory of clients with Docker's own address, served by the sandbox."""

    def make(*, helper_timeout: float = 10.0, **variables: str) -> Hub:
        server = LoginServer.from_base_url(HUB_URL, HUB_URL)
        assert server
        environment = docker_home.build_env(**variables)
        config = DockerConfig.from_environment(environment, server, helper_timeout=helper_timeout)
        return make_hub(credentials=DockerLogin(config, clock=clock), base_url=HUB_URL)

    return make


def build_auths(name: str, secret: str) -> dict[str, Any]:
    return {HUB_SERVER_URL: {"auth": base64.b64encode(f"{name}:{secret}".encode()).decode()}}


async def test_after_docker_login_no_configuration_is_needed(
    docker_home: DockerHome, docker: MakeDockerHub
) -> None:
    docker_home.write_config(auths=build_auths("ada", OURS))
    hub = docker()
    assert (await hub.send(PRIVATE)).is_private
    assert str(hub.principal) == "ada (signed in with a personal access token)"
    assert hub.redact(f"x {OURS} x") == "x *** x"


async def test_a_helper_is_queried_lazily_and_once(docker_home: DockerHome, docker: MakeDockerHub) -> None:
    docker_home.write_config(credsStore="x")
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret=OURS)
    hub = docker()
    assert docker_home.lookups == []
    results = await asyncio.gather(*(hub.send(PRIVATE) for _ in range(16)))
    assert all(result.is_private for result in results)
    assert docker_home.lookups == [f"get {HUB_SERVER_URL}"]


async def test_without_a_login_the_client_is_anonymous(
    docker_home: DockerHome, docker: MakeDockerHub, sandbox: Sandbox
) -> None:
    docker_home.write_config(credsStore="x")
    docker_home.install_helper("x", helpers.WITHOUT_LOGIN)
    hub = docker()
    for _ in range(3):
        assert (await hub.send(PUBLIC)).name == "redis"
    assert hub.credential_error is None
    assert (sandbox.login_count, len(docker_home.lookups)) == (0, 1)
    with pytest.raises(SignInRequired, match="There are no credentials to sign in with") as caught:
        await hub.send(CreateAuthToken())
    assert caught.value.remedy.startswith("Run `docker login` in a terminal")
    # The settings need a password, which a login with a token does not provide.
    with pytest.raises(SignInRequired) as caught:
        await hub.send(SETTINGS)
    assert "docker login" not in caught.value.remedy
    with pytest.raises(SignInRequired) as caught:
        await hub.send(GetCurrentUser())
    assert caught.value.remedy.startswith("Run `docker login` in a terminal. Or: Set DOCKERHUB_USERNAME")


async def test_without_a_docker_directory_there_is_no_login(
    docker_home: DockerHome, docker: MakeDockerHub
) -> None:
    docker_home.config_dir.rmdir()
    hub = docker()
    assert (await hub.send(PUBLIC)).name == "redis"
    assert hub.credential_error is None


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "which is not installed or not on the PATH"),
        (helpers.FAILING, "failed (exit code 3)"),
        (helpers.SLOW, "did not answer within 0.5 s"),
        (helpers.INVALID_OUTPUT, "did not return the JSON of a credential helper"),
    ],
)
async def test_a_broken_helper_leaves_the_client_anonymous_with_an_error(
    docker_home: DockerHome,
    docker: MakeDockerHub,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
    script: str | None,
    message: str,
) -> None:
    caplog.set_level(logging.INFO, "dockerhub_mcp")
    docker_home.write_config(credsStore="x")
    if script:
        docker_home.install_helper("x", script)
    hub = docker(helper_timeout=0.5 if script == helpers.SLOW else 10.0)
    for _ in range(3):
        assert (await hub.send(PUBLIC)).name == "redis"
    assert message in str(hub.credential_error)
    for _ in range(3):
        with pytest.raises(CredentialError) as caught:
            await hub.send(SETTINGS)
        assert message in caught.value.what
    assert len(docker_home.lookups) == (1 if script else 0)  # the failure is cached
    assert sandbox.login_count == 0
    logged = [record for record in caplog.records if record.message == "docker's login cannot be used"]
    assert [message in vars(record)["reason"] for record in logged] == [True]
    assert not any(STDERR_SECRET in str(vars(record)) for record in caplog.records)


async def test_a_broken_helper_is_queried_again_later(
    docker_home: DockerHome, docker: MakeDockerHub, clock: Clock
) -> None:
    docker_home.write_config(credsStore="x")
    docker_home.install_helper("x", helpers.FAILING)
    hub = docker()
    await hub.send(PUBLIC)
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret=OURS)
    await hub.send(PUBLIC)
    assert hub.credential_error is not None
    clock.time += 301
    assert (await hub.send(PRIVATE)).is_private
    assert hub.credential_error is None


async def test_a_later_login_is_found(docker_home: DockerHome, docker: MakeDockerHub, clock: Clock) -> None:
    hub = docker()
    assert (await hub.send(PUBLIC)).name == "redis"
    docker_home.write_config(auths=build_auths("ada", OURS))
    clock.time += 1
    assert (await hub.send(PRIVATE)).is_private
    docker_home.write_config(auths=build_auths("linus", OTHERS))
    clock.time += 0.5
    await hub.send(PUBLIC)  # the file was looked at half a second ago
    assert hub.principal.username == "ada"
    clock.time += 0.5
    await hub.send(PUBLIC)
    assert hub.principal.username == "linus"
    docker_home.write_config(auths={})  # docker logout
    clock.time += 1
    await hub.send(PUBLIC)
    assert hub.principal.kind is CredentialKind.ANONYMOUS
    docker_home.write_config(credsStore="x")
    docker_home.install_helper("x", helpers.WITHOUT_LOGIN)
    clock.time += 1
    await hub.send(PUBLIC)
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret=OURS)  # the file does not change
    clock.time += 61
    await hub.send(PUBLIC)
    assert hub.principal.username == "ada"


async def test_a_change_of_the_file_without_a_new_login_does_not_sign_in_again(
    docker_home: DockerHome, docker: MakeDockerHub, sandbox: Sandbox
) -> None:
    hub = docker()
    for context in ("one", "two", "three"):
        docker_home.write_config(auths=build_auths("ada", OURS), currentContext=context)
        assert (await hub.send(PRIVATE)).is_private
    assert sandbox.login_count == 1


async def test_a_refused_login_is_not_retried_but_a_new_one_is_sent(
    docker_home: DockerHome, docker: MakeDockerHub, sandbox: Sandbox, clock: Clock
) -> None:
    docker_home.write_config(credsStore="x")
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret="dckr_pat_revoked")
    hub = docker()
    for _ in range(3):
        with pytest.raises(SignInRefused, match="refused to sign in ada") as caught:
            await hub.send(SETTINGS)
        assert "run `docker login` again" in caught.value.remedy
    assert (sandbox.login_count, len(docker_home.lookups)) == (1, 1)
    clock.time += 61  # the helper is queried again and has no other login
    docker_home.write_config(credsStore="x", currentContext="other")
    for _ in range(3):
        with pytest.raises(SignInRefused):
            await hub.send(SETTINGS)
    assert (sandbox.login_count, len(docker_home.lookups)) == (1, 2)
    docker_home.install_helper("x", helpers.FAILING)  # a helper that fails in between makes no difference
    clock.time += 301
    await hub.send(PUBLIC)
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret="dckr_pat_revoked")
    clock.time += 301
    await hub.send(PUBLIC)
    assert sandbox.login_count == 1
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret=OURS)
    clock.time += 301
    assert (await hub.send(PRIVATE)).is_private
    assert sandbox.login_count == 2


async def test_an_explicit_sign_in_uses_the_current_login(
    docker_home: DockerHome, docker: MakeDockerHub
) -> None:
    docker_home.write_config(credsStore="x")
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret="dckr_pat_revoked")
    hub = docker()
    with pytest.raises(SignInRefused):
        await hub.send(CreateAuthToken())
    docker_home.install_helper("x", helpers.WITH_LOGIN, secret=OURS)
    assert (await hub.send(CreateAuthToken())).username == "ada"


@pytest.mark.parametrize(
    ("name", "secret", "remedy"),
    [
        ("ada", "dckr_oat_sandbox_acme", "Run `docker login -u ORGANIZATION` with the organization's name"),
        ("ada", "dckr_pat_sandbox_expired", "and run `docker login` again"),
        ("ada", "wrong", "Use a personal access token, created at https://app.docker.com"),
    ],
)
async def test_a_refused_login_has_a_remedy_with_docker_login(
    docker_home: DockerHome, docker: MakeDockerHub, name: str, secret: str, remedy: str
) -> None:
    docker_home.write_config(auths=build_auths(name, secret))
    hub = docker()
    with pytest.raises(SignInRefused) as caught:
        await hub.send(CreateAuthToken())
    assert remedy in caught.value.remedy
    assert "DOCKERHUB_" not in caught.value.remedy


async def test_an_organizations_token_is_used_under_its_name(
    docker_home: DockerHome, docker: MakeDockerHub
) -> None:
    docker_home.write_config(auths=build_auths("acme", "dckr_oat_sandbox_acme"))
    signed_in = await docker().send(CreateAuthToken())
    assert (signed_in.username, signed_in.kind) == ("acme", "organization access token")


async def test_an_explicit_sign_in_takes_precedence(docker_home: DockerHome, docker: MakeDockerHub) -> None:
    docker_home.write_config(auths=build_auths("ada", OURS))
    hub = docker()
    await hub.send(CreateAuthToken(identifier="linus", secret=OTHERS))
    docker_home.write_config(auths=build_auths("ada", OURS), currentContext="other")
    await hub.send(PUBLIC)
    assert hub.principal.username == "linus"


async def test_the_variable_takes_precedence_over_the_file(
    docker_home: DockerHome, docker: MakeDockerHub
) -> None:
    docker_home.write_config(auths=build_auths("ada", OURS))
    text = f'{{"auths": {{"{HUB_SERVER_URL}": {{"username": "linus", "password": "{OTHERS}"}}}}}}'
    hub = docker(DOCKER_AUTH_CONFIG=text)
    await hub.send(PUBLIC)
    assert hub.principal.username == "linus"
    hub = docker(DOCKER_AUTH_CONFIG='{"auths": {"ghcr.io": {"auth": "eDp5"}}}')
    await hub.send(PUBLIC)
    assert hub.principal.username == "ada"
    hub = docker(DOCKER_AUTH_CONFIG="nonsense")
    await hub.send(PUBLIC)
    assert "DOCKER_AUTH_CONFIG is not the JSON object" in str(hub.credential_error)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe{}", "it is not UTF-8 text"),
        (b" " * (4 * 1024**2 + 1), "is larger than 4 MiB"),
        (b"{", "is not the JSON"),
    ],
)
async def test_an_invalid_file_is_an_error(
    docker_home: DockerHome, docker: MakeDockerHub, content: bytes, words: str
) -> None:
    docker_home.config_file.write_bytes(content)
    hub = docker()
    assert (await hub.send(PUBLIC)).name == "redis"
    assert words in str(hub.credential_error)


async def test_a_directory_instead_of_the_file_is_an_error(
    docker_home: DockerHome, docker: MakeDockerHub
) -> None:
    docker_home.config_file.mkdir()
    hub = docker()
    await hub.send(PUBLIC)
    assert "cannot be read: Is a directory" in str(hub.credential_error)


async def test_nothing_is_written(docker_home: DockerHome, docker: MakeDockerHub) -> None:
    docker_home.write_config(auths=build_auths("ada", OURS))
    before = docker_home.config_file.stat(), docker_home.config_file.read_bytes()
    await docker().send(PRIVATE)
    assert [path.name for path in docker_home.config_dir.iterdir()] == ["config.json"]
    assert (docker_home.config_file.stat().st_mtime_ns, docker_home.config_file.read_bytes()) == (
        before[0].st_mtime_ns,
        before[1],
    )


def test_the_default_directory_is_in_the_home_directory() -> None:
    server = LoginServer.from_base_url(HUB_URL, HUB_URL)
    assert server
    assert DockerConfig.from_environment({}, server).path == Path("~/.docker/config.json").expanduser()
    assert DockerConfig.from_environment({"DOCKER_CONFIG": "/elsewhere"}, server).path == Path(
        "/elsewhere/config.json"
    )

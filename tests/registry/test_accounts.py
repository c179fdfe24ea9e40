"""The account of the registry client: rotated files, other accounts, Docker's own login."""

from __future__ import annotations

import time
from pathlib import Path

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials
from dockerhub_mcp.hub.auth.docker_config import LoginServer
from dockerhub_mcp.hub.auth.docker_login import DockerConfig, DockerLogin
from dockerhub_mcp.hub.auth.secret_sources import FileSecret, StaticSecret
from dockerhub_mcp.hub.errors import CredentialError, DeadlineExceeded, NotFound, SignInRefused
from dockerhub_mcp.hub.methods import CreateAuthToken
from dockerhub_mcp.registry import RegistryClient
from tests.support.credential_helpers import DockerHome, build_entry, build_session_token
from tests.support.fake_registry import AUTH, FakeRegistry, make_jwt

SECRET = "dckr_pat_correct-secret-of-ada"
WRONG = "dckr_pat_wrong-secret-of-ada"


async def head(client: RegistryClient, repository: str = "acme/api", tag: str = "1.0") -> str:
    return (await client.start_session().head_manifest(repository, tag)).digest


async def test_a_secret_in_a_file_may_be_replaced(fake: FakeRegistry, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(WRONG)
    credentials = Credentials(StaticSecret("ada"), FileSecret(path, "DOCKERHUB_TOKEN_FILE"))
    client = RegistryClient(fake.server, fake.create_hub(credentials).account)
    with pytest.raises(SignInRefused):
        await head(client)
    path.write_text(SECRET)
    assert await head(client, "ada/secret", "latest")
    path.unlink()
    with pytest.raises(CredentialError):
        await head(client)


async def test_a_sign_in_as_another_account_changes_the_account(fake: FakeRegistry) -> None:
    fake.override("/v2/auth/token", httpx.Response(200, json={"access_token": make_jwt({"exp": 4e9})}))
    hub = fake.create_hub()
    client = RegistryClient(fake.server, hub.account)
    with pytest.raises(NotFound):
        await head(client, "ada/secret", "latest")
    await hub.send(CreateAuthToken(identifier="ada", secret=SECRET))
    assert await head(client, "ada/secret", "latest")


async def test_copies_of_a_hub_client_share_one_registry_client(fake: FakeRegistry) -> None:
    hub = fake.create_hub()
    copy = hub.with_method_check(lambda _: None)
    first = RegistryClient.for_account(fake.server, hub.account)
    assert RegistryClient.for_account(fake.server, copy.account) is first
    assert RegistryClient.for_account(fake.server, fake.create_hub().account) is not first


async def test_the_session_of_a_browser_login_is_not_sent(fake: FakeRegistry, tmp_path: Path) -> None:
    home = DockerHome(tmp_path)
    token = build_session_token(time.time() + 3600)
    home.write_config(auths={"https://index.docker.io/v1/access-token": build_entry("ada", token)})
    server = LoginServer.from_base_url("https://hub.docker.com", "https://hub.docker.com")
    assert server is not None
    login = DockerLogin(DockerConfig.from_environment(home.build_env(), server), use_session=True)
    client = RegistryClient(fake.server, fake.create_hub(login).account)
    assert await head(client)
    with pytest.raises(NotFound, match="only the session of a browser login"):
        await head(client, "ada/secret", "latest")
    assert set(fake.find_headers(AUTH, "authorization")) == {""}


async def test_the_login_that_docker_pull_uses_is_sent(fake: FakeRegistry, tmp_path: Path) -> None:
    home = DockerHome(tmp_path)
    home.write_config(auths={"https://index.docker.io/v1/": build_entry("ada", SECRET)})
    server = LoginServer.from_base_url("https://hub.docker.com", "https://hub.docker.com")
    assert server is not None
    login = DockerLogin(DockerConfig.from_environment(home.build_env(), server))
    client = RegistryClient(fake.server, fake.create_hub(login).account)
    assert await head(client, "ada/secret", "latest")


async def test_the_login_of_docker_goes_to_no_other_registry(fake: FakeRegistry, tmp_path: Path) -> None:
    home = DockerHome(tmp_path)
    home.write_config(auths={"https://index.docker.io/v1/": build_entry("ada", SECRET)})
    server = LoginServer.from_base_url("https://hub.docker.com", "https://hub.docker.com")
    assert server is not None
    login = DockerLogin(DockerConfig.from_environment(home.build_env(), server))
    registry = fake.create_server(url="https://registry.example")
    header = {"www-authenticate": 'Bearer realm="https://registry.example/token"'}
    fake.override("registry.example/v2/", httpx.Response(401, json={}, headers=header))
    fake.override("scope=", httpx.Response(200, json={"token": "opaque"}))
    with pytest.raises(NotFound, match="sent to Docker's own registry only"):
        await head(RegistryClient(registry, fake.create_hub(login).account))
    assert not any("Basic" in each.headers.get("authorization", "") for each in fake.requests)


async def test_a_call_ends_at_its_deadline(fake: FakeRegistry) -> None:
    server = fake.create_server(timeout=0.05)
    fake.is_hanging = True
    client = RegistryClient(server, fake.create_hub().account)
    with pytest.raises(DeadlineExceeded, match="did not answer within"):
        await head(client)

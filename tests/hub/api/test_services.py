"""The three services, and the token that each receives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.api.method import Method, Service
from dockerhub_mcp.hub.auth.credentials import find_scim_token
from dockerhub_mcp.hub.auth.secret_sources import FileSecret, StaticSecret
from dockerhub_mcp.hub.errors import (
    BadRequest,
    CredentialError,
    DeadlineExceeded,
    Forbidden,
    HubError,
    InvalidRequest,
    SignInRequired,
    Unauthorized,
    UnexpectedAnswer,
)
from dockerhub_mcp.hub.methods import (
    ALL_METHODS,
    GetCurrentUser,
    GetTag,
    ListHardenedImages,
    ListOrgMembers,
    ScimCreateUser,
    ScimGetProviderConfig,
    ScimGetUser,
    ScimListUsers,
)
from dockerhub_mcp.hub.methods.scim import ScimMethod
from dockerhub_mcp.sandbox import Sandbox

TAG = GetTag(repository="redis", tag="latest")
IMAGES = ListHardenedImages(organization="acme")
CONFIG = ScimGetProviderConfig()
SCIM_JSON = "application/scim+json"


def collect_bearers(sent: list[httpx.Request]) -> set[str]:
    return {request.headers.get("authorization", "") for request in sent}


def test_each_method_has_its_service() -> None:
    services = {
        service: {method.tool_name for method in ALL_METHODS if method.service is service}
        for service in Service
    }
    assert services[Service.SCOUT] == {"list_hardened_images"}
    assert services[Service.SCIM] == {
        method.tool_name for method in ALL_METHODS if issubclass(method, ScimMethod)
    }
    assert len(services[Service.SCIM]) == 9
    assert all(
        ("/scim/" in method.http.path_template) is (method.service is Service.SCIM) for method in ALL_METHODS
    )


@pytest.mark.parametrize("identity", [None, "owner", "owner-pat", "org-token"])
async def test_scim_requires_its_token(
    sandbox: Sandbox, make_hub: Callable[..., Hub], identity: str | None
) -> None:
    for call in (CONFIG, ScimCreateUser(user_name="bo@example.com")):
        with pytest.raises(SignInRequired, match="DOCKERHUB_SCIM_TOKEN") as caught:
            await make_hub(identity).send(call)
        assert "a token of their own" in caught.value.what
    assert sandbox.requests == []


async def test_a_wrong_scim_token_is_sent_once(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("owner", scim_token=StaticSecret("scim-wrong-token"))
    with pytest.raises(Unauthorized) as caught:
        await hub.send(CONFIG)
    assert caught.value.why == "The SCIM token is wrong or expired."
    assert "DOCKERHUB_SCIM_TOKEN" in caught.value.remedy
    assert "scim-wrong-token" not in str(caught.value)
    assert [request.path for request in sandbox.requests] == ["/v2/scim/2.0/ServiceProviderConfig"]
    assert hub.redact("it is scim-wrong-token") == "it is ***"


async def test_a_scim_token_may_lack_a_permission(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(match="/scim/", status=403, body='{"detail": "no"}')
    with pytest.raises(Forbidden, match="The SCIM token does not cover this") as caught:
        await make_hub(scim_token=StaticSecret(sandbox.scim_token)).send(CONFIG)
    assert "the organization (signed in with a SCIM token)" in str(caught.value)


async def test_each_token_goes_to_its_own_service_only(
    sandbox: Sandbox, wired: Callable[..., Hub], sent: list[httpx.Request]
) -> None:
    hub = wired("owner", scim_token=StaticSecret(sandbox.scim_token))
    calls: tuple[Method[Any], ...] = (TAG, CONFIG, GetCurrentUser(), ScimListUsers(count=1), IMAGES)
    for call in calls:
        await hub.send(call)
    scim = [request for request in sent if "/scim/" in request.url.path]
    others = [request for request in sent if request not in scim]
    assert collect_bearers(scim) == {f"Bearer {sandbox.scim_token}"}
    assert len(collect_bearers(others) - {""}) == 1
    assert f"Bearer {sandbox.scim_token}" not in collect_bearers(others)
    assert [request.url.path for request in others if "authorization" not in request.headers] == [
        "/v2/auth/token"
    ]


async def test_scim_needs_no_account_of_the_hub(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    hub = make_hub(
        credentials=Credentials.from_strings("ada", "wrong"), scim_token=StaticSecret(sandbox.scim_token)
    )
    assert (await hub.send(CONFIG)).schemas
    assert sandbox.login_count == 0
    only_scim = make_hub(scim_token=StaticSecret(sandbox.scim_token))
    assert (await only_scim.send(TAG)).name == "latest"
    assert sandbox.requests[-1].auth_scheme is None
    with pytest.raises(SignInRequired, match="the client is anonymous"):
        await only_scim.send(ListOrgMembers(org_name="acme"))


async def test_the_sandbox_refuses_a_token_of_the_other_service(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    account = sandbox.get_identity("owner-pat")
    with pytest.raises(Unauthorized):
        await make_hub(scim_token=StaticSecret(account.secret)).send(CONFIG)
    with pytest.raises(HubError):
        await make_hub(credentials=Credentials.from_strings("acme", sandbox.scim_token)).send(
            GetCurrentUser()
        )


async def test_scim_speaks_its_own_media_type(
    sandbox: Sandbox, wired: Callable[..., Hub], sent: list[httpx.Request]
) -> None:
    hub = wired("owner", scim_token=StaticSecret(sandbox.scim_token))
    await hub.send(ScimCreateUser(user_name="bo@example.com"))
    assert (sent[-1].headers["accept"], sent[-1].headers["content-type"]) == (SCIM_JSON, SCIM_JSON)
    await hub.send(ScimListUsers())
    assert sent[-1].headers["accept"] == SCIM_JSON
    assert "content-type" not in sent[-1].headers
    await hub.send(IMAGES)
    headers = sent[-1].headers
    assert (headers["accept"], headers["content-type"]) == ("application/json", "application/json")


async def test_messages_of_scim_errors_are_shown(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    hub = make_hub(scim_token=StaticSecret(sandbox.scim_token))
    with pytest.raises(BadRequest, match="userName must be an e-mail address"):
        await hub.send(ScimCreateUser(user_name="bo"))


async def test_a_scim_token_in_a_file_is_read_again(
    sandbox: Sandbox, make_hub: Callable[..., Hub], tmp_path: Path
) -> None:
    path = tmp_path / "scim"
    source = find_scim_token({"DOCKERHUB_SCIM_TOKEN_FILE": str(path)})
    assert isinstance(source, FileSecret)
    hub = make_hub(scim_token=source)
    with pytest.raises(CredentialError, match="DOCKERHUB_SCIM_TOKEN_FILE"):
        await hub.send(CONFIG)
    path.write_text("old\n")
    with pytest.raises(Unauthorized):
        await hub.send(CONFIG)
    path.write_text(f"{sandbox.scim_token}\n")
    assert (await hub.send(CONFIG)).schemas


def test_a_scim_token_is_found_in_the_environment() -> None:
    assert find_scim_token({}) is None
    found = find_scim_token({"DOCKERHUB_SCIM_TOKEN": " hush "})
    assert found is not None
    assert found.read_text() == "hush"
    assert "hush" not in repr(found)
    with pytest.raises(CredentialError, match="both set"):
        find_scim_token({"DOCKERHUB_SCIM_TOKEN": "a", "DOCKERHUB_SCIM_TOKEN_FILE": "b"})


@pytest.mark.parametrize(
    ("settings", "host"),
    [
        ({}, "localhost"),
        ({"base_url": "https://hub.docker.com"}, "api.scout.docker.com"),
        ({"base_url": "https://hub.docker.com/"}, "api.scout.docker.com"),
        ({"base_url": "https://hub.example.com"}, "hub.example.com"),
        (
            {"base_url": "https://hub.docker.com", "scout_url": "https://scout.example.com"},
            "scout.example.com",
        ),
    ],
)
async def test_the_bearer_is_sent_to_the_hub_and_its_scout_only(
    wired: Callable[..., Hub], sent: list[httpx.Request], settings: dict[str, str], host: str
) -> None:
    hub = wired("owner", **settings)
    await hub.send(TAG)
    assert (await hub.send(IMAGES)).results
    assert sent[-1].url.host == host
    own = httpx.URL(settings.get("base_url", "http://localhost")).host
    assert {request.url.host for request in sent} == {own, host}
    assert [request.url.path for request in sent if request.url.host != own] in ([], ["/v1/graphql"])


@pytest.mark.parametrize("url", ["http://scout.example.com", "https://user@scout.example.com", "scout"])
def test_the_url_of_scout_is_validated(url: str) -> None:
    with pytest.raises(InvalidRequest):
        Hub(scout_url=url)


async def test_a_redirect_of_scout_is_not_followed(
    sandbox: Sandbox, wired: Callable[..., Hub], sent: list[httpx.Request]
) -> None:
    hub = wired("owner", base_url="https://hub.docker.com")
    for target in (
        "https://elsewhere.example/v1/graphql",
        "https://hub.docker.com/v1/graphql",
        "/v1/graphql",
    ):
        sandbox.faults.clear()
        sandbox.faults.add(match="/v1/graphql", location=target, status=307)
        with pytest.raises(UnexpectedAnswer, match=r"api\.scout\.docker\.com redirected POST"):
            await hub.send(IMAGES)
    assert {request.url.host for request in sent} == {"hub.docker.com", "api.scout.docker.com"}


@pytest.mark.usefixtures("skip_waits")
async def test_errors_of_scout_name_its_host(sandbox: Sandbox, wired: Callable[..., Hub]) -> None:
    hub = wired("owner", base_url="https://hub.docker.com", timeout=0.3)
    await hub.send(TAG)
    sandbox.faults.add(match="/v1/graphql", status=200, body="<html>", times=1)
    with pytest.raises(UnexpectedAnswer, match=r"^api\.scout\.docker\.com answered POST /v1/graphql"):
        await hub.send(IMAGES)
    sandbox.faults.add(match="/v1/graphql", latency=2)
    with pytest.raises(DeadlineExceeded, match=r"^api\.scout\.docker\.com did not answer") as caught:
        await hub.send(IMAGES)
    assert "change" not in caught.value.remedy


async def test_a_revoked_bearer_is_renewed_for_scout_too(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("owner")
    await hub.send(TAG)
    sandbox.revoke_bearer_tokens()
    assert (await hub.send(IMAGES)).results
    assert sandbox.login_count == 2


async def test_secrets_in_messages_of_scout_are_masked(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("owner")
    secret = sandbox.get_identity("owner").secret
    sandbox.faults.add(match="/v1/graphql", status=400, body=f'{{"message": "{secret} is wrong"}}')
    with pytest.raises(BadRequest) as caught:
        await hub.send(IMAGES)
    assert caught.value.hub_message == "*** is wrong"


@pytest.mark.usefixtures("skip_waits")
async def test_a_late_mutation_may_have_been_carried_out(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub(scim_token=StaticSecret(sandbox.scim_token), timeout=0.2)
    sandbox.faults.add(match="/scim/", latency=2)
    with pytest.raises(DeadlineExceeded) as caught:
        await hub.send(ScimCreateUser(user_name="bo@example.com"))
    assert caught.value.remedy.startswith("The change may have been made: check with scim_list_users")
    with pytest.raises(DeadlineExceeded) as caught:
        await hub.send(ScimGetUser(id="x"))
    assert "change" not in caught.value.remedy

"""The account of an access token, to which the Hub does not show the profile."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.errors import Forbidden, NotFound, RateLimited, Refused, Unauthorized
from dockerhub_mcp.hub.methods import GetCurrentUser, ListOrganizations
from dockerhub_mcp.sandbox import Sandbox
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import call

REFUSAL = {"message": "access is forbidden with a JWT issued from a personal access token", "errinfo": {}}
NOTE = "From the sign-in: the Hub shows the profile to no personal access token; the rest is unknown."
UUID = "5e6d2d0f-0000-4000-8000-000000000001"


def refuse(sandbox: Sandbox, status: int = 403, body: dict[str, Any] = REFUSAL) -> None:
    sandbox.faults.add(match="/v2/user", status=status, body=json.dumps(body))


async def test_a_personal_token_learns_its_account_from_the_sign_in(
    sandbox: Sandbox, make_hub: MakeHub
) -> None:
    refuse(sandbox)
    for identity, username, scope in (
        ("owner-pat", "ada", "repo:admin"),
        ("reader-pat", "linus", "repo:read"),
        ("public-pat", "ada", "repo:public_read"),
    ):
        method = GetCurrentUser()
        hub = make_hub(identity)
        before = len(sandbox.requests)
        me = await hub.send(method)
        assert (me.username, me.type, me.kind) == (username, "User", "personal access token")
        assert me.uuid == sandbox.state.users[username].uuid
        assert me.scopes is not None
        assert scope in me.scopes
        assert method.notes == (NOTE,)
        assert "email" not in me.model_dump_json()
        sent = [request.path for request in list(sandbox.requests)[before:]]
        assert sent == ["/v2/auth/token", "/v2/user/"]  # nothing beside the call itself
        await hub.send(method)
        assert method.notes == (NOTE,)


async def test_the_text_says_where_the_account_comes_from(sandbox: Sandbox, make_hub: MakeHub) -> None:
    refuse(sandbox)
    hub = make_hub("owner-pat")
    for arguments in ({}, {"detail": "full"}, {"fields": ["location"]}):
        result = await call(hub, "get_current_user", **arguments)
        assert not result.is_error
        assert f"Note: {NOTE}" in result.text
    result = await call(hub, "get_current_user", detail="full")
    assert sandbox.state.users["ada"].uuid in result.text
    result = await call(hub, "get_current_user")
    assert (result.structured_content or {})["username"] == "ada"


async def test_an_organization_token_is_named_as_one(make_hub: MakeHub) -> None:
    result = await call(make_hub("org-token"), "get_current_user")
    assert not result.is_error
    assert "type: Organization" in result.text
    assert 'kind: "organization access token"' in result.text
    assert "The token acts for the organization, not for a user." in result.text
    assert (result.structured_content or {})["username"] == "acme"


async def test_a_password_gets_no_substitute(sandbox: Sandbox, make_hub: MakeHub) -> None:
    refuse(sandbox, body={"message": "forbidden"})
    with pytest.raises(Forbidden, match="Docker may have restricted the account"):
        await make_hub("owner").send(GetCurrentUser())


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Unauthorized), (404, NotFound), (429, RateLimited), (500, Refused)]
)
async def test_other_errors_remain_errors(
    sandbox: Sandbox, make_hub: MakeHub, status: int, kind: type[Exception]
) -> None:
    refuse(sandbox, status)
    with pytest.raises(kind):
        await make_hub("owner-pat", timeout=1).send(GetCurrentUser())


async def test_a_profile_that_the_hub_shows_is_preferred(answering: Callable[..., Hub]) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2/auth/token":
            return httpx.Response(200, json={"access_token": encode({})})
        return httpx.Response(200, json={"username": "ada", "full_name": "Ada", "id": "7"})

    method = GetCurrentUser()
    me = await answering(respond, credentials=Credentials.from_strings("ada", "dckr_pat_x")).send(method)
    assert (me.full_name, me.kind, method.notes) == ("Ada", None, ())


async def test_the_organizations_of_a_token_stay_unknown(sandbox: Sandbox, make_hub: MakeHub) -> None:
    refuse(sandbox)
    with pytest.raises(Forbidden, match="limits personal access tokens to repositories"):
        await make_hub("owner-pat").send(ListOrganizations())


def encode(claims: dict[str, Any]) -> str:
    parts = [{"alg": "none"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "signature"])


PROFILE = {"username": "ada", "uuid": UUID, "email": "ada@example.com", "source": f"docker_pat|{UUID}"}
CLAIMS = {"aud": "https://hub.docker.com", "iss": "https://api.docker.com/", "scope": "repo:public_read"}


@pytest.mark.parametrize(
    ("token", "username", "uuid", "scopes"),
    [
        (encode(CLAIMS | {"https://hub.docker.com": PROFILE}), "ada", UUID, ["repo:public_read"]),
        (encode(CLAIMS | {"https://hub.docker.com": {"username": "ADA"}}), "ADA", None, ["repo:public_read"]),
        (encode({"https://hub.docker.com": {"uuid": 7, "username": ""}, "scope": ""}), "sent", None, None),
        (encode({"https://hub.docker.com": {"uuid": "", "username": None}}), "sent", None, None),
        (encode({"https://hub.docker.com": "ada", "scope": ["repo:read"]}), "sent", None, None),
        (encode({}), "sent", None, None),
        ("an-opaque-token", "sent", None, None),
    ],
)
async def test_claims_of_any_form_are_read(
    answering: Callable[..., Hub], token: str, username: str, uuid: str | None, scopes: list[str] | None
) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2/auth/token":
            return httpx.Response(200, json={"access_token": token})
        return httpx.Response(403, json=REFUSAL)

    hub = answering(respond, credentials=Credentials.from_strings("sent", "dckr_pat_x"))
    me = await hub.send(GetCurrentUser())
    assert (me.username, me.uuid, me.scopes) == (username, uuid, scopes)

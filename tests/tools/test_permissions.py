"""What is said of a tool's reach is what the Hub does: every tool is called as every kind of somebody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dockerhub_mcp.hub import Effect, Hub, HubError, Kind, Method
from dockerhub_mcp.hub.api.mutation import Write
from dockerhub_mcp.hub.auth.credentials import Value
from dockerhub_mcp.hub.errors import Forbidden, NotFound, SignInError, Unauthorized
from dockerhub_mcp.hub.methods import CATALOGUE
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.permissions import Holder, Lack, lack_of
from dockerhub_mcp.tools.validation import read_arguments
from tests.support.calls import arguments_of

BY_NAME = {method.tool: method for method in CATALOGUE}
# The Hub answers with a list from which all that a token may not see is left out.
FILTERED = {"list_repositories"}
# What the Hub answers with where it keeps somebody away, private things among them.
KEPT_AWAY = (Forbidden, Unauthorized, SignInError, NotFound)


async def holder_of(hub: Hub, *, scim: bool = False) -> Holder:
    found = await hub.sign_in()
    return Holder(hub.caller.kind, tuple((found and found.scopes) or ()), has_scim_token=scim)


async def came_of(hub: Hub, method: type[Method[Any]], arguments: dict[str, Any]) -> HubError | None:
    call = read_arguments(method, arguments)
    try:
        if isinstance(call, Write):
            reading = call.before()
            call = call.completed(None if reading is None else await hub.send(reading))
        await hub.send(call)
    except HubError as error:
        return error
    return None


@pytest.mark.parametrize(
    "identity", [None, "owner", "owner-pat", "reader-pat", "public-pat", "org-token", "org-token-narrow"]
)
async def test_what_is_out_of_reach_is_refused_and_what_is_not_is_not_for_the_kind(
    sandbox: Sandbox, make_hub: Callable[..., Hub], identity: str | None
) -> None:
    wrong = {}
    for name, arguments in arguments_of(sandbox).items():
        method = BY_NAME[name]
        if method.effect is Effect.SIGN_IN:
            continue
        hub = make_hub(identity)
        lack = lack_of(method, await holder_of(hub))
        error = await came_of(hub, method, arguments)
        if lack is not None and name not in FILTERED and not isinstance(error, KEPT_AWAY):
            wrong[name] = (lack[1], error)
        if lack is None and isinstance(error, Forbidden) and identity in {"owner", "owner-pat"}:
            wrong[name] = ("nothing lacks", error)
    assert wrong == {}


async def test_the_scim_tools_need_their_own_token_alone(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    scim = [method for method in CATALOGUE if method.tool.startswith("scim_")]
    hub = make_hub(scim_token=Value(sandbox.scim_token))
    for method in scim:
        assert lack_of(method, await holder_of(hub, scim=True)) is None
        lack = lack_of(method, await holder_of(make_hub("owner")))
        assert lack is not None
        assert lack[0] is Lack.SCIM_TOKEN
        assert "DOCKERHUB_SCIM_TOKEN" in lack[1]


@pytest.mark.parametrize(
    ("tool", "kind", "scopes", "lack"),
    [
        ("create_auth_token", Kind.OAT, (), None),
        ("login", Kind.OAT, (), (Lack.KIND, "closed to organization access tokens: needs a user's sign-in")),
        (
            "delete_tag",
            Kind.PAT,
            ("repo:write",),
            (Lack.SCOPE, "needs a personal access token with repo:admin"),
        ),
        ("delete_tag", Kind.PAT, ("repo:admin",), None),
        ("delete_tag", Kind.PAT, ("openid",), None),  # the Hub named no scope of this kind
        ("delete_tag", Kind.PASSWORD, ("openid",), None),
        (
            "delete_tag",
            Kind.OAT,
            ("scope-tag-read",),
            (Lack.SCOPE, "needs an organization access token with scope-tag-admin"),
        ),
        ("delete_tag", Kind.OAT, (), None),
        ("get_tag", Kind.ANONYMOUS, (), None),
        (
            "get_current_user",
            Kind.ANONYMOUS,
            (),
            (Lack.ACCOUNT, "needs an account: a password or a personal access token"),
        ),
        (
            "delete_tag",
            Kind.ANONYMOUS,
            (),
            (Lack.ACCOUNT, "needs an account: a password, a personal or an organization access token"),
        ),
        (
            "list_org_members",
            Kind.PAT,
            ("repo:admin",),
            (Lack.KIND, "closed to personal access tokens: needs a password or an organization access token"),
        ),
        (
            "list_access_tokens",
            Kind.PAT,
            (),
            (Lack.KIND, "closed to personal access tokens: needs a password"),
        ),
    ],
)
def test_what_lacks_is_said(
    tool: str, kind: Kind, scopes: tuple[str, ...], lack: tuple[Lack, str] | None
) -> None:
    assert lack_of(BY_NAME[tool], Holder(kind, scopes)) == lack

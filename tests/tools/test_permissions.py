"""Missing permissions agree with the Hub: every tool is called with every kind of credentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from dockerhub_mcp.hub import CredentialKind, Effect, Hub, HubError, Method
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.errors import Forbidden, NotFound, SignInError, Unauthorized
from dockerhub_mcp.hub.methods import ListOrgGroups, ListOrgMembers
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.method_tool import MethodTool
from dockerhub_mcp.tools.permissions import list_accepted_credentials, missing_permission
from dockerhub_mcp.tools.tool import Tool
from dockerhub_mcp.tools.tool_states import CredentialGrants, MissingPermission
from dockerhub_mcp.tools.workflows.base import Workflow, WorkflowResult, WorkflowTool
from tests.support.calls import arguments_of
from tests.support.workflows import TagAge

BY_NAME = {tool.name: tool for tool in ALL_TOOLS}
# The Hub returns a list without the items that a token may not see.
FILTERED = {"list_repositories"}
# The errors of the Hub for missing permissions, and for private objects.
KEPT_AWAY = (Forbidden, Unauthorized, SignInError, NotFound)


async def sign_in_grants(hub: Hub, *, scim: bool = False) -> CredentialGrants:
    found = await hub.sign_in()
    return CredentialGrants(hub.principal.kind, tuple((found and found.scopes) or ()), has_scim_token=scim)


async def send_and_catch(hub: Hub, tool: Tool, arguments: dict[str, Any]) -> HubError | None:
    call = cast("Method[Any]", tool.parse(arguments).arguments)
    try:
        if isinstance(call, Mutation):
            reading = call.current_state_call()
            call = call.merge_current(None if reading is None else await hub.send(reading))
        await hub.send(call)
    except HubError as error:
        return error
    return None


@pytest.mark.parametrize(
    "identity", [None, "owner", "owner-pat", "reader-pat", "public-pat", "org-token", "org-token-narrow"]
)
async def test_missing_permissions_agree_with_the_hub(
    sandbox: Sandbox, make_hub: Callable[..., Hub], identity: str | None
) -> None:
    wrong = {}
    for name, arguments in arguments_of(sandbox).items():
        tool = BY_NAME[name]
        if not isinstance(tool, MethodTool) or tool.effect is Effect.SIGN_IN:
            continue  # what a workflow needs follows from its methods
        hub = make_hub(identity)
        lack = missing_permission(tool.info, await sign_in_grants(hub))
        error = await send_and_catch(hub, tool, arguments)
        if lack is not None and name not in FILTERED and not isinstance(error, KEPT_AWAY):
            wrong[name] = (lack[1], error)
        if lack is None and isinstance(error, Forbidden) and identity in {"owner", "owner-pat"}:
            wrong[name] = ("nothing lacks", error)
    assert wrong == {}


async def test_scim_tools_need_only_the_scim_token(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    scim = [tool for tool in ALL_TOOLS if tool.name.startswith("scim_")]
    hub = make_hub(scim_token=StaticSecret(sandbox.scim_token))
    for tool in scim:
        assert missing_permission(tool.info, await sign_in_grants(hub, scim=True)) is None
        lack = missing_permission(tool.info, await sign_in_grants(make_hub("owner")))
        assert lack is not None
        assert lack[0] is MissingPermission.SCIM_TOKEN
        assert "DOCKERHUB_SCIM_TOKEN" in lack[1]


@pytest.mark.parametrize(
    ("tool", "kind", "scopes", "lack"),
    [
        ("create_auth_token", CredentialKind.OAT, (), None),
        (
            "login",
            CredentialKind.OAT,
            (),
            (
                MissingPermission.CREDENTIAL_KIND,
                "closed to organization access tokens: needs a user's sign-in",
            ),
        ),
        (
            "delete_tag",
            CredentialKind.PAT,
            ("repo:write",),
            (MissingPermission.SCOPE, "needs a personal access token with repo:admin"),
        ),
        ("delete_tag", CredentialKind.PAT, ("repo:admin",), None),
        ("delete_tag", CredentialKind.PAT, ("openid",), None),  # the Hub named no repository scope
        ("delete_tag", CredentialKind.PASSWORD, ("openid",), None),
        (
            "delete_tag",
            CredentialKind.OAT,
            ("scope-tag-read",),
            (MissingPermission.SCOPE, "needs an organization access token with scope-tag-admin"),
        ),
        ("delete_tag", CredentialKind.OAT, (), None),
        ("get_tag", CredentialKind.ANONYMOUS, (), None),
        (
            "get_current_user",
            CredentialKind.ANONYMOUS,
            (),
            (
                MissingPermission.ACCOUNT,
                "needs an account: a password, a personal or an organization access token",
            ),
        ),
        ("get_current_user", CredentialKind.OAT, ("scope-tag-read",), None),  # told by the sign-in
        (
            "list_organizations",
            CredentialKind.ANONYMOUS,
            (),
            (MissingPermission.ACCOUNT, "needs an account: a password or a personal access token"),
        ),
        (
            "delete_tag",
            CredentialKind.ANONYMOUS,
            (),
            (
                MissingPermission.ACCOUNT,
                "needs an account: a password, a personal or an organization access token",
            ),
        ),
        (
            "list_org_members",
            CredentialKind.PAT,
            ("repo:admin",),
            (
                MissingPermission.CREDENTIAL_KIND,
                "closed to personal access tokens: needs a password or an organization access token",
            ),
        ),
        (
            "list_access_tokens",
            CredentialKind.PAT,
            (),
            (MissingPermission.CREDENTIAL_KIND, "closed to personal access tokens: needs a password"),
        ),
    ],
)
def test_missing_permissions_are_described(
    tool: str, kind: CredentialKind, scopes: tuple[str, ...], lack: tuple[MissingPermission, str] | None
) -> None:
    assert missing_permission(BY_NAME[tool].info, CredentialGrants(kind, scopes)) == lack


def test_credentials_of_a_workflow_are_those_that_all_its_methods_accept() -> None:
    class ReadTeamsAndMembers(Workflow):
        """Read the teams and the members of an organization."""

        title = "Read teams and members"
        methods = (ListOrgGroups, ListOrgMembers)
        result_type = TagAge

        async def run(self, context: ToolContext) -> WorkflowResult:
            raise NotImplementedError

    assert list_accepted_credentials(WorkflowTool(ReadTeamsAndMembers)) == [
        "password",
        "organization token (scope-group-read, scope-member-read)",
    ]

"""The organization of a call under any of its names, and suggestions for arguments that do not exist."""

from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.cli.call.argument_values import CallUsageError
from dockerhub_mcp.cli.call.parser import parse_call
from dockerhub_mcp.cli.call.request import CallRequest
from dockerhub_mcp.hub.api.coercion import ORGANIZATION_NAMES
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS, TOOLS_BY_NAME
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from dockerhub_mcp.tools.suggestions import find_arguments
from dockerhub_mcp.tools.validation import ArgumentsError
from tests.support.calls import arguments_of
from tests.support.fixture_types import MakeHub
from tests.support.server_clients import MODES, connected
from tests.support.tool_calls import call, changes, make_context

ORGANIZATION_FIELDS = {
    "list_repositories": "namespace", "get_repository": "namespace", "delete_repository": "namespace",
    "create_repository": "namespace", "list_org_access_tokens": "name", "create_org_access_token": "name",
    "get_org_access_token": "org_name", "delete_org_access_token": "org_name", "list_org_members": "org_name",
    "remove_org_member": "org_name", "list_org_groups": "org_name", "add_org_group_member": "org_name",
    "create_org_group": "org_name", "get_org_settings": "name", "update_org_settings": "name",
    "list_audit_logs": "account", "list_audit_log_actions": "account", "create_org_invites": "org",
    "list_org_invites": "org_name", "list_hardened_images": "organization", "get_organization": "org_name",
}  # fmt: skip
"""The argument with the organization of some tools."""


def parse(tool: str, arguments: dict[str, Any]) -> Any:
    return TOOLS_BY_NAME[tool].parse(arguments).arguments


def refusal(tool: str, arguments: dict[str, Any]) -> str:
    with pytest.raises(ArgumentsError) as caught:
        parse(tool, arguments)
    return str(caught.value)


@pytest.mark.parametrize("tool", ORGANIZATION_FIELDS)
def test_the_organization_is_accepted_under_any_of_its_names(tool: str) -> None:
    field = ORGANIZATION_FIELDS[tool]
    others = arguments_of(Sandbox())[tool]
    others = {name: value for name, value in others.items() if name != field}
    for name, value in others.items():
        if isinstance(value, str) and value.startswith("acme/"):
            others[name] = value.removeprefix("acme/")
    own_names = TOOLS_BY_NAME[tool].input_schema["properties"]
    accepted = 0
    for name in (*ORGANIZATION_NAMES, "orgName", "org-name", "Organization"):
        if name in own_names or (name == "name" and "repository" in own_names):
            continue
        assert getattr(parse(tool, others | {name: "acme"}), field) == "acme", name
        assert getattr(parse(tool, others | {name: "acme", field: "ACME"}), field).lower() == "acme"
        accepted += 1
    assert accepted >= 10


def test_two_organizations_that_disagree_are_refused() -> None:
    for tool, field in ORGANIZATION_FIELDS.items():
        others = arguments_of(Sandbox())[tool]
        name = "org" if field != "org" else "org_name"
        text = refusal(tool, others | {field: "acme", name: "other"})
        assert f"{name} is 'other', but {field} is 'acme': give only {field}." in text
    text = refusal("list_org_members", {"org": "acme", "organization": "other"})
    assert "organization is 'other', but org_name is 'acme'" in text
    text = refusal("get_repository", {"repository": "acme/web", "org": "other"})
    assert "Repository says namespace 'acme', but namespace is 'other'" in text


def test_an_ambiguous_name_is_refused() -> None:
    assert "name: get_repository has no such argument" in refusal("get_repository", {"name": "redis"})
    text = refusal("get_org_group", {"org_name": "acme", "name": "platform"})
    assert "name: get_org_group has no such argument" in text
    assert "group_name: is required" in text
    assert "name: list_org_members has no such argument; did you mean search" in refusal(
        "list_org_members", {"org": "acme", "name": "ada"}
    )
    for tool in ("list_access_tokens", "search_repositories", "scim_list_users", "list_organizations"):
        assert f"org: {tool} has no such argument" in refusal(tool, {"org": "acme"})
        assert "did you mean" not in refusal(tool, {"org": "acme"})


def test_other_names_are_suggested_and_never_accepted() -> None:
    for tool, arguments, meant in (
        ("get_repository", {"repo": "redis"}, "repository"),
        ("list_tags", {"repository": "redis", "limit": 5}, "page_size or max_items"),
        ("list_tags", {"repository": "redis", "sort": "name"}, "ordering"),
        ("list_tags", {"repository": "redis", "arch": "arm64"}, "architecture"),
        ("list_tags", {"repository": "redis", "filter": "x"}, "name"),
        ("remove_org_member", {"org": "acme", "user": "bo"}, "username"),
        ("get_org_group", {"org": "acme", "team": "x"}, "group_name"),
        ("list_repositories", {"owner": "acme"}, "namespace"),
        ("list_audit_logs", {"org": "acme", "since": "2026-01-01"}, "from"),
        ("create_repository", {"org": "acme", "name": "web", "private": True}, "is_private"),
        ("get_access_token", {"id": "x"}, "uuid"),
        ("scim_create_user", {"user_name": "x"}, "userName"),
        ("list_tags", {"repository": "redis", "pgae": 1}, "page"),
    ):
        name = list(arguments)[-1]
        assert f"{name}: {tool} has no such argument; did you mean {meant}" in refusal(tool, arguments)


def test_the_name_of_an_organization_never_becomes_an_ordering() -> None:
    for tool in ALL_TOOLS:
        names = list(tool.input_schema["properties"])
        for name in ORGANIZATION_NAMES:
            assert not {"ordering", "order", "origin"} & set(find_arguments(name, names)), (tool.name, name)


def test_the_input_schemas_name_no_further_arguments() -> None:
    for tool in ALL_TOOLS:
        assert not set(tool.argument_aliases) & set(tool.input_schema["properties"])


async def test_a_change_reaches_the_organization_that_was_given(sandbox: Sandbox, make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    result = await call(hub, "create_org_group", organization="acme", name="night-shift")
    assert not result.is_error, result.text
    assert changes(sandbox) == ["POST /v2/orgs/acme/groups"]
    context = make_context(hub, confirmation_mode=ConfirmationMode.NEVER)
    result = await call(context, "delete_org_group", org_name="acme", org="other", group_name="night-shift")
    assert result.is_error
    assert "give only org_name" in result.text
    assert len(changes(sandbox)) == 1


@MODES
async def test_a_client_may_use_another_name(make_hub: MakeHub, mode: str) -> None:
    async with connected(make_hub("owner"), mode, access=Access.ADMIN, toolsets=["all"]) as client:
        result = await client.call_tool("list_org_members", {"organisation": "acme"})
        assert not result.is_error
        result = await client.call_tool("get_repository", {"org": "acme", "repository": "storefront"})
        assert not result.is_error


def parse_line(line: str) -> CallRequest:
    return parse_call(
        line.split(),
        lambda name: TOOLS_BY_NAME[name].input_schema if name in TOOLS_BY_NAME else None,
        str,
        lambda name: TOOLS_BY_NAME[name].argument_aliases,
    )


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("list_org_members --org acme", {"org": "acme"}),
        ("list_org_members --organization=acme --page 2", {"organization": "acme", "page": 2}),
        ("list-repositories --org-name acme", {"org_name": "acme"}),
        ("get_org_settings --namespace acme", {"namespace": "acme"}),
        ("list_audit_logs --org acme --name acme/web", {"org": "acme", "name": "acme/web"}),
    ],
)
def test_the_command_line_knows_the_names_too(line: str, arguments: dict[str, Any]) -> None:
    request = parse_line(line)
    assert request.arguments == arguments
    assert "acme" in parse(request.tool, request.arguments).build_path()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("list_access_tokens --org acme", "there is no option --org; see"),
        ("list_tags redis --limit 5", "did you mean --page-size?"),
        ("get_repository --name redis", "there is no option --name; see"),
        ("list_tags redis --sort name", "did you mean --ordering?"),
        ("list_tags redis --pgae 2", "did you mean --page?"),
    ],
)
def test_the_command_line_suggests_by_meaning(line: str, words: str) -> None:
    with pytest.raises(CallUsageError) as caught:
        parse_line(line)
    assert words in str(caught.value)

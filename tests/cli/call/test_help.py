from __future__ import annotations

import pytest

from dockerhub_mcp.cli.call.argument_names import format_option
from dockerhub_mcp.cli.call.help import format_overview, format_tool_help
from dockerhub_mcp.cli.call.parser import build_parser
from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.tools.access import Access, ToolFilter
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS, TOOLS_BY_NAME
from tests.support.command_line import run_main


def test_without_a_tool_it_lists_all_tools_by_area_and_all_options() -> None:
    for words in (["call"], ["call", "--help"], ["call", "-h"], ["call", "--sandbox"]):
        done = run_main(*words)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("usage: dockerhub-mcp call [options] TOOL")
        lines = done.stdout.splitlines()
        assert [line for line in lines if line in set(Area)] == list(Area)
        assert {line.split()[0] for line in lines if line.startswith("  ")} >= set(TOOLS_BY_NAME)
        assert f" of {len(ALL_TOOLS)} enabled under these options." in done.stdout
        for action in build_parser()._actions:
            shown = action.help != "==SUPPRESS=="
            assert all((option in done.stdout) == shown for option in action.option_strings)


@pytest.mark.parametrize(
    ("tool_filter", "tool", "needs", "remedy"),
    [
        (ToolFilter(), "list_tags", "", ""),
        (ToolFilter(), "create_repository", "[write] ", "it needs --access write."),
        (ToolFilter(), "delete_tag", "[admin] ", "it needs --access admin."),
        (ToolFilter(), "remove_org_member", "[admin, default,members] ", "it needs --access admin --toolsets default,members."),
        (ToolFilter(access=Access.ADMIN), "remove_org_member", "[default,members] ", "it needs --toolsets default,members."),
        (ToolFilter(toolsets=("scim",)), "list_tags", "[scim,tags] ", "it needs --toolsets scim,tags."),
        (ToolFilter(tools=("get_tag",)), "list_tags", "[--exclude-tools] ", "it needs other --tools or --exclude-tools."),
        (ToolFilter(exclude_tools=("list_tags",)), "list_tags", "[--exclude-tools] ", "it needs other --tools or --exclude-tools."),
        (ToolFilter(tools=("delete_tag",)), "delete_tag", "[admin] ", "it needs --access admin."),
    ],
)  # fmt: skip
def test_a_disabled_tool_is_shown_with_what_it_needs(
    tool_filter: ToolFilter, tool: str, needs: str, remedy: str
) -> None:
    [line] = [line for line in format_overview(tool_filter, 200).splitlines() if line.split()[:1] == [tool]]
    assert line.split(maxsplit=1)[1].startswith(needs or TOOLS_BY_NAME[tool].description[:10])
    text = format_tool_help(TOOLS_BY_NAME[tool], tool_filter, 200)
    assert (f"It is disabled under these options; {remedy}" in text) is bool(remedy)


def test_the_help_of_a_tool_shows_each_argument_with_the_facts_of_its_schema() -> None:
    for tool in ALL_TOOLS:
        schema = tool.input_schema
        text = " ".join(format_tool_help(tool, ToolFilter()).split())
        assert " ".join(tool.description.split()) in text, tool
        for name, part in schema["properties"].items():
            about, which = text[text.index(f" {format_option(name)}") :], f"{tool} {name}"
            assert " ".join(str(part.get("description", "")).split()) in about, which
            assert all(value in about for value in part.get("enum", part.get("items", {}).get("enum", []))), (
                which
            )
            for keyword, label in (("minimum", "at least"), ("maximum", "at most"), ("default", "default:")):
                value = part.get(keyword)
                value = " ".join(value) if isinstance(value, list) else str(value)
                value = value.lower() if part["type"] == "boolean" else value
                assert keyword not in part or f"{label} {value}" in about.replace(",", ""), which
            assert name not in schema.get("required", []) or "(required" in about, which


def test_help_is_as_wide_as_the_terminal() -> None:
    for width in (80, 100):
        for text in (
            format_overview(ToolFilter(), width),
            *(format_tool_help(tool, ToolFilter(), width) for tool in ALL_TOOLS),
        ):
            options = text.partition("arguments:")[2] or text.partition("options of the call:")[2]
            assert max(map(len, options.splitlines())) <= width
    overview = run_main("call", env={"COLUMNS": "90"}).stdout.partition("\nTools, ")[2]
    assert max(map(len, overview.splitlines())) == 90


@pytest.mark.parametrize(
    ("tool", "text"),
    [
        ("get_tag", "usage: dockerhub-mcp call [options] get_tag REPOSITORY TAG [arguments] [options]"),
        ("get_tag", "REPOSITORY may be a reference that includes namespace and tag."),
        ("create_repository", "NAME may be a reference that includes namespace."),
        ("list_repositories", "list_repositories [NAMESPACE] [arguments]"),
        ("create_org_invites", "create_org_invites ORG INVITEES... [arguments]"),
        ("get_current_user", "get_current_user [arguments]"),
        ("login", "--username is this argument; the server's option precedes the tool's name."),
        ("login", "  --password                  Password or personal access token."),
        ("login", "(asked for, without being shown)"),
        ("create_access_token", "--scopes repo:admin|repo:write|repo:read|repo:public_read,..."),
        ("create_repository", "must match '^[a-z0-9]+(?:[._-][a-z0-9]+)*$'"),
        ("create_repository", "Short description, at most 100 characters. (example: 'Base images')"),
        ("create_org_access_token", """example: '[{"type": "TYPE_REPO", "path": "acme/*", "scopes": ["scope-image-pull"]}]'"""),
    ],
)  # fmt: skip
def test_the_help_of_a_tool_says(tool: str, text: str) -> None:
    assert text in format_tool_help(TOOLS_BY_NAME[tool], ToolFilter(), 200)


def test_the_help_of_a_change_says_what_it_does() -> None:
    text = format_tool_help(TOOLS_BY_NAME["delete_tag"], ToolFilter(access=Access.ADMIN, toolsets=("all",)))
    assert "It changes the Hub (admin); rights given and losses are confirmed." in text


def test_the_help_of_a_tool_needs_neither_its_arguments_nor_access() -> None:
    after, before = run_main("call", "delete_tag", "--help"), run_main("call", "--help", "delete_tag")
    assert after == before
    assert after.returncode == 0
    assert "It is disabled under these options" in after.stdout

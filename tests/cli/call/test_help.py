from __future__ import annotations

import pytest

from dockerhub_mcp.cli.call.arguments import arguments_of
from dockerhub_mcp.cli.call.help import overview, tool_help
from dockerhub_mcp.cli.call.options import ALL
from dockerhub_mcp.cli.main import main
from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.tools.access import Access, ToolFilter
from dockerhub_mcp.tools.catalog.schema import build_input_schema

METHODS = {method.tool_name: method for method in ALL_METHODS}


@pytest.mark.parametrize("words", [["call"], ["call", "--help"], ["call", "-h"], ["call", "--sandbox"]])
def test_alone_it_lists_every_tool_by_its_area(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith("usage: dockerhub-mcp call [options] TOOL")
    lines = said.out.splitlines()
    assert [line for line in lines if line in set(Area)] == list(Area)
    assert {line.split()[0] for line in lines if line.startswith("  ")} >= set(METHODS)
    assert "Tools, 22 of 66 on under these options." in said.out
    for option in ALL.values():
        assert option.flag.removeprefix("--") in said.out


@pytest.mark.parametrize(
    ("choice", "tool", "need", "how"),
    [
        (ToolFilter(), "list_tags", "", ""),
        (ToolFilter(), "create_repository", "[write] ", "it needs --access write."),
        (ToolFilter(), "delete_tag", "[admin, toolset] ", "it needs --access admin --toolsets tags."),
        (ToolFilter(access=Access.ADMIN), "delete_tag", "[toolset] ", "it needs --toolsets tags."),
        (ToolFilter(toolsets=("scim",)), "list_tags", "[toolset] ", "it needs --toolsets tags."),
        (ToolFilter(tools=("get_tag",)), "list_tags", "[left out] ", "left out by --tools or --exclude-tools."),
        (ToolFilter(exclude_tools=("list_tags",)), "list_tags", "[left out] ", "left out by --tools"),
        (ToolFilter(tools=("delete_tag",)), "delete_tag", "[admin] ", "it needs --access admin."),
    ],
)  # fmt: skip
def test_what_is_off_says_what_it_needs(choice: ToolFilter, tool: str, need: str, how: str) -> None:
    [line] = [line for line in overview(choice, width=200).splitlines() if line.split()[:1] == [tool]]
    assert line.split(maxsplit=1)[1].startswith(need or METHODS[tool].build_description()[:10])
    said = tool_help(METHODS[tool], choice, width=200)
    assert (f"It is off under these options: {how}" in said) is bool(how)


@pytest.mark.parametrize("tool", METHODS)
def test_the_help_of_a_tool_has_each_argument_with_what_its_schema_says(tool: str) -> None:
    schema = build_input_schema(METHODS[tool])
    said = " ".join(tool_help(METHODS[tool], ToolFilter()).split())
    assert " ".join(METHODS[tool].build_description().split()) in said
    for argument in arguments_of(schema).values():
        part = argument.schema
        shown = f"--[no-]{argument.flag[2:]}" if argument.is_switch else argument.flag
        about = said[said.index(f" {shown} ") :]
        assert " ".join(str(part.get("description", "")).split()) in about
        for choice in argument.choices:
            assert choice in about
        if "maximum" in part:
            assert f"{part['minimum']} to {part['maximum']}." in about
        if "default" in part:
            assert (
                f"Default: {str(part['default']).lower() if argument.is_switch else part['default']}."
                in about
            )
        if argument.required:
            assert "Required." in about
    assert "Example: Options" not in said


def test_help_is_as_wide_as_the_terminal() -> None:
    for width in (80, 100):
        for text in (
            overview(ToolFilter(), width=width),
            *(tool_help(m, ToolFilter(), width=width) for m in ALL_METHODS),
        ):
            options = text.partition("Arguments:")[2] or text.partition("Tools, ")[2].partition("\n\n")[2]
            assert max(map(len, options.splitlines())) <= width


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("get_tag", "usage: dockerhub-mcp call [options] get_tag REPOSITORY TAG [arguments] [options]"),
        ("get_tag", "REPOSITORY may be a reference that holds namespace and tag as well."),
        ("create_repository", "NAME may be a reference that holds namespace as well."),
        ("list_repositories", "list_repositories [NAMESPACE] [arguments]"),
        ("create_org_invites", "create_org_invites ORG INVITEES... [arguments]"),
        ("get_current_user", "get_current_user [arguments]"),
        ("login", "--username is this argument here; the server's option --username stands before the"),
        ("login", "  --password                  Password or personal access token."),
        ("create_access_token", "--scopes repo:admin|repo:write|repo:read|repo:public_read,..."),
        ("create_repository", "Must match ^[a-z0-9]+(?:[._-][a-z0-9]+)*$"),
        ("create_repository", "2 to 255 characters."),
        ("create_org_access_token", """Example: '[{"type": "TYPE_REPO", "path": "acme/*", "scopes": ["scope-image-pull"]}]'"""),
    ],
)  # fmt: skip
def test_the_help_of_a_tool_says(tool: str, words: str) -> None:
    assert words in tool_help(METHODS[tool], ToolFilter(), width=200)


def test_a_change_says_that_it_is_one() -> None:
    said = tool_help(METHODS["delete_tag"], ToolFilter(access=Access.ADMIN, toolsets=("all",)))
    assert "It changes things on the Hub (admin); what would be lost is asked about first." in said


def test_help_of_a_tool_needs_no_arguments_and_no_gate(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["call", "delete_tag", "--help"]) == 0
    assert main(["call", "--help", "delete_tag"]) == 0
    first, second = capsys.readouterr().out.split("usage: ")[1:]
    assert first == second
    assert "It is off under these options" in first

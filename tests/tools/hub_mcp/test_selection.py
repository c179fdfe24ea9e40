"""Which tools are listed and accepted with `--names hub-mcp`, and what reports say about the others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.config import Settings
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.instructions import build_instructions
from dockerhub_mcp.server.plain.prebuilt import list_enabled_tools
from dockerhub_mcp.server.resources import list_enabled_templates
from dockerhub_mcp.server.status import render_status
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS, TOOLS_BY_NAME
from dockerhub_mcp.tools.catalog.registry import Registry, ToolDisabledError, UnknownNameError
from dockerhub_mcp.tools.hub_mcp.naming import OWN_TOOLS
from dockerhub_mcp.tools.hub_mcp.tools import list_hub_mcp_tools
from dockerhub_mcp.tools.mutations.audit_log import AuditLog
from tests.support.audit_logs import read_entries
from tests.support.command_line import run_main
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import FakeUser, changes, make_context

THEIRS = list(OWN_TOOLS)
READING = [name for name in THEIRS if name not in {"createRepository", "updateRepositoryInfo"}]
TAGS = ["list_tags", "check_tags", "get_tag", "check_tag"]
MADE = {"namespace": "acme", "name": "surprise"}

SELECTIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, READING),
    ({"access": "write"}, THEIRS),
    ({"access": "admin"}, THEIRS),
    ({"toolsets": ["tags"]}, [*READING, *TAGS]),
    ({"tools": ["get_tag"]}, [*READING, "get_tag"]),
    ({"tools": ["getRepositoryTag", "search"]}, ["getRepositoryTag", "search"]),
    ({"tools": ["search", "get_tag"]}, ["search", "get_tag"]),
    ({"tools": ["search"], "toolsets": ["tags"]}, ["search", *TAGS]),
    ({"tools": ["createRepository"], "access": "write"}, ["createRepository"]),
    ({"exclude_tools": ["search", "listNamespaces"]}, [each for each in READING if each not in {"search", "listNamespaces"}]),
    ({"exclude_tools": ["get_tag"], "toolsets": ["tags"]}, [*[each for each in READING if each != "getRepositoryTag"], "list_tags", "check_tags", "check_tag"]),
    ({"exclude_tools": ["list_organizations"]}, [each for each in READING if each not in {"listNamespaces", "listAllNamespacesMemberOf"}]),
]  # fmt: skip


@pytest.mark.parametrize(("options", "expected"), SELECTIONS, ids=lambda each: str(each)[:60])
def test_options_select_from_both_sets_of_tools(options: dict[str, Any], expected: list[str]) -> None:
    registry = Registry(names="hub-mcp", **options | {"access": Access(options.get("access", "read"))})
    assert [tool.name for tool in registry.tools] == expected
    words = [
        word
        for name, value in options.items()
        for word in (f"--{name.replace('_', '-')}", value if isinstance(value, str) else ",".join(value))
    ]
    done = run_main("tools", "--names", "hub-mcp", *words)
    assert (done.returncode, done.stderr) == (0, "")
    enabled = [line.split()[0] for line in done.stdout.splitlines()[1:] if line.endswith("yes")]
    assert enabled == expected
    report = run_main("doctor", "--sandbox", "--json", "--names", "hub-mcp", *words).json()
    assert [tool["name"] for tool in report["tools"] if tool["on"]] == expected


def test_without_the_option_there_is_no_trace_of_these_tools() -> None:
    assert Registry().all_tools == ALL_TOOLS
    assert not set(THEIRS) & set(TOOLS_BY_NAME)
    with pytest.raises(UnknownNameError, match="Unknown tool"):
        Registry().find_tool("listRepositoryTags")
    with pytest.raises(UnknownNameError, match="tools: 'search' does not exist"):
        Registry(tools=["search"])


def test_each_tool_belongs_to_the_tool_that_it_calls() -> None:
    assert [tool.name for tool in list_hub_mcp_tools()] == THEIRS
    for tool in list_hub_mcp_tools():
        own = TOOLS_BY_NAME[OWN_TOOLS[tool.name][0]]
        assert (tool.access, tool.area, tool.annotations) == (own.access, own.area, own.annotations)
        assert tool.called_tools == OWN_TOOLS[tool.name]
        assert set(tool.methods) == {
            method for name in tool.called_tools for method in TOOLS_BY_NAME[name].methods
        }
        assert tool.listing["_meta"]["dockerhub-mcp/tools"] == list(tool.called_tools)


def test_a_name_of_docker_hub_mcp_leads_to_the_tool_that_does_the_same() -> None:
    for name, called in OWN_TOOLS.items():
        hint = (
            f"'{name}'; did you mean {' or '.join(called)}? The names of docker/hub-mcp need --names hub-mcp"
        )
        with pytest.raises(UnknownNameError, match=f"Unknown tool: {re.escape(hint)}"):
            Registry().find_tool(name)
        with pytest.raises(UnknownNameError) as refused:
            Registry(exclude_tools=[name])
        assert str(refused.value) == f"exclude-tools: {hint.replace(';', ' does not exist;', 1)}"


@pytest.mark.parametrize("names", ["hub_mcp", "ours"])
def test_another_value_is_refused_at_the_start(names: str) -> None:
    for done in (
        run_main("--names", names),
        run_main(env={"DOCKERHUB_MCP_NAMES": names}),
        run_main("doctor", "--names", names),
    ):
        assert done.returncode != 0
        assert "hub-mcp" in f"{done.stdout}{done.stderr}".replace(names, "")
    assert run_main("tools", env={"DOCKERHUB_MCP_NAMES": "hub-mcp"}).stdout.count("listRepositoryTags") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--tools", "getRepositoryTagg"], "--tools: 'getRepositoryTagg' does not exist; did you mean getRepository"),
        (["--tools", "createRepository"], "--tools: createRepository is named but disabled: it needs --access write"),
    ],
)  # fmt: skip
def test_names_that_cannot_be_enabled_are_refused_at_the_start(options: list[str], message: str) -> None:
    done = run_main("tools", "--names", "hub-mcp", *options)
    assert done.returncode == 2
    assert message in done.stderr


async def test_a_disabled_tool_names_the_option_that_enables_it(make_hub: MakeHub, sandbox: Sandbox) -> None:
    context, registry = make_context(make_hub("owner")), Registry(names="hub-mcp")
    refused = await call_tool(registry, context, "createRepository", MADE)
    assert refused.is_error
    assert "The tool createRepository is switched off on this server: it needs --access write" in refused.text
    assert "--toolsets" not in refused.text
    beside = await call_tool(registry, context, "find_tags", {"repository": "redis"})
    assert "it needs --toolsets images (or DOCKERHUB_MCP_TOOLSETS=images)" in beside.text
    with pytest.raises(UnknownNameError, match="did you mean getRepositoryTag"):
        registry.find_tool("getRepositoryTags")
    assert sandbox.requests == []


def test_our_own_name_is_accepted_while_a_listed_tool_calls_it() -> None:
    registry = Registry(names="hub-mcp")
    assert registry.find_tool("get_tag") is TOOLS_BY_NAME["get_tag"]
    assert [each.uri_template for each in list_enabled_templates(registry)] == [
        "dockerhub://{namespace}/{repository}",
        "dockerhub://{namespace}/{repository}/tags/{tag}",
        "dockerhub://{namespace}/{repository}/readme",
    ]
    for disabled in (
        registry.restrict_tools(reason="of a test", exclude_tools=["getRepositoryTag"]),
        registry.restrict_tools(reason="of a test", exclude_tools=["get_tag"]),
        registry.restrict_tools(reason="of a test", toolsets=["repositories"]),
        Registry(names="hub-mcp", exclude_tools=["getRepositoryTag"]),
        Registry(names="hub-mcp", tools=["search"]),
    ):
        assert "getRepositoryTag" not in {tool.name for tool in disabled.tools}
        with pytest.raises(ToolDisabledError):
            disabled.find_tool("get_tag")
    with pytest.raises(ToolDisabledError):
        registry.find_tool("create_repository")


async def test_what_the_account_can_do_and_the_status_cover_both_sets(make_hub: MakeHub) -> None:
    registry = Registry(names="hub-mcp", tools=["what_can_i_do", "search"])
    context = make_context(make_hub("owner"))
    found = await call_tool(registry, context, "what_can_i_do", {})
    assert not found.is_error, found.text
    groups = {row["state"]: row["toolsets"] for row in (found.structured_content or {})["tools"]}
    assert [each for each in groups["work"] if each.startswith("search")] == ["search: search"]
    status = await render_status(RequestContext(registry, context), in_sandbox=True)
    assert "enabled tools (2):\n  search: search\n  images: what_can_i_do" in status
    assert "not among those of --tools: listRepositoriesByNamespace, " in status


async def test_the_audit_log_has_the_operation_and_the_name_that_was_called(
    make_hub: MakeHub, tmp_path: Path, sandbox: Sandbox
) -> None:
    path = tmp_path / "log"
    log = AuditLog(path)
    context = make_context(make_hub("owner"), audit_log=log, confirmer=FakeUser())
    await call_tool(Registry(names="hub-mcp"), context, "createRepository", MADE)
    writing = Registry(names="hub-mcp", access=Access.WRITE, toolsets=["repositories"])
    await call_tool(writing, context, "createRepository", MADE)
    place = {"namespace": "acme", "repository": "storefront"}
    await call_tool(writing, context, "updateRepositoryInfo", place | {"status": "inactive"})
    await call_tool(writing, context, "update_repository", place | {"description": "New"})
    log.close()
    entries = [
        (each["event"], each["tool"], each.get("called_as"), each.get("outcome"), each["change"])
        for each in read_entries(path)
    ]
    made, changed = ("create_repository", "createRepository"), ("update_repository", "updateRepositoryInfo")
    assert entries == [
        ("outcome", *made, "refused", {"is_private": False}),
        ("intent", *made, None, {"is_private": False}),
        ("outcome", *made, "done", {"is_private": False}),
        ("intent", *changed, None, {"status": "inactive"}),
        ("outcome", *changed, "done", {"status": "inactive"}),
        ("intent", "update_repository", None, None, {}),
        ("outcome", "update_repository", None, "done", {}),
    ]
    assert len(changes(sandbox)) == 3


def test_the_command_line_calls_these_tools() -> None:
    server = ("call", "--sandbox", "--names", "hub-mcp")
    done = run_main(*server, "listRepositoryTags", "redis", "--page_size=2", "--output", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.json()["results"]) == 2
    refused = run_main(*server, "createRepository", "--arguments", '{"namespace": "acme", "name": "x-1"}')
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "it needs --access write" in refused.stderr
    shown = run_main(*server, "search", "--help").stdout
    assert "--extension-reviewed" in shown
    overview = run_main(*server).stdout
    assert f"{len(READING)} of {len(ALL_TOOLS) + len(THEIRS)} enabled" in overview
    assert all(f"\n  {name} " in overview for name in THEIRS)
    unknown = run_main("call", "--sandbox", "listRepositoryTags", "redis")
    assert unknown.returncode == 2
    assert "Unknown tool: 'listRepositoryTags'" in unknown.stderr


@pytest.mark.parametrize("options", [{}, {"access": "admin"}, {"tools": ("get_tag", "search")}])
def test_the_first_list_needs_no_loaded_tool(options: dict[str, Any]) -> None:
    registry = Registry(**(options | {"access": Access(options.get("access", "read"))}), names="hub-mcp")
    settings = Settings(names="hub-mcp", **options)
    assert list_enabled_tools(settings) == list(registry.tool_names)


def test_the_instructions_name_no_tool_that_is_not_listed() -> None:
    text = build_instructions(in_sandbox=False, names="hub-mcp", tools=[])
    assert not [name for name in TOOLS_BY_NAME if name in text]
    assert build_instructions(in_sandbox=True, names="hub-mcp", tools=[]).startswith(text)

"""The page on moving from docker/hub-mcp shows what the command answers, and maps every tool."""

from __future__ import annotations

import re

import pytest

from dockerhub_mcp.config import Settings
from dockerhub_mcp.install.migration.flags import DEFAULT_PORT
from dockerhub_mcp.install.migration.recognition import HUB_MCP_TOOLS
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from dockerhub_mcp.tools.hub_mcp.naming import OWN_TOOLS
from dockerhub_mcp.tools.hub_mcp.tools import list_hub_mcp_tools
from tests.support.command_line import run_main
from tests.support.installing import Person
from tests.support.pages import load_pages

PAGE = load_pages()["docs/migrating-from-hub-mcp.md"]
ROWS = re.findall(r"^\| `(\w+)` \| (`[^|]+`) \| (.*)\|$", PAGE, re.MULTILINE)


def test_the_answer_on_the_page_is_that_of_the_command(person: Person) -> None:
    old, answer = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    path = person.file("cursor")
    path.parent.mkdir()
    path.write_text(old)
    person.calls("cursor", "--replace")
    assert "\n".join(person.said).replace(str(person.home), "/home/you") == answer.rstrip("\n")


def test_the_page_maps_every_tool_in_order() -> None:
    assert tuple(old for old, _, _ in ROWS) == HUB_MCP_TOOLS


@pytest.mark.parametrize(("old", "new", "arguments"), ROWS)
def test_the_page_names_tools_and_arguments_that_exist(old: str, new: str, arguments: str) -> None:
    tools = [TOOLS_BY_NAME[name] for name in re.findall(r"`(\w+)`", new)]
    known = set().union(*(tool.input_schema["properties"] for tool in tools))
    missing = set(re.findall(r"no `(\w+)`", arguments))
    assert missing.isdisjoint(known), old
    for name, values in re.findall(r"^`(\w+)`: (.*?)(?:;|$)", arguments):
        schema = tools[0].input_schema["properties"][name]
        renamed = re.findall(r"`-?\w+`(?: is)? `(\w+)`", values)
        assert set(renamed) == set(schema["enum"]) - {"largest"}
    if "comma-separated: " in arguments:
        listed = re.findall(r"`(\w+)`", arguments.partition("comma-separated: ")[2].partition(";")[0])
        assert {tools[0].input_schema["properties"][name]["type"] for name in listed} == {"string"}
    if match := re.search(r"`(\w+)` is required", arguments):
        assert match[1] in tools[0].input_schema["required"]
    if match := re.search(r"`(\w+)` is `(\w+)` $", arguments):
        assert match[1] not in known
        assert match[2] in known


def test_the_names_of_the_tools_are_those_that_the_server_lists() -> None:
    assert sorted(HUB_MCP_TOOLS) == sorted(OWN_TOOLS)


OPTIONS = PAGE.partition("## Options and variables")[2].partition("\n## ")[0]
OF_HUB_MCP = (
    *("--transport", "--port", "--host", "--allowed-hosts", "--allowed-origins", "--allow-unauthenticated"),
    *("--username", "--logs-dir", "HUB_PAT_TOKEN", "MCP_AUTH_TOKEN", "NODE_ENV"),
)


def test_the_page_has_every_option_and_variable_of_docker_hub_mcp() -> None:
    cells = re.findall(r"^\| (`.*?`) \|", OPTIONS, re.MULTILINE)
    assert set(re.findall(r"`((?:--)?[\w-]+)", " ".join(cells))) == set(OF_HUB_MCP)
    refused = run_main("--transport=http", env={"MCP_AUTH_TOKEN": "short"}).stderr
    length = re.search(r"needs (at least \d+);", refused)
    assert length, refused
    assert f"It needs {length[1]} characters" in OPTIONS
    assert f"the default is {Settings().port}, there {DEFAULT_PORT}" in OPTIONS


def test_the_page_names_the_sizes_of_pages_and_the_tools_that_may_omit_the_namespace() -> None:
    sizes = (TOOLS_BY_NAME["list_tags"], "page_size"), (TOOLS_BY_NAME["search_repositories"], "size")
    ours = [tool.input_schema["properties"][name]["default"] for tool, name in sizes]
    old = {tool.name: tool.input_schema for tool in list_hub_mcp_tools()}
    theirs = [
        old[tool]["properties"][name]["default"]
        for tool, name in (("listRepositoryTags", "page_size"), ("search", "size"))
    ]
    assert "have {} items a page by default, searches {},".format(*ours) in PAGE
    assert "old\n  names, lists have {} and searches {}, and there is no `max_items`".format(*theirs) in PAGE
    assert not any("max_items" in schema["properties"] for schema in old.values())
    optional = [
        name
        for name, schema in old.items()
        if "namespace" in schema["properties"] and "namespace" not in schema["required"]
    ]
    assert optional == ["listRepositoryTags"]
    reading = [tool for tool in list_hub_mcp_tools() if tool.access == Access.READ]
    assert f"{len(reading)} that read, and with `--access write` all {len(list_hub_mcp_tools())}." in PAGE


def test_the_options_for_http_are_errors_over_stdio() -> None:
    names = re.search(r"over stdio the options for HTTP \((.*)\)", OPTIONS)
    assert names
    for option in re.findall(r"`(--[\w-]+)`", names[1]):
        value = "3000" if option == "--port" else "https://a.example.com"
        done = run_main(f"{option}={value}", "--transport=stdio")
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{option} is for --transport http" in done.stderr

"""The page on moving from docker/hub-mcp shows what the command answers, and maps every tool."""

from __future__ import annotations

import re

import pytest

from dockerhub_mcp.install.migration.recognition import HUB_MCP_TOOLS
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
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

"""The boundary between tools and Hub methods."""

from __future__ import annotations

import re

from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS, TOOLS_BY_NAME
from dockerhub_mcp.tools.method_tool import MethodTool
from tests.support.source_tree import SOURCE

METHOD_IMPORT = re.compile(
    r"^from dockerhub_mcp\.hub[\w.]* import .*\b(?:Method|ALL_METHODS)\b", re.MULTILINE
)
METHOD_USERS = {
    "tools/call.py",
    "tools/mutations/audit_recorder.py",
    "tools/list_reading.py",
    "tools/list_reducer.py",
    "tools/tool.py",
    "tools/method_tool.py",
    "tools/catalog/all_tools.py",
    "tools/catalog/loading.py",
    "tools/images/pins.py",
    "tools/cleanup/reading/inventory.py",
    "tools/reviews/reading.py",
    "tools/workflows/base.py",
    "tools/mutations/preview.py",
}
"""Outside the Hub client: a tool and its kinds, the list of tools and loading one, the reads before a mutation, and
reads within the rate limit."""


def test_everything_else_knows_tools_only() -> None:
    users = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if METHOD_IMPORT.search(path.read_text("utf-8"))
    }
    assert {name for name in users if not name.startswith("hub/")} == METHOD_USERS


def test_every_method_has_one_tool_in_the_order_of_the_reference() -> None:
    tools = [tool for tool in ALL_TOOLS if isinstance(tool, MethodTool)]
    assert [tool.method for tool in tools] == list(ALL_METHODS)
    assert len(TOOLS_BY_NAME) == len(ALL_TOOLS)
    for tool in tools:
        assert (tool.name, tool.methods) == (tool.method.tool_name, (tool.method,))


def test_facts_are_derived_once() -> None:
    tool = TOOLS_BY_NAME["list_tags"]
    assert tool.listing is tool.listing
    assert tool.input_schema is tool.input_schema
    assert repr(tool) == "MethodTool(list_tags)"

"""The size of the default menu: the tools that every conversation pays for."""

from __future__ import annotations

from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.catalog.token_cost import serialize_tool

MAX_TOOLS = 30
MAX_TOKENS = 6600
BYTES_PER_TOKEN = 4


def test_the_default_menu_stays_small() -> None:
    tools = Registry().tools
    assert len(tools) <= MAX_TOOLS
    size = sum(len(serialize_tool(tool)[0].encode()) for tool in tools)
    assert size / BYTES_PER_TOKEN <= MAX_TOKENS

"""Calls whose answer a test gives, at a fixed time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.faulty_hub import Telling
from tests.support.result_text import ParsedTable, parse_result
from tests.support.tool_calls import call, make_context

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ZERO = "0001-01-01T00:00:00Z"
TAGS = {"repository": "acme/storefront"}


async def ask(telling: Telling, tool: str, body: Any, **arguments: Any) -> ToolResult:
    """Call a tool whose request the Hub answers with a body."""
    context = make_context(telling.hub, clock=lambda: NOW)
    telling.sandbox.faults.clear()
    await call(context, tool, **arguments)
    telling.tell(json.dumps(body))
    result = await call(context, tool, **arguments)
    assert not result.is_error, result.text
    return result


async def ask_tags(telling: Telling, *tags: dict[str, Any], **arguments: Any) -> ToolResult:
    """Call `list_tags` where the Hub answers with these tags."""
    body = {"count": len(tags), "next": None, "results": tags}
    return await ask(telling, "list_tags", body, **TAGS, **arguments)


def table_of(result: ToolResult, name: str = "") -> ParsedTable:
    """Return a table of the text."""
    return parse_result(result.text).tables[name]


def items_of(result: ToolResult, name: str = "results") -> list[dict[str, Any]]:
    """Return the items of the data."""
    items: list[dict[str, Any]] = (result.structured_content or {})[name]
    return items


def image(platform: str, size: int | None, **more: Any) -> dict[str, Any]:
    """Return the image of a tag as the Hub describes it."""
    os, architecture, *variant = platform.split("/")
    variants = {"variant": variant[0] if variant else None}
    return {"os": os, "architecture": architecture, "size": size, "status": "active", **variants, **more}

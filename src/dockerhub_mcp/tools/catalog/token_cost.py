"""What the menu costs: the tokens that a model reads for each tool before it does anything.

Counting needs a tokenizer, which the server does not. The counts are kept in `token_costs.json`, which
`python -m benchmarks.menu --write` makes, each with a hash of what was counted: a tool that has changed since
is marked rather than counted wrongly.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.results.structured import dump_compact_json
from dockerhub_mcp.tools.tool import Tool

TOKEN_COUNTS_FILE = Path(__file__).with_name("token_costs.json")
OUT_OF_DATE = "out of date"
_HEADER = ("Tool", "Tokens", "With output schema", "On")
_HASH_LENGTH = 12  # characters of a hash


def serialize_tool(tool: Tool) -> tuple[str, str]:
    """Return what is counted for a tool: its JSON without the output schema, and with it."""
    published = tool.listing
    names = ("name", "description", "inputSchema")
    return (
        dump_compact_json({name: published[name] for name in names}),
        dump_compact_json({name: published[name] for name in (*names, "outputSchema")}),
    )


def hash_tool(tool: Tool) -> str:
    """Return a short hash of what is counted."""
    return hashlib.sha256(serialize_tool(tool)[1].encode()).hexdigest()[:_HASH_LENGTH]


def load_token_counts() -> dict[str, dict[str, Any]]:
    """Return the counts by tool: `tokens`, `with_output` and `hash`."""
    found: dict[str, dict[str, Any]] = json.loads(TOKEN_COUNTS_FILE.read_text("utf-8"))
    return found


def sum_token_counts(registry: Registry) -> tuple[int, int]:
    """Return the tokens of all tools that are on, without output schemas and with them."""
    counts = load_token_counts()
    on = [counts[tool.name] for tool in registry.tools if tool.name in counts]
    return sum(count["tokens"] for count in on), sum(count["with_output"] for count in on)


def build_rows(registry: Registry) -> list[tuple[str, ...]]:
    """Return a row for each tool, the head first and the sums of what is on last."""
    counts = load_token_counts()
    on = {tool.name for tool in registry.tools}
    body = []
    stale = False
    for tool in ALL_TOOLS:
        count = counts.get(tool.name)
        is_on = "yes" if tool.name in on else "no"
        if count is None or count["hash"] != hash_tool(tool):
            stale = True
            count = count or {"tokens": "?", "with_output": "?"}
            is_on += f", {OUT_OF_DATE}"
        body.append((tool.name, str(count["tokens"]), str(count["with_output"]), is_on))
    without, with_output = sum_token_counts(registry)
    last = (f"{len(on)} tools on", str(without), str(with_output), OUT_OF_DATE if stale else "")
    return [_HEADER, *body, last]


def render_text(table: list[tuple[str, ...]]) -> str:
    """Return columns for a terminal, numbers to the right."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = [
        "  ".join(
            (name.ljust(widths[0]), tokens.rjust(widths[1]), with_output.rjust(widths[2]), is_on)
        ).rstrip()
        for name, tokens, with_output, is_on in table
    ]
    return "\n".join(lines) + "\n"


def render_markdown(table: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    head, *body, last = table
    named = [(f"`{name}`", *counts) for name, *counts in body]
    lines = [f"| {' | '.join(row)} |" for row in (head, ("---", "---:", "---:", "---"), *named, last)]
    return "\n".join(lines) + "\n"

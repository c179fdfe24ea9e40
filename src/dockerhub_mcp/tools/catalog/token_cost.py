"""Token cost of the tool list: the tokens that a model reads for each enabled tool in every conversation.

Counting needs a tokenizer, which the server does not have. `python -m devtools.generate` writes the counts to
`token_costs.json`, each with a hash of the counted text, so that outdated counts are recognized.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.results.structured import dump_compact_json
from dockerhub_mcp.tools.tool import Tool

TOKEN_COUNTS_FILE = Path(__file__).with_name("token_costs.json")
OUT_OF_DATE = "out of date"
_HEADER = ("Tool", "Tokens", "With output schema", "On")
_HASH_LENGTH = 12  # characters of a hash


def serialize_tool(tool: Tool) -> tuple[str, str]:
    """Return the counted texts of a tool: its JSON without the output schema, and with it."""
    listing = tool.listing
    keys = ("name", "description", "inputSchema")
    return (
        dump_compact_json({key: listing[key] for key in keys}),
        dump_compact_json({key: listing[key] for key in (*keys, "outputSchema")}),
    )


def hash_tool(tool: Tool) -> str:
    """Return a short hash of the counted text, 12 hexadecimal digits."""
    return hashlib.sha256(serialize_tool(tool)[1].encode()).hexdigest()[:_HASH_LENGTH]


def load_token_counts() -> dict[str, dict[str, Any]]:
    """Return the counts by tool: `tokens`, `with_output` and `hash`."""
    counts: dict[str, dict[str, Any]] = json.loads(TOKEN_COUNTS_FILE.read_text("utf-8"))
    return counts


def sum_token_counts(registry: Registry) -> tuple[int, int]:
    """Return the tokens of all enabled tools, without output schemas and with them."""
    counts = load_token_counts()
    enabled = [counts[name] for name in registry.tool_names if name in counts]
    return sum(count["tokens"] for count in enabled), sum(count["with_output"] for count in enabled)


def build_rows(registry: Registry) -> list[tuple[str, ...]]:
    """Return the header, a row for each tool, and the sums of the enabled tools."""
    counts = load_token_counts()
    enabled = set(registry.tool_names)
    rows = []
    any_outdated = False
    for tool in registry.all_tools:
        count = counts.get(tool.name)
        status = "yes" if tool.name in enabled else "no"
        if count is None or count["hash"] != hash_tool(tool):
            any_outdated = True
            count = count or {"tokens": "?", "with_output": "?"}
            status += f", {OUT_OF_DATE}"
        rows.append((tool.name, str(count["tokens"]), str(count["with_output"]), status))
    tokens, with_output = sum_token_counts(registry)
    sums = (f"{len(enabled)} tools on", str(tokens), str(with_output), OUT_OF_DATE if any_outdated else "")
    return [_HEADER, *rows, sums]


def render_text(table: list[tuple[str, ...]]) -> str:
    """Return the table in columns for a terminal, with numbers aligned to the right."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = [
        "  ".join(
            (name.ljust(widths[0]), tokens.rjust(widths[1]), with_output.rjust(widths[2]), status)
        ).rstrip()
        for name, tokens, with_output, status in table
    ]
    return "\n".join(lines) + "\n"


def render_markdown(table: list[tuple[str, ...]]) -> str:
    """Return the table in Markdown."""
    header, *rows, sums = table
    coded = [(f"`{name}`", *counts) for name, *counts in rows]
    lines = [f"| {' | '.join(row)} |" for row in (header, ("---", "---:", "---:", "---"), *coded, sums)]
    return "\n".join(lines) + "\n"

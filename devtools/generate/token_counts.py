"""What the menu costs: counts the tokens of every tool, and keeps them where the server finds them."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from benchmarks.tokens import ENCODING, HERE, count_tokens
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.tools.catalog import token_cost
from dockerhub_mcp.tools.catalog.registry import Registry

KEPT = HERE / "menu.md"


def measure() -> dict[str, dict[str, Any]]:
    """Count every tool."""
    texts = [text for method in ALL_METHODS for text in token_cost.serialize_tool(method)]
    counts = iter(count_tokens(texts))
    return {
        method.tool_name: {
            "tokens": next(counts),
            "with_output": next(counts),
            "hash": token_cost.hash_tool(method),
        }
        for method in ALL_METHODS
    }


def as_json(found: dict[str, dict[str, Any]]) -> str:
    """Return the counts as they are kept, a line for each tool."""
    lines = [f"  {json.dumps(tool)}: {json.dumps(count)}" for tool, count in found.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def as_markdown() -> str:
    """Return the page that is kept, made of the counts that are kept."""
    return (
        "# What the menu costs\n\n"
        "Written by `python -m benchmarks.menu --write`; do not edit.\n\n"
        f"Tokens ({ENCODING}) of each tool's name, description and input schema, and of the same with its\n"
        "output schema, which is only sent with `--results both`. `On` is what is on by default.\n\n"
        f"{token_cost.render_markdown(token_cost.build_rows(Registry()))}"
    )


def main() -> int:
    """Count, and keep or show the counts."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.menu", description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the counts")
    options = parser.parse_args()
    found = measure()
    if options.write:
        token_cost.TOKEN_COUNTS_FILE.write_text(as_json(found), "utf-8")
        KEPT.write_text(as_markdown(), "utf-8")
    else:
        sys.stdout.write(as_json(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())

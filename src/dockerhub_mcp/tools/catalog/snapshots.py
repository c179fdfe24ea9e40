"""The published contract: one file a tool, exactly as `tools/list` carries it."""

from __future__ import annotations

import json
from pathlib import Path

from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.tools.catalog.schema import build_tool_entry


def build_snapshots() -> dict[str, str]:
    """Return the text of each file by its name."""
    return {
        f"{method.tool_name}.json": json.dumps(
            build_tool_entry(method), indent=2, sort_keys=True, ensure_ascii=False
        )
        + "\n"
        for method in ALL_METHODS
    }


def find_differences(directory: Path) -> list[str]:
    """Return in which files a directory differs from the code, a line each."""
    wanted = build_snapshots()
    there = {path.name: path.read_text("utf-8") for path in directory.glob("*.json")}
    found = [f"missing: {directory / name}" for name in wanted if name not in there]
    found += [f"no such tool: {directory / name}" for name in there if name not in wanted]
    found += [
        f"differs: {directory / name}" for name, text in wanted.items() if there.get(name, text) != text
    ]
    return sorted(found)


def write_snapshots(directory: Path) -> list[str]:
    """Bring a directory in step with the code and return what was done, a line each."""
    directory.mkdir(parents=True, exist_ok=True)
    done = []
    wanted = build_snapshots()
    for path in directory.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
            done.append(f"removed {path}")
    for name, text in wanted.items():
        path = directory / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            done.append(f"wrote {path}")
    return done

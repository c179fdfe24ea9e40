"""The published contract: one JSON file for each tool, exactly as `tools/list` returns it."""

from __future__ import annotations

import json
from pathlib import Path

from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS


def build_snapshots() -> dict[str, str]:
    """Return the text of each file by its name."""
    return {
        f"{tool.name}.json": json.dumps(tool.listing, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        for tool in ALL_TOOLS
    }


def find_differences(directory: Path) -> list[str]:
    """Return the files of a directory that differ from the code, a line each."""
    expected = build_snapshots()
    existing = {path.name: path.read_text("utf-8") for path in directory.glob("*.json")}
    differences = [f"missing: {directory / name}" for name in expected if name not in existing]
    differences += [f"no such tool: {directory / name}" for name in existing if name not in expected]
    differences += [
        f"differs: {directory / name}" for name, text in expected.items() if existing.get(name, text) != text
    ]
    return sorted(differences)


def write_snapshots(directory: Path) -> list[str]:
    """Write the files of every tool, remove files of other tools, and return what changed, a line each."""
    directory.mkdir(parents=True, exist_ok=True)
    changes = []
    expected = build_snapshots()
    for path in directory.glob("*.json"):
        if path.name not in expected:
            path.unlink()
            changes.append(f"removed {path}")
    for name, text in expected.items():
        path = directory / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            changes.append(f"wrote {path}")
    return changes

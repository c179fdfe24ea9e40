"""The published contract: one file a tool, exactly as `tools/list` carries it."""

from __future__ import annotations

import json
from pathlib import Path

from dockerhub_mcp.hub.methods import CATALOGUE
from dockerhub_mcp.tools.catalog.schema import entry


def contract() -> dict[str, str]:
    """Return the text of each file by its name."""
    return {
        f"{method.tool}.json": json.dumps(entry(method), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        for method in CATALOGUE
    }


def differences(directory: Path) -> list[str]:
    """Return in which files a directory differs from the code, a line each."""
    wanted = contract()
    there = {path.name: path.read_text("utf-8") for path in directory.glob("*.json")}
    found = [f"missing: {directory / name}" for name in wanted if name not in there]
    found += [f"no such tool: {directory / name}" for name in there if name not in wanted]
    found += [
        f"differs: {directory / name}" for name, text in wanted.items() if there.get(name, text) != text
    ]
    return sorted(found)


def publish(directory: Path) -> list[str]:
    """Bring a directory in step with the code and return what was done, a line each."""
    directory.mkdir(parents=True, exist_ok=True)
    done = []
    wanted = contract()
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

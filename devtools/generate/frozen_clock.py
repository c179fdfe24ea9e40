"""A frozen clock for the programs whose output the documents show, so that it is the same on every day."""

from __future__ import annotations

from pathlib import Path

NOW = 1_760_000_012.5
"""Seconds since the epoch: 2025-10-09 08:53:32.5 UTC."""
_SITECUSTOMIZE = f"import time\ntime.time = lambda: {NOW!r}\n"


def write_frozen_clock(folder: Path, more: str = "") -> dict[str, str]:
    """Write a `sitecustomize.py` that freezes a Python program's clock, and return the variables for it.

    Args:
        folder: An empty folder.
        more: Further Python statements for the start of the program.
    """
    (folder / "sitecustomize.py").write_text(_SITECUSTOMIZE + more, "utf-8")
    return {"PYTHONPATH": str(folder)}

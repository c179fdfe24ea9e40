"""A frozen clock, so that the output of programs and of the sandbox is the same on every day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from dockerhub_mcp.sandbox import Sandbox

NOW = 1_760_000_012.5
"""Seconds since the epoch: 2025-10-09 08:53:32.5 UTC."""
_SITECUSTOMIZE = f"import time\ntime.time = lambda: {NOW!r}\n"


def get_frozen_time() -> float:
    """Return the fixed time."""
    return NOW


def get_frozen_datetime() -> datetime:
    """Return the fixed time in UTC."""
    return datetime.fromtimestamp(NOW, UTC)


@contextmanager
def freeze_clock() -> Iterator[None]:
    """Freeze the clock of this process, and that of sandboxes that are created without one."""
    defaults = Sandbox.__init__.__kwdefaults__
    with patch("time.time", get_frozen_time), patch.dict(defaults, now=get_frozen_time):
        yield


def write_frozen_clock(folder: Path, more: str = "") -> dict[str, str]:
    """Write a `sitecustomize.py` that freezes a Python program's clock, and return the variables for it.

    Args:
        folder: An empty folder.
        more: Further Python statements for the start of the program.
    """
    (folder / "sitecustomize.py").write_text(_SITECUSTOMIZE + more, "utf-8")
    return {"PYTHONPATH": str(folder)}

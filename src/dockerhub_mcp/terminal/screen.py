"""Writing for a person or the next program: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from typing import Any

from dockerhub_mcp.terminal.columns import plain
from dockerhub_mcp.terminal.layout import Block


def width() -> int:
    """Return the columns of the terminal, 100 at most for prose; 80 where there is none."""
    return min(100, shutil.get_terminal_size().columns)


def say(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def write(text: str) -> None:
    """Write to standard output; when nobody reads on, as with `| head`, the rest goes nowhere."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")  # where the terminal's letters are not all there are
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a descriptor is wanted
            os.dup2(nothing.fileno(), sys.stdout.fileno())


def as_json(data: Any) -> str:
    """Return data as JSON, indented, in letters that standard output has."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    return json.dumps(data, indent=2, ensure_ascii=not is_unicode) + "\n"


def write_blocks(blocks: Sequence[Block]) -> None:
    """Write blocks in columns: with rich where it is installed and a terminal shows them, else plainly.

    A terminal gets lines that fit into it, another program gets them whole.
    """
    if not sys.stdout.isatty():
        write(plain(blocks))
        return
    room = shutil.get_terminal_size().columns
    try:
        from dockerhub_mcp.terminal.rich_blocks import rendered  # noqa: PLC0415 - an extra
    except ImportError:
        write(plain(blocks, room))
    else:
        write(rendered(blocks, room))

"""Writing for a person or the next program: results to standard output, everything else to standard error."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from dockerhub_mcp.cli.call.layout import Block
from dockerhub_mcp.cli.call.plain_tables import render_plain


def get_text_width() -> int:
    """Return the columns of the terminal, 100 at most for prose; 80 where there is none."""
    return min(100, shutil.get_terminal_size().columns)


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a person is behind a stream; a closed one is None."""
    return stream is not None and stream.isatty()


def write_stderr(text: str) -> None:
    """Write a line to standard error, where there is one."""
    with contextlib.suppress(OSError, AttributeError):  # closed, or gone
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def write_stdout(text: str) -> bool:
    """Write to standard output, and tell whether it arrived or nobody wants it.

    When nobody reads on, as with `| head`, the rest goes nowhere.
    """
    stream: TextIO | None = sys.stdout
    if stream is None:
        return True
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")  # where it lacks some of the letters
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a descriptor is wanted
            os.dup2(nothing.fileno(), stream.fileno())
        if isinstance(error, BrokenPipeError):
            return True
        write_stderr(f"dockerhub-mcp call: standard output cannot be written: {error.strerror}")
        return False
    return True


def format_json(data: Any) -> str:
    """Return data as JSON, indented, in letters that standard output has."""
    stream: TextIO | None = sys.stdout
    is_unicode = (getattr(stream, "encoding", None) or "").lower().replace("-", "").startswith("utf")
    return json.dumps(data, indent=2, ensure_ascii=not is_unicode) + "\n"


def write_blocks(blocks: Sequence[Block]) -> bool:
    """Write blocks in columns: with rich where it is installed and a terminal shows them, else plainly.

    A terminal gets lines that fit into it, another program gets them whole.
    """
    if not is_terminal(sys.stdout):
        return write_stdout(render_plain(blocks))
    room = shutil.get_terminal_size().columns
    try:
        from dockerhub_mcp.cli.call.rich_tables import render_rich  # noqa: PLC0415 - an extra
    except ImportError:
        return write_stdout(render_plain(blocks, room))
    return write_stdout(render_rich(blocks, room))

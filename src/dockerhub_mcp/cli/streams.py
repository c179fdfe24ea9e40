"""Write to the standard streams that a command was given."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TextIO


def write_text(stream: TextIO, text: str) -> None:
    """Write and flush, with characters that the stream cannot encode escaped.

    If the reader has closed the pipe, as `| head` does, this and all later output is discarded.
    """
    try_write_text(stream, text)


def try_write_text(stream: TextIO, text: str) -> bool:
    """Do what `write_text` does, and return False if the reader has closed the pipe."""
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        with open(os.devnull, "wb") as devnull:  # noqa: PTH123 - dup2 takes a file descriptor
            os.dup2(devnull.fileno(), stream.fileno())
        return False
    return True


def supports_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Tell whether to write ANSI colours: to a terminal or with FORCE_COLOR, but never with NO_COLOR."""
    if environment.get("NO_COLOR"):
        return False
    is_colour_terminal = stream.isatty() and environment.get("TERM") != "dumb"
    return is_colour_terminal or bool(environment.get("FORCE_COLOR"))

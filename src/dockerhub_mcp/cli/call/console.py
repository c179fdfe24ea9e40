"""The streams of one command: results go to standard output, everything else to standard error."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from dockerhub_mcp.cli.call.layout import Block
from dockerhub_mcp.cli.call.tables import TableRenderer, join_lines, render_for_terminal
from dockerhub_mcp.cli.streams import try_write_text


@dataclass(frozen=True, slots=True)
class Console:
    """The streams and the environment of a command. A field is `None` if the stream was closed."""

    stdin: TextIO | None
    stdout: TextIO | None
    stderr: TextIO | None
    environment: Mapping[str, str]

    @property
    def is_interactive(self) -> bool:
        """Whether the user can be asked: on standard error, with answers from standard input."""
        return is_terminal(self.stdin) and is_terminal(self.stderr)

    @property
    def width(self) -> int:
        """The columns of the terminal; 80 without a terminal."""
        columns = self.environment.get("COLUMNS", "")
        return int(columns) if columns.isdecimal() else shutil.get_terminal_size().columns

    def read_stdin(self) -> str:
        """Return all of standard input."""
        return self.stdin.read() if self.stdin else ""

    def write_message(self, text: str) -> None:
        """Write a line to standard error; one that cannot be written is lost."""
        with contextlib.suppress(OSError):
            self.write_prompt(f"{text}\n")

    def write_prompt(self, text: str) -> None:
        """Write text to standard error without ending the line."""
        if self.stderr is not None:
            self.stderr.write(text)
            self.stderr.flush()

    def write_result(self, text: str) -> bool:
        """Write to standard output, and return False if it cannot be written.

        A reader that has closed the pipe, as `| head` does, is no error.
        """
        return self._write(text) is not None

    def write_line(self, text: str) -> bool:
        """Write to standard output, and return False if it cannot be written or is no longer read."""
        return bool(self._write(text))

    def _write(self, text: str) -> bool | None:
        """Write to standard output; return False if it is no longer read, None if it cannot be written."""
        if self.stdout is None:
            return True
        try:
            return try_write_text(self.stdout, text)
        except OSError as error:
            self.write_message(f"dockerhub-mcp call: standard output cannot be written: {error.strerror}")
            with open(os.devnull, "wb") as devnull:  # noqa: PTH123 - dup2 takes a file descriptor
                os.dup2(devnull.fileno(), self.stdout.fileno())  # or the flush at exit would fail again
            return None

    @property
    def has_unicode_output(self) -> bool:
        """Whether standard output can have any character."""
        return str(getattr(self.stdout, "encoding", "")).lower().startswith("utf")

    def write_json(self, data: Any) -> bool:
        """Write data to standard output as indented JSON, in ASCII unless the encoding is a Unicode one."""
        return self.write_result(json.dumps(data, indent=2, ensure_ascii=not self.has_unicode_output) + "\n")

    def write_blocks(
        self, blocks: Sequence[Block], *, is_wide: bool | None = None, whole_hint: str = "-o json"
    ) -> bool:
        """Write blocks as tables, with colour on a terminal that can show it.

        Args:
            blocks: The blocks.
            is_wide: Whether lines may have any length; otherwise they fit into the width of the terminal. By
                default they do where there is a terminal.
            whole_hint: The options that show the values whole that had to be shortened.
        """
        has_terminal = is_terminal(self.stdout)
        renderer = TableRenderer(0 if (not has_terminal if is_wide is None else is_wide) else self.width)
        lines = renderer.render(blocks)
        if self.stdout is None or not has_terminal:
            is_written = self.write_result(join_lines(lines))
        else:
            text = render_for_terminal(lines, self.stdout, environment=self.environment)
            is_written = self.write_result(text)
        if renderer.shortened:
            self.write_message(f"Shortened: {', '.join(renderer.shortened)}. Whole with {whole_hint}.")
        return is_written


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is open and connected to a terminal."""
    return stream is not None and stream.isatty()

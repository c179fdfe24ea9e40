"""A program in a pseudo-terminal: what is typed, and what is shown."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Self

_TIMEOUT = 60.0  # seconds to wait for a text, or for the end of the program


class Terminal:
    """Runs a program in a pseudo-terminal, which is the controlling terminal of the program.

    Args:
        command: The program and its arguments.
        environment: All of its environment variables but TERM.
        columns: The width of the terminal.
        stdout: A file descriptor for standard output; the terminal by default.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        columns: int = 100,
        stdout: int | None = None,
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave if stdout is None else stdout,
            stderr=slave,
            env={**environment, "TERM": "xterm-256color"},
            start_new_session=True,
            preexec_fn=lambda: _make_controlling(slave),  # noqa: PLW1509 - no thread runs here
        )
        os.close(slave)
        self.output = ""
        self._position = 0  # of the output that was returned

    def type(self, text: str) -> None:
        """Type text; \\r is Enter, \\x03 Ctrl-C."""
        os.write(self._master, text.encode())

    def until(self, text: str) -> str:
        """Wait until text is shown, and return the new output up to its end."""
        deadline = time.monotonic() + _TIMEOUT
        while text not in self.output[self._position :]:
            if not self._read(deadline):
                msg = f"{text!r} was not shown, but {self.output[self._position :]!r}"
                raise AssertionError(msg)
        end = self.output.index(text, self._position) + len(text)
        return self._advance(end)

    def end(self) -> str:
        """Wait for the program to end, and return the new output."""
        deadline = time.monotonic() + _TIMEOUT
        while self._read(deadline):
            pass
        self.process.wait(10)
        return self._advance(len(self.output))

    def _advance(self, end: int) -> str:
        start, self._position = self._position, end
        return self.output[start:end]

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            chunk = os.read(self._master, 65_536)
        except OSError as error:
            if error.errno == errno.EIO:  # the program has closed its side
                return False
            raise
        self.output += chunk.decode("utf-8", "replace")
        return bool(chunk)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
        os.close(self._master)


def _make_controlling(slave: int) -> None:
    """Make a terminal the source of Ctrl-C for this process."""
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

"""A terminal with a program in it: what a person types, and what they see."""

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

_PATIENCE = 60.0  # seconds until a test gives up waiting for a text


class Terminal:
    """Runs a program in a pseudo-terminal of its own, of which it is the controlling one.

    Args:
        command: The program and its words.
        environment: All of its environment.
        columns: How wide it is.
        stdout: Where standard output goes instead of the terminal.
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
        _sized(slave, columns)
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave if stdout is None else stdout,
            stderr=slave,
            env={"TERM": "xterm-256color", **environment},
            start_new_session=True,
            preexec_fn=lambda: _made_controlling(slave),  # noqa: PLW1509 - no thread runs here
        )
        os.close(slave)
        self.seen = ""
        self._read = 0

    def type(self, text: str) -> None:
        """Type a text; \\r is Enter, \\x03 Ctrl-C."""
        os.write(self._master, text.encode())

    def until(self, text: str) -> str:
        """Return what is shown since the last time up to a text, and wait for it."""
        deadline = time.monotonic() + _PATIENCE
        while text not in self.seen[self._read :]:
            if not self._take(deadline):
                msg = f"{text!r} was not shown, but {self.seen[self._read :]!r}"
                raise AssertionError(msg)
        end = self.seen.index(text, self._read) + len(text)
        shown, self._read = self.seen[self._read : end], end
        return shown

    def end(self) -> str:
        """Wait for the program to end, and return what was shown since the last time."""
        deadline = time.monotonic() + _PATIENCE
        while self._take(deadline):
            pass
        self.process.wait(10)
        shown, self._read = self.seen[self._read :], len(self.seen)
        return shown

    def _take(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            chunk = os.read(self._master, 65_536)
        except OSError as error:
            if error.errno == errno.EIO:  # nobody is on the other side any more
                return False
            raise
        self.seen += chunk.decode("utf-8", "replace")
        return bool(chunk)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
        os.close(self._master)


def _made_controlling(slave: int) -> None:
    """Make a terminal the one that Ctrl-C comes from; called in the new process."""
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)


def _sized(slave: int, columns: int) -> None:
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))

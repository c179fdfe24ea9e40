"""The program served over stdio in the tests' process: the same code on pipes, without starting Python.

File descriptors 0 and 1 are pipes while the program runs. Loading the program takes no time here, so a test
says how much of the input comes while it is loading.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import select
import struct
import termios
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from dockerhub_mcp.bootstrap import stdio as composition
from dockerhub_mcp.cli.main import main
from dockerhub_mcp.server.plain.dispatcher import PlainDispatcher
from dockerhub_mcp.server.plain.prebuilt import PrebuiltResults
from dockerhub_mcp.server.stdio.session import StdioSession
from dockerhub_mcp.server.stdio.startup import THREAD_NAME, Startup, respond_while_loading
from tests.support.garbage_collector import untouched_garbage_collector
from tests.support.standard_pipes import StandardPipes

_WAIT = 30.0  # seconds; ample, for a busy machine
_POLL = 0.0005  # seconds


@dataclass(frozen=True, slots=True)
class StdioRun:
    """How a run of the program ended, and what it wrote."""

    exit_code: int
    lines: list[bytes]
    log: str

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The lines of the output, parsed."""
        return [json.loads(line) for line in self.lines]


def encode_lines(messages: Sequence[Any]) -> list[bytes]:
    """Return messages as the lines a client sends; bytes stay as they are."""
    return [
        message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
        for message in messages
    ]


def run_over_stdio(
    pieces: Sequence[bytes],
    *options: str,
    by_sdk: bool = False,
    loaded_after: int | None = None,
    in_lockstep: bool = False,
) -> StdioRun:
    """Serve the sandbox over stdio until the input ends.

    Args:
        pieces: The input, in the pieces in which it is written.
        options: Options of the command line.
        by_sdk: Whether the SDK answers all requests, also the plain ones.
        loaded_after: How many pieces come while the program is loading; all by default.
        in_lockstep: Whether a request is written only once the one before it is answered.
    """
    count = len(pieces) if loaded_after is None else loaded_after
    log = io.StringIO()
    with _Pipes(in_lockstep) as pipes, pytest.MonkeyPatch.context() as patch, untouched_garbage_collector():

        def respond(prebuilt: PrebuiltResults, tools: Sequence[str], _: Callable[[], None]) -> Startup:
            if by_sdk:
                pipes.write_in_background(pieces)
                return Startup(StdioSession(prebuilt.versions))
            startup = respond_while_loading(
                prebuilt, tools, lambda: pipes.write_while_loading(pieces[:count])
            )
            pipes.write_in_background(pieces[count:])
            return startup

        patch.setattr(composition, "respond_while_loading", respond)
        if by_sdk:
            patch.setattr(PlainDispatcher, "accepts", lambda *_: False)
        exit_code = main(["--sandbox", *options], {}, stderr=log)
        written = pipes.finish()
    return StdioRun(exit_code, written.splitlines(keepends=True), log.getvalue())


class _Pipes(StandardPipes):
    """The pipes, and a client that writes pieces while the program is loading and afterwards."""

    def __init__(self, in_lockstep: bool) -> None:
        super().__init__()
        self._in_lockstep = in_lockstep
        self._left_over: list[bytes] = []

    def write_while_loading(self, pieces: Sequence[bytes]) -> None:
        """Write pieces and return when the program has read them, or has left the rest to the SDK."""
        for position, piece in enumerate(pieces):
            unwritten = self._write(piece, lambda: not _is_responding())
            self._wait_until(lambda: _count_unread_bytes() == 0 or not _is_responding())
            if unwritten:
                self._left_over = [unwritten, *pieces[position + 1 :]]
                return

    def write_in_background(self, pieces: Sequence[bytes]) -> None:
        """Write what is left over and these pieces in a thread, then close the input."""

        def write() -> None:
            with contextlib.suppress(BrokenPipeError):
                for piece in [*self._left_over, *pieces]:
                    self._write(piece, lambda: False)
            os.close(self.to_program)

        self.start(write)

    def _write(self, piece: bytes, is_given_up: Callable[[], bool]) -> bytes:
        """Write a piece, and in lockstep wait for the response; return what was not written before giving up."""
        lines, rest = self.written.count(b"\n"), piece
        while rest and not is_given_up():
            if select.select([], [self.to_program], [], _POLL)[1]:
                rest = rest[os.write(self.to_program, rest[: select.PIPE_BUF]) :]
        if self._in_lockstep and b'"id"' in piece:
            self._wait_until(lambda: self.written.count(b"\n") > lines or is_given_up())
        return rest

    @staticmethod
    def _wait_until(condition: Callable[[], bool]) -> None:
        end = time.monotonic() + _WAIT
        while not condition() and time.monotonic() < end:
            time.sleep(_POLL)


def _count_unread_bytes() -> int:
    return int(struct.unpack("i", fcntl.ioctl(0, termios.FIONREAD, b"\0\0\0\0"))[0])


def _is_responding() -> bool:
    """Tell whether the thread of the prebuilt responses runs."""
    return any(thread.name == THREAD_NAME for thread in threading.enumerate())

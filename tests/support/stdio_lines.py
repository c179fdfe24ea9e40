"""The program on pipes in the tests' process, with a client that sends lines and collects the answers.

The program runs as its command line starts it, in the main thread, as signals require; the client runs in threads.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from dockerhub_mcp.cli.main import main
from tests.support.garbage_collector import untouched_garbage_collector
from tests.support.reference_server import Transcript

_WAIT = 20.0  # seconds for one answer; ample, for a busy machine


@dataclass(frozen=True, slots=True)
class Served:
    """What the program did: the exit code, its messages and its log."""

    exit_code: int
    messages: list[dict[str, Any]]
    log: str


def encode_lines(messages: Sequence[Any]) -> list[bytes]:
    """Return messages as the lines a client sends; bytes stay as they are."""
    return [
        message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
        for message in messages
    ]


def answer_by_program(
    lines: Sequence[bytes], options: Sequence[str], *, expected: Transcript | None = None
) -> Served:
    """Return what the program answers to the lines of a client over stdio, until it ends with the input.

    Args:
        lines: The lines; without `expected`, pieces of any length.
        options: The options of the command line.
        expected: Send a line only once the program has written as many messages as here; all at once otherwise.
    """
    log = io.StringIO()
    with _Pipes() as pipes, untouched_garbage_collector():
        pipes.start(pipes.write, lines, expected.counts if expected else [])
        exit_code = main([*options], {}, stderr=log)
        written = pipes.finish()
    return Served(exit_code, [json.loads(line) for line in written.splitlines()], log.getvalue())


class _Pipes:
    """Pipes in the place of standard input and output, and the client at their other ends."""

    def __init__(self) -> None:
        self._written = bytearray()
        self._lines = threading.Condition()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._saved = [os.dup(0), os.dup(1)]
        read_end, self._to_program = os.pipe()
        self._from_program, write_end = os.pipe()
        for place, descriptor in enumerate((read_end, write_end)):
            os.dup2(descriptor, place)
            os.close(descriptor)
        self.start(self._read)
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()
        os.close(self._from_program)

    def start(self, target: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        self._threads.append(thread)

    def finish(self) -> bytes:
        """Put the standard streams back, and return everything that was written to the output."""
        for place, descriptor in enumerate(self._saved):
            os.dup2(descriptor, place)
            os.close(descriptor)
        self._saved.clear()
        for thread in self._threads:
            thread.join(_WAIT)
        return bytes(self._written)

    def write(self, lines: Sequence[bytes], counts: Sequence[int]) -> None:
        """Write the lines, each once the program has written as many lines as `counts` says, and close the input."""
        with contextlib.suppress(BrokenPipeError), os.fdopen(self._to_program, "wb", buffering=0) as stream:
            if not counts:
                for line in lines:
                    stream.write(line)
                return
            for line, count in zip(lines, counts, strict=True):
                stream.write(line)
                if not self._wait_for(count):
                    return

    def _wait_for(self, count: int) -> bool:
        end = time.monotonic() + _WAIT
        with self._lines:
            return self._lines.wait_for(
                lambda: self._written.count(b"\n") >= count, max(0, end - time.monotonic())
            )

    def _read(self) -> None:
        while chunk := os.read(self._from_program, 65_536):
            with self._lines:
                self._written += chunk
                self._lines.notify_all()

"""The program on pipes in the tests' process, with a client that sends lines and collects the answers.

The program runs as its command line starts it, in the main thread, as signals require; the client runs in threads.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dockerhub_mcp.cli.main import main
from tests.support.garbage_collector import untouched_garbage_collector
from tests.support.reference_server import Transcript
from tests.support.standard_pipes import StandardPipes

_WAIT = 20.0  # seconds for one answer; ample, for a busy machine


@dataclass(frozen=True, slots=True)
class Served:
    """What the program did: the exit code, its messages and its log."""

    exit_code: int
    messages: list[dict[str, Any]]
    log: str


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


class _Pipes(StandardPipes):
    """The pipes, and a client that sends lines."""

    def write(self, lines: Sequence[bytes], counts: Sequence[int]) -> None:
        """Write the lines, each once the program has written as many lines as `counts` says, and close the input."""
        with contextlib.suppress(BrokenPipeError), os.fdopen(self.to_program, "wb", buffering=0) as stream:
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
        with self.changed:
            return self.changed.wait_for(
                lambda: self.written.count(b"\n") >= count, max(0, end - time.monotonic())
            )

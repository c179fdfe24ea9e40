"""Pipes in the place of standard input and output of the tests' process."""

from __future__ import annotations

import os
import threading
from typing import Any, Self

_WAIT = 30.0  # seconds for the threads to end; ample, for a busy machine


class StandardPipes:
    """Pipes in the place of standard input and output, and the client at their other ends.

    Attributes:
        written: What the program has written to the output.
        changed: Notified when that grows.
        to_program: The descriptor that the client writes to.
    """

    def __init__(self) -> None:
        self.written = bytearray()
        self.changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._saved = [os.dup(0), os.dup(1)]
        read_end, self.to_program = os.pipe()
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
        """Run a function of the client in a thread."""
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
        return bytes(self.written)

    def _read(self) -> None:
        while chunk := os.read(self._from_program, 65_536):
            with self.changed:
                self.written += chunk
                self.changed.notify_all()

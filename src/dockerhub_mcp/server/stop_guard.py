"""End the process where stopping it takes too long. Uses only the standard library.

Python waits for threads when it ends, and one that waits for a mount or a name server may never return.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from types import FrameType
from typing import Any

from dockerhub_mcp.server.stop_signals import list_stop_signals

HANG_TIMEOUT = 5.0
"""Seconds to stop in, once nothing is left to wait for."""


class StopGuard:
    """Ends the process at the end of a time limit, or at the next signal, unless it is disarmed before."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None
        self._previous_handlers: dict[signal.Signals, Any] = {}

    def set_limit(self, exit_code: int, seconds: float) -> None:
        """End the process with an exit code after a time limit, which replaces an earlier one."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(seconds, _end_hanging_process, (exit_code,))
        self._timer.daemon = True
        self._timer.start()

    def end_at_next_signal(self, exit_code: int) -> None:
        """End the process with an exit code at the next stop signal. Call this in the main thread."""

        def end_at_once(_number: int, _frame: FrameType | None) -> None:
            os._exit(exit_code)

        for number in list_stop_signals():
            previous = signal.signal(number, end_at_once)
            self._previous_handlers.setdefault(number, previous)

    def disarm(self) -> None:
        """Remove the limit and the signal handlers."""
        if self._timer is not None:
            self._timer.cancel()
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)
        self._previous_handlers.clear()


def _end_hanging_process(exit_code: int) -> None:
    with suppress(OSError):
        os.write(2, b"dockerhub-mcp: a thread hangs; the process ends without it\n")
    os._exit(exit_code)

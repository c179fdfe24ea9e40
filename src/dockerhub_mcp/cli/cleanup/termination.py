"""End the command at SIGTERM and SIGHUP as at Ctrl-C, so that it can tell what it did so far."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from dockerhub_mcp.server.stop_signals import list_stop_signals

_SHELL_OFFSET = 128  # of the exit code of a program that a signal ended


class Termination:
    """What ended the command, and its task, which a signal cancels.

    Attributes:
        number: The signal that ended the command; SIGINT where it was none of those handled here.
    """

    def __init__(self) -> None:
        self.number: int = signal.SIGINT
        self._task: asyncio.Task[object] | None = None

    @property
    def exit_code(self) -> int:
        """The exit code of a command that did nothing before the signal."""
        return _SHELL_OFFSET + self.number

    def watch_task(self) -> None:
        """Let signals cancel the current task."""
        self._task = asyncio.current_task()

    @contextmanager
    def handle_signals(self) -> Iterator[None]:
        """Handle the signals while the block runs; those that are ignored stay so, as under nohup."""
        numbers = [
            number
            for number in list_stop_signals()
            if number != signal.SIGINT
            and threading.current_thread() is threading.main_thread()
            and signal.getsignal(number) is not signal.SIG_IGN
        ]
        previous = {number: signal.signal(number, self._handle) for number in numbers}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        """Cancel the task, or raise where it waits for an answer at the terminal.

        Raises:
            KeyboardInterrupt: No event loop runs, or it waits for input.
        """
        self.number = number
        if self._task is None or signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            raise KeyboardInterrupt
        self._task.get_loop().call_soon_threadsafe(self._task.cancel)

"""The signals that stop a server."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


def list_stop_signals() -> tuple[signal.Signals, ...]:
    """Return SIGINT, SIGTERM and SIGHUP, without a SIGHUP that `nohup` has set to be ignored.

    SIGHUP arrives when a terminal or the connection to it closes.
    """
    hangup = getattr(signal, "SIGHUP", None)  # missing on Windows
    if hangup is None or signal.getsignal(hangup) is signal.SIG_IGN:
        return signal.SIGINT, signal.SIGTERM
    return signal.SIGINT, signal.SIGTERM, hangup


@contextmanager
def exit_on_stop_signals() -> Iterator[None]:
    """End the process at once on a stop signal, as long as the block sets no other handlers."""
    previous_handlers = {number: signal.signal(number, exit_at_once) for number in list_stop_signals()}
    try:
        yield
    finally:
        for number, handler in previous_handlers.items():
            signal.signal(number, handler)


def exit_at_once(number: int, _: FrameType | None = None) -> None:
    """End the process, with exit code 130 after SIGINT and 0 after the others."""
    os._exit(130 if number == signal.SIGINT else 0)

"""Prepare the process that a command runs in, and end it."""

from __future__ import annotations

import logging
import os
import signal
import stat
import sys
import threading
from contextlib import suppress

from dockerhub_mcp.server.stop_signals import list_stop_signals

_JOIN_SECONDS = 2.0  # for threads that are about to end by themselves


def accept_interrupts() -> None:
    """Raise KeyboardInterrupt at SIGINT from here on, unless the signal is ignored, as under nohup."""
    if signal.getsignal(signal.SIGINT) not in {signal.SIG_IGN, signal.SIG_DFL}:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def reopen_closed_streams() -> None:
    """Open the null device in place of closed standard streams, lest another file takes their descriptors."""
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if not _is_open(descriptor):
            flags = os.O_RDONLY if mode == "r" else os.O_WRONLY
            opened = os.open(os.devnull, flags)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
        if getattr(sys, name) is None:
            stream = open(descriptor, mode, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def find_stdio_problem() -> str:
    """Return why no host can be connected to standard input and output; empty if one can.

    Call this before `reopen_closed_streams`.
    """
    for descriptor, name, verb in ((0, "input", "read"), (1, "output", "written")):
        if not _is_open(descriptor):
            flaw = "closed"
        elif not _can_transfer(descriptor):
            flaw = f"not open to be {verb}"
        else:
            continue
        return (
            f"standard {name} is {flaw}; over stdio, a host starts this server and connects pipes to it: see "
            "`dockerhub-mcp install`, or use --transport http"
        )
    return ""


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _can_transfer(descriptor: int) -> bool:
    """Return whether input can be read from descriptor 0, or output written to descriptor 1."""
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        return False
    try:
        import fcntl  # noqa: PLC0415 - missing on Windows
    except ImportError:
        return True
    mode = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
    return mode != (os.O_WRONLY if descriptor == 0 else os.O_RDONLY)


def end_with_hanging_threads(exit_code: int) -> None:
    """End the process if a thread hangs that Python would wait for; otherwise return."""
    others = [
        each for each in threading.enumerate() if not each.daemon and each is not threading.current_thread()
    ]
    if not others:
        return
    for number in list_stop_signals():
        signal.signal(number, lambda *_: os._exit(exit_code))
    for thread in others:
        thread.join(_JOIN_SECONDS / len(others))
    if any(thread.is_alive() for thread in others):
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(exit_code)

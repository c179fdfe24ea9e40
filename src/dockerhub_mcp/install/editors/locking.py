"""Keep installations that run at the same time from overwriting each other's changes."""

from __future__ import annotations

import contextlib
import importlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from dockerhub_mcp.config import SettingsError

LOCK_TIMEOUT = 15.0
"""Seconds to wait for another installation."""
_POLL_INTERVAL = 0.02


@contextlib.contextmanager
def lock_directories(directories: Iterable[Path], *, timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
    """Hold an advisory lock on directories, or on the nearest parents that exist, for the block.

    Directories themselves are locked, so that no lock file is left behind. Where that is impossible, as on
    Windows, the comparison before a file is replaced is the only protection.

    Raises:
        SettingsError: Another process holds a lock for too long.
    """
    with contextlib.ExitStack() as stack:
        fcntl = _import_fcntl()
        opened: dict[tuple[int, int], int] = {}
        for directory in directories if fcntl else ():
            with contextlib.suppress(OSError):
                descriptor = os.open(_find_existing(directory), os.O_RDONLY | os.O_CLOEXEC)
                stack.callback(os.close, descriptor)  # which releases the lock
                status = os.fstat(descriptor)
                opened.setdefault((status.st_dev, status.st_ino), descriptor)
        deadline = time.monotonic() + timeout
        for _, descriptor in sorted(opened.items()):  # in one order, so that two processes cannot deadlock
            _lock(fcntl, descriptor, deadline)
        yield


def _import_fcntl() -> ModuleType | None:
    """Return the module for file locks; None on Windows."""
    try:
        return importlib.import_module("fcntl")
    except ImportError:
        return None


def _find_existing(directory: Path) -> Path:
    return next((each for each in (directory, *directory.parents) if each.is_dir()), Path(os.sep))


def _lock(fcntl: ModuleType | None, descriptor: int, deadline: float) -> None:
    while fcntl is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                msg = "another installation is still running; try again. Nothing was changed"
                raise SettingsError(msg) from None
            time.sleep(_POLL_INTERVAL)
        except OSError:  # a file system without locks
            return
        else:
            return

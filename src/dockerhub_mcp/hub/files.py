"""Read files that may be slow, or no files at all. Uses only the standard library until a file is awaited.

A file on a network mount that hangs blocks its reader for ever, and no signal ends that. Therefore files are
read in threads, which the program leaves behind where they hang.
"""

from __future__ import annotations

import errno
import os
import re
import select
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

T = TypeVar("T")

FILE_TIMEOUT = 2.0
"""Seconds that reading a small file may take; local files take less than a millisecond."""

NOT_REGULAR = "it is not a regular file"
_PIPE_TIMEOUT = (
    60.0  # seconds for the program that writes a secret into a pipe, which may ask for a passphrase
)
_CHUNK_BYTES = 65_536
_DESCRIPTOR_PATH = re.compile(r"/dev/(?:fd/\d+|stdin)|/proc/(?:self|\d+)/fd/\d+")
_READ_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # opening a pipe without a writer would block
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)

_pipe_lock = threading.Lock()
_pipe_contents: dict[tuple[int, int], bytes] = {}  # a pipe can be read only once


class FileTimeoutError(OSError):
    """A file could not be read in time, probably because it is on a mount that hangs."""

    def __init__(self, seconds: float) -> None:
        reason = f"no answer within {seconds:g} s; it may be on a network mount that hangs"
        super().__init__(errno.ETIMEDOUT, reason)


def read_file(path: Path, *, max_bytes: int = 1024**2) -> bytes:
    """Return the content of a regular file, or of a pipe that this process was started with.

    Such a pipe has a path below /dev/fd, as `--token-file <(pass show hub)` gives it in a shell. It is read
    once, and its content is kept.

    Raises:
        OSError: It cannot be read, is no regular file, or is too large; `strerror` holds the reason.
    """
    descriptor = os.open(path, _READ_FLAGS)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISFIFO(status.st_mode) and is_inherited(path):
            key = status.st_dev, status.st_ino
            with _pipe_lock:
                if key not in _pipe_contents:
                    _pipe_contents[key] = _read_pipe(descriptor, max_bytes)
            return _pipe_contents[key]
        if stat.S_ISDIR(status.st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, NOT_REGULAR)
        content = bytearray()
        while chunk := os.read(descriptor, _CHUNK_BYTES):
            content += chunk
            _check_size(content, max_bytes)
        return bytes(content)
    finally:
        os.close(descriptor)


def is_inherited(path: Path) -> bool:
    """Return whether a path names a descriptor that this process was started with."""
    return _DESCRIPTOR_PATH.fullmatch(str(path)) is not None


def _read_pipe(descriptor: int, max_bytes: int) -> bytes:
    content = bytearray()
    deadline = time.monotonic() + _PIPE_TIMEOUT
    while True:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise OSError(errno.ETIMEDOUT, f"nothing was written to the pipe within {_PIPE_TIMEOUT:g} s")
        chunk = os.read(descriptor, _CHUNK_BYTES)
        if not chunk:
            return bytes(content)
        content += chunk
        _check_size(content, max_bytes)


def _check_size(content: bytearray, max_bytes: int) -> None:
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"it is larger than {max_bytes // 1024**2} MiB")


def describe_read_error(error: Exception) -> str:
    """Return why a text file cannot be read, as a clause."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return (error.strerror if isinstance(error, OSError) else "") or type(error).__name__


def get_file_version(path: Path) -> object:
    """Return a value that changes when a file is written or replaced; None where it does not exist."""
    try:
        status = os.stat(path)  # noqa: PTH116 - faster, and called before every request
    except OSError:
        return None
    if stat.S_ISFIFO(status.st_mode):
        return status.st_dev, status.st_ino
    return status.st_mtime_ns, status.st_size, status.st_ino


class FileWorker:
    """Runs file operations in threads that are left behind where they hang.

    While one hangs, the next ones fail at once, so that at most one thread is left behind.

    Args:
        timeout: Seconds that an operation may take.
    """

    def __init__(self, timeout: float = FILE_TIMEOUT) -> None:
        self._timeout = timeout
        self._lock = threading.Lock()
        self._hanging: threading.Thread | None = None

    def run_blocking(self, operation: Callable[[], T]) -> T:
        """Run an operation and return its result, blocking this thread for the timeout at most.

        Raises:
            FileTimeoutError: It took too long, or an earlier one still does.
        """
        if not self._lock.acquire(timeout=self._timeout):
            raise FileTimeoutError(self._timeout)
        try:
            if self._hanging is not None and self._hanging.is_alive():
                raise FileTimeoutError(self._timeout)
            call = _Call(operation)
            self._hanging = threading.Thread(target=call.run, name="file-access", daemon=True)
            self._hanging.start()
            self._hanging.join(self._timeout)
        finally:
            self._lock.release()
        return call.get_result(self._timeout)

    async def run(self, operation: Callable[[], T]) -> T:
        """Run an operation and return its result, without blocking the event loop.

        Raises:
            FileTimeoutError: It took too long, or an earlier one still does.
        """
        import anyio.to_thread  # noqa: PLC0415 - the fast start needs the standard library only

        return await anyio.to_thread.run_sync(self.run_blocking, operation, abandon_on_cancel=True)


class _Call(Generic[T]):
    """An operation with its result, or the exception that it raised."""

    def __init__(self, operation: Callable[[], T]) -> None:
        self._operation = operation
        self._outcome: tuple[Any, BaseException | None] | None = None

    def run(self) -> None:
        try:
            self._outcome = self._operation(), None
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self._outcome = None, error

    def get_result(self, timeout: float) -> T:
        if self._outcome is None:
            raise FileTimeoutError(timeout)
        value, error = self._outcome
        if error is not None:
            raise error
        result: T = value
        return result

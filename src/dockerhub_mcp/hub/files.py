"""Read files that may be slow, or no files at all. Uses only the standard library until a file is awaited.

A file on a network mount that hangs blocks its reader for ever, and no signal ends that. Therefore files are
read in threads, which the program leaves behind where they hang.
"""

from __future__ import annotations

import errno
import os
import queue
import re
import select
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from dockerhub_mcp.hub.durations import format_seconds

T = TypeVar("T")

FILE_TIMEOUT = 2.0
"""Seconds that reading a small file may take; local files take less than a millisecond."""

NOT_REGULAR = "it is not a regular file"
_PIPE_TIMEOUT = (
    60.0  # seconds for the program that writes a secret into a pipe, which may ask for a passphrase
)
_IDLE_SECONDS = 5.0  # until a thread without work ends
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
        reason = f"no answer within {format_seconds(seconds)}; it may be on a network mount that hangs"
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
            raise OSError(
                errno.ETIMEDOUT, f"nothing was written to the pipe within {format_seconds(_PIPE_TIMEOUT)}"
            )
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
    """Runs file operations, one after another, in a thread that is left behind where one hangs.

    While one hangs, the next ones fail at once, so that at most one thread is left behind.

    Args:
        timeout: Seconds that an operation may take.
    """

    def __init__(self, timeout: float = FILE_TIMEOUT) -> None:
        self._timeout = timeout
        self._turn = threading.Lock()
        self._hanging_call: _Call[Any] | None = None
        self._calls: queue.SimpleQueue[_Call[Any]] = queue.SimpleQueue()
        self._thread_lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def run_blocking(self, operation: Callable[[], T]) -> T:
        """Run an operation and return its result, blocking this thread for the timeout at most.

        Raises:
            FileTimeoutError: It took too long, or an earlier one still does.
        """
        if not self._turn.acquire(timeout=self._timeout):
            raise FileTimeoutError(self._timeout)
        try:
            if self._hanging_call is not None and not self._hanging_call.finished.is_set():
                raise FileTimeoutError(self._timeout)
            call = _Call(operation)
            self._submit(call)
            self._hanging_call = None if call.finished.wait(self._timeout) else call
            if self._hanging_call is not None:
                raise FileTimeoutError(self._timeout)
        finally:
            self._turn.release()
        return call.get_result()

    def _submit(self, call: _Call[Any]) -> None:
        with self._thread_lock:
            self._calls.put(call)
            if self._thread is None:
                # The program does not wait for a daemon thread when it ends.
                self._thread = threading.Thread(target=self._work, name="file-access", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            try:
                self._calls.get(timeout=_IDLE_SECONDS).run()
            except queue.Empty:
                with self._thread_lock:
                    if self._calls.empty():
                        self._thread = None
                        return

    async def run(self, operation: Callable[[], T]) -> T:
        """Run an operation and return its result, without blocking the event loop.

        Raises:
            FileTimeoutError: It took too long, or an earlier one still does.
        """
        import anyio.to_thread  # noqa: PLC0415 - the first responses need the standard library only

        return await anyio.to_thread.run_sync(self.run_blocking, operation, abandon_on_cancel=True)


class _Call(Generic[T]):
    """An operation with its result, or the exception that it raised."""

    def __init__(self, operation: Callable[[], T]) -> None:
        self._operation = operation
        self._result: list[T] = []
        self._error: BaseException | None = None
        self.finished = threading.Event()

    def run(self) -> None:
        """Run the operation and keep its outcome."""
        try:
            self._result.append(self._operation())
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self._error = error
        self.finished.set()

    def get_result(self) -> T:
        """Return the result, or raise the exception."""
        if self._error is not None:
            raise self._error
        return self._result[0]

"""The progress of a clean-up in a file, each line on the disk before the clean-up goes on."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

import anyio
from anyio import to_thread

from dockerhub_mcp.hub import HubError

if sys.platform != "win32":
    import fcntl

_SAFE_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"))
_MAX_BYTES = 64 * 1024**2  # of a file; the lines of 100,000 tags with long names take less


class ProgressFile:
    """Lines in a file for its owner only, which one process at a time holds open.

    Args:
        path: The file; created where it is missing.

    Raises:
        BlockingIOError: Another process has it open.
        OSError: The file cannot be opened or read.
    """

    def __init__(self, path: Path) -> None:
        self._lock = anyio.Lock()
        self._waiting: list[bytes] = []
        self._failure: OSError | None = None
        self._path = path
        self._fd = _open_locked(path)
        try:
            self._content = _read_all(self._fd)
            if self._content and not self._content.endswith(b"\n"):  # a line that a crash tore
                self._append(b"\n")
        except BaseException:
            os.close(self._fd)
            raise

    def close(self) -> None:
        """Close the file, which lets other processes open it; one without lines is deleted."""
        if not os.fstat(self._fd).st_size:
            self._path.unlink(missing_ok=True)
        os.close(self._fd)

    async def read(self) -> list[bytes]:
        """Return the lines that were in the file when it was opened."""
        return self._content.splitlines()

    async def append(self, line: bytes, *, may_wait: bool = False) -> None:  # noqa: ARG002 - a disk is near
        """Write a line, together with those of other requests that wait.

        Raises:
            HubError: It could not be written.
        """
        self._waiting.append(line)
        with anyio.CancelScope(shield=True):
            async with self._lock:
                lines, self._waiting = self._waiting, []
                if lines and self._failure is None:  # else written together with an earlier line
                    try:
                        await to_thread.run_sync(self._append, b"".join(lines))
                    except OSError as error:
                        self._failure = error  # of this line, and of those that were written with it
                if self._failure is not None:
                    reason = self._failure.strerror or self._failure
                    what = f"The journal of the clean-up could not be written ({reason}); it was stopped."
                    remedy = "Free the disk or correct the directory of --plans-dir, then call again."
                    raise HubError(what, remedy=remedy) from None

    def _append(self, lines: bytes) -> None:
        written = os.write(self._fd, lines)
        if written < len(lines):
            raise OSError(errno.EIO, "only a part could be written")
        os.fsync(self._fd)


def _open_locked(path: Path) -> int:
    """Open a file that no other process has open, and create it where it is missing.

    Raises:
        BlockingIOError: Another process has it open.
        OSError: It cannot be opened.
    """
    while True:
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _SAFE_FLAGS, 0o600)
        try:
            _check_regular(fd)
            _lock_file(fd)
            if os.fstat(fd).st_nlink:  # else another process has deleted it since
                _flush_directory(path.parent)
                return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def _check_regular(fd: int) -> None:
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")


def _lock_file(fd: int) -> None:
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # a file system without locks
        return


def _flush_directory(path: Path) -> None:
    """Flush the entry of a new file, without which it could be lost with its content."""
    if sys.platform == "win32":
        return
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _read_all(fd: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(fd, _MAX_BYTES, 0)
    os.lseek(fd, 0, os.SEEK_SET)
    parts = []
    while part := os.read(fd, 1024**2):
        parts.append(part)
    return b"".join(parts)

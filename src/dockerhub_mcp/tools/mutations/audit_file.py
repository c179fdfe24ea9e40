"""The file of the audit log: append-only, one write per line, reopened after a rotation."""

from __future__ import annotations

import errno
import logging
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger(__name__)

_SAFE_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"))
"""Follow no link, do not wait for the reader of a pipe, take no terminal; on Windows, keep newlines."""
_OTHERS_MODE = 0o077
_LOCK_TIMEOUT = 1.0  # seconds


class AuditFile:
    """A file that lines are appended to, created for its owner only.

    An existing file keeps its mode. Lines of several processes do not mix, because each is a single write.

    Raises:
        OSError: The file cannot be opened, or is no regular file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ends_in_torn_line = False  # what is known of a file that cannot be read
        self._fd = _open_for_append(path)

    def append(self, line: bytes) -> None:
        """Append a line and flush it to the disk.

        After a torn line, which a full disk or a crash leaves, the new one begins on a line of its own.

        Raises:
            OSError: The line was not written, or only in part.
        """
        self._reopen_if_replaced()
        with _locked(self._fd):
            self._write(b"\n" + line if self._is_last_line_torn() else line)
        _flush(self._fd)

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _write(self, line: bytes) -> None:
        written = os.write(self._fd, line)
        self._ends_in_torn_line = written < len(line)
        if self._ends_in_torn_line:
            os.write(self._fd, b"\n")  # ends the torn line, or raises the reason
            self._ends_in_torn_line = False
            raise OSError(errno.EIO, "only a part of the line could be written")

    def _reopen_if_replaced(self) -> None:
        """Open the file that has the path now: the old one may have been renamed or deleted."""
        if self._fd >= 0:
            try:
                if os.path.samestat(os.lstat(self._path), os.fstat(self._fd)):
                    return
            except FileNotFoundError:
                pass
            self.close()
        self._ends_in_torn_line = False
        self._fd = _open_for_append(self._path)

    def _is_last_line_torn(self) -> bool:
        """Return whether the file ends without a newline."""
        try:
            reader = os.open(self._path, os.O_RDONLY | _SAFE_FLAGS)
        except OSError:
            return self._ends_in_torn_line
        try:
            status = os.fstat(reader)
            if not os.path.samestat(status, os.fstat(self._fd)):  # rotated in this moment
                return self._ends_in_torn_line
            if not stat.S_ISREG(status.st_mode) or not status.st_size:
                return False
            os.lseek(reader, status.st_size - 1, os.SEEK_SET)
            return os.read(reader, 1) != b"\n"
        finally:
            os.close(reader)


def find_unusable_reason(path: Path) -> str:
    """Return why lines cannot be appended to a file, or an empty string; nothing is created or changed."""
    try:
        _check_kind(path)
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND | _SAFE_FLAGS))
    except FileNotFoundError:
        if not path.parent.is_dir():
            return os.strerror(errno.ENOENT)
        return "" if os.access(path.parent, os.W_OK) else os.strerror(errno.EACCES)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def find_exposed_mode(path: Path) -> str:
    """Return the mode of a file that others than its owner may read or write, such as `0644`."""
    try:
        status = path.lstat()
    except OSError:
        return ""
    is_exposed = stat.S_ISREG(status.st_mode) and os.name == "posix" and status.st_mode & _OTHERS_MODE
    return f"{stat.S_IMODE(status.st_mode):04o}" if is_exposed else ""


def _open_for_append(path: Path) -> int:
    with suppress(FileNotFoundError):
        _check_kind(path)
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _SAFE_FLAGS, 0o600)
    try:
        _check_mode(os.fstat(fd).st_mode)
    except OSError:
        os.close(fd)
        raise
    if mode := find_exposed_mode(path):
        logger.warning("the audit log is open to others than its owner", extra={"mode": mode})
    return fd


def _check_kind(path: Path) -> None:
    """Refuse what is no file: a pipe could block, and a link could lead anywhere.

    Raises:
        OSError: The path is missing, or is no regular file.
    """
    _check_mode(path.lstat().st_mode)


def _check_mode(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if stat.S_ISLNK(mode):
        raise OSError(errno.ELOOP, "it is a symbolic link; name the file itself")
    if not stat.S_ISREG(mode) and not stat.S_ISCHR(mode):
        raise OSError(errno.EINVAL, "it is not a regular file")


@contextmanager
def _locked(fd: int) -> Iterator[None]:
    """Keep other servers from writing, so that a line of theirs in the making does not look torn.

    A process that holds the lock for long does not stop this one.
    """
    if sys.platform == "win32":
        yield
        return
    end = time.monotonic() + _LOCK_TIMEOUT
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                break
            time.sleep(0.001)
        except OSError:  # a file system without locks
            break
        else:
            break
    try:
        yield
    finally:
        with suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_UN)


def _flush(fd: int) -> None:
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # a device has nothing to flush
            raise

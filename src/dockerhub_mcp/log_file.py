"""Write log lines to a file of bounded size, where standard error is not kept."""

from __future__ import annotations

import errno
import logging
import os
import stat
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

logger = logging.getLogger(__name__)

FILE_NAME = "dockerhub-mcp.log"
MAX_BYTES = 10 * 1024**2
"""The size at which the file is renamed to `dockerhub-mcp.log.1`, and a new one begun."""
KEPT_FILES = 3
"""The number of earlier files that are kept."""

_FLAGS = (
    os.O_WRONLY
    | os.O_APPEND
    | os.O_CREAT
    | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC"))
)
"""Follow no link, which could lead anywhere, and do not wait for the reader of a pipe."""


class LogFileHandler(RotatingFileHandler):
    """Appends lines to `dockerhub-mcp.log` in a directory, both created for their owner only if missing.

    Several servers may write to the same directory. If a line cannot be written, a warning goes to the other
    handlers and this one removes itself, so that a full disk never stops the server.

    Args:
        directory: The directory.

    Raises:
        OSError: The directory cannot be created, or the file cannot be opened or is no regular file.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(
            directory / FILE_NAME,
            maxBytes=MAX_BYTES,
            backupCount=KEPT_FILES,
            encoding="utf-8",
            errors="backslashreplace",
        )

    def _open(self) -> TextIO:  # type: ignore[override]  # a text file, as that of the base class
        descriptor = os.open(self.baseFilename, _FLAGS, 0o600)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "it is not a regular file")
        return os.fdopen(descriptor, "a", encoding=self.encoding, errors=self.errors)

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - the base class's name
        """Tell whether the line would exceed the size, in the file that has the name now."""
        if self.stream is not None and self._is_replaced(self.stream):
            self.stream.close()
            self.stream = None  # the base class opens it again
        return bool(super().shouldRollover(record))

    def _is_replaced(self, stream: TextIO) -> bool:
        """Tell whether another server has renamed the file, or something has deleted it."""
        try:
            current = os.lstat(self.baseFilename)
        except FileNotFoundError:
            return True
        return not os.path.samestat(current, os.fstat(stream.fileno()))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base class's name
        """Give the file up if it cannot be written."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        logging.getLogger().removeHandler(self)
        self.close()
        warn_of_failure(Path(self.baseFilename), error)

    def close(self) -> None:
        """Close the file; what a full disk leaves unwritten is discarded."""
        try:
            super().close()
        except OSError:
            self.stream = None


def warn_of_failure(path: Path, reason: OSError | str) -> None:
    """Log that lines go to standard error only, and why."""
    if isinstance(reason, OSError):
        reason = reason.strerror or type(reason).__name__
    logger.warning(
        "the directory of --logs-dir cannot be written; log lines go to standard error only",
        extra={"path": str(path), "reason": reason},
    )


def find_unusable_reason(directory: Path) -> str:
    """Return why no file can be written in a directory, or an empty string; nothing is created or changed."""
    file = directory / FILE_NAME
    existing = next(path for path in (file, *file.parents) if os.path.lexists(path))
    if existing == file and (file.is_symlink() or not file.is_file()):
        return f"{FILE_NAME} in it is not a regular file"
    if existing != file and not existing.is_dir():
        return os.strerror(errno.ENOTDIR)
    return "" if os.access(existing, os.W_OK) else os.strerror(errno.EACCES)

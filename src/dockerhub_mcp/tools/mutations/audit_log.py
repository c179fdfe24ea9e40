"""The audit log: JSON lines about each mutation, written by a thread of its own.

A thread, because flushing a line to the disk takes milliseconds, and a file system that hangs must not stop
the event loop.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import queue
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dockerhub_mcp.hub.durations import format_seconds
from dockerhub_mcp.tools.mutations.audit_file import AuditFile
from dockerhub_mcp.tools.mutations.open_questions import OpenQuestions

logger = logging.getLogger(__name__)

_MAX_WAITING_LINES = 1_000  # while the file system hangs
_CLOSE_TIMEOUT = 2.0  # seconds

Entry = Mapping[str, Any]
_Job = tuple[bytes, "Future[None]"]


class AuditLog:
    """Appends JSON lines to a file.

    Attributes:
        open_questions: Questions to users that wait for an answer in a later call.

    Args:
        path: The file; created with mode 0600 if it is missing.

    Raises:
        OSError: The file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._file = AuditFile(path)
        self._jobs: queue.Queue[_Job | None] = queue.Queue(_MAX_WAITING_LINES)
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self.open_questions = OpenQuestions(self.enqueue)

    def enqueue(self, entry: Entry) -> Future[None]:
        """Queue a line to be appended, with the current time; the result is an `OSError` if that fails.

        A line that is not being written yet can be cancelled.
        """
        future: Future[None] = Future()
        if self._is_closed:
            future.set_exception(OSError(errno.EBADF, "the audit log is closed"))
            return future
        try:
            self._jobs.put_nowait((format_line(entry), future))
        except queue.Full:
            future.set_exception(OSError(errno.EAGAIN, "too many lines wait to be written"))
            return future
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_lines, name="audit log", daemon=True)
            self._thread.start()
        return future

    def close(self) -> None:
        """Record the questions without an answer, write the lines that wait, and close the file."""
        if self._is_closed:
            return
        self.open_questions.expire_all("the server stopped before an answer")
        self._is_closed = True
        if self._thread is None:
            self._file.close()
            return
        try:
            self._jobs.put(None, timeout=_CLOSE_TIMEOUT)
        except queue.Full:
            return  # the file system hangs; the daemon thread ends with the process
        self._thread.join(_CLOSE_TIMEOUT)

    def _write_lines(self) -> None:
        while (job := self._jobs.get()) is not None:
            line, future = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                self._file.append(line)
            except Exception as error:  # noqa: BLE001 - passed on; the thread must go on
                future.set_exception(error)
            else:
                future.set_result(None)
        self._file.close()


def format_line(entry: Entry) -> bytes:
    """Return an entry as a JSON line with its time.

    Characters outside of printable ASCII are escaped, so that no text can hide, reorder or break lines.
    """
    time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = json.dumps({"time": time, **entry}, default=str).replace("\x7f", "\\u007f")
    return f"{line}\n".encode("ascii")


async def wait_until_written(future: Future[None], *, timeout: float) -> None:  # noqa: ASYNC109
    """Wait until a queued line is on the disk. It stays in the queue after a timeout or a cancellation.

    Raises:
        OSError: It could not be written, or not in time.
    """
    written = asyncio.wrap_future(future)
    done, _ = await asyncio.wait([written], timeout=timeout)
    if not done:
        written.add_done_callback(_retrieve_exception)
        raise TimeoutError(errno.ETIMEDOUT, f"{os.strerror(errno.ETIMEDOUT)} after {format_seconds(timeout)}")
    written.result()


def _retrieve_exception(future: asyncio.Future[None]) -> None:
    """Keep asyncio from logging an exception that nothing waits for."""
    if not future.cancelled():
        future.exception()

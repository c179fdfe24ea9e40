"""Read and write lines on plain file descriptors, on the event loop.

The SDK's own transport reads and writes in worker threads, which is slow, and a blocked read keeps the
process from ending on a signal. Here the event loop waits until a descriptor is ready, so that a signal ends
the wait. The descriptors stay in blocking mode, since other processes may share them: a pipe that is ready
accepts `PIPE_BUF` bytes without blocking.
"""

from __future__ import annotations

import os
import select
import stat
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import anyio
import anyio.lowlevel

_READ_SIZE = 65_536
_PIPE_BUF = getattr(select, "PIPE_BUF", 512)
_MAX_LINE_BYTES = 16 * 1024 * 1024  # no message of this protocol is longer
_MAX_QUEUED_BYTES = 16 * 1024 * 1024  # of output that the client has not read


class LineTooLongError(ValueError):
    """A line has more bytes than any message of the protocol."""


class LineReader:
    """Reads lines from a file descriptor.

    Args:
        fd: The descriptor.
        remainder: Input that was read from it before.
    """

    def __init__(self, fd: int, remainder: bytes = b"") -> None:
        self._fd, self._remainder = fd, remainder
        self._is_pollable = _is_pollable(fd)

    async def read_batches(self) -> AsyncIterator[list[bytes]]:
        """Read until the end of the input, and yield the lines that arrive together.

        Raises:
            LineTooLongError: A line is too long.
        """
        pieces: list[bytes] = []  # of a line without an end; joined once, since lines may be long
        length = 0
        while chunk := await self._read_chunk():
            *lines, rest = chunk.split(b"\n")
            if lines:
                lines[0] = b"".join([*pieces, lines[0]])
                pieces, length = [], 0
                yield lines
            pieces.append(rest)
            length += len(rest)
            if length > _MAX_LINE_BYTES:
                raise LineTooLongError
        yield [b"".join(pieces)]

    async def _read_chunk(self) -> bytes:
        if self._remainder:
            remainder, self._remainder = self._remainder, b""
            return remainder
        if self._is_pollable:
            await anyio.wait_readable(self._fd)
        else:
            await anyio.lowlevel.checkpoint()
        return os.read(self._fd, _READ_SIZE)


class LineWriter:
    """Writes lines to a file descriptor without waiting; what the client does not read yet is queued.

    Args:
        fd: The descriptor.
        on_closed: Called when nothing can be written any more.
    """

    def __init__(self, fd: int, on_closed: Callable[[], None]) -> None:
        self._fd, self._on_closed = fd, on_closed
        self._is_closed = False
        self._queue: deque[bytes] = deque()
        self._queued_bytes = 0
        self._is_queued, self._is_drained = anyio.Event(), anyio.Event()
        self._poll: select.poll | None = None
        if _is_pollable(fd):
            self._poll = select.poll()
            self._poll.register(fd, select.POLLOUT)

    def write(self, text: str) -> None:
        """Write a line, or queue what the client does not take at once."""
        data = f"{text}\n".encode(errors="replace")  # half characters, as in names of files
        if not self._queue:
            data = self._write_available(data)
        if data and not self._is_closed:
            self._queue.append(data)
            self._queued_bytes += len(data)
            self._is_queued.set()

    async def write_queued(self) -> None:
        """Write what is queued whenever the client is ready for it, until cancelled."""
        while True:
            while self._queue:
                await anyio.wait_writable(self._fd)
                data = self._queue.popleft()
                rest = self._write_available(data)
                self._queued_bytes -= len(data) - len(rest)
                if rest and not self._is_closed:
                    self._queue.appendleft(rest)
            self._is_drained.set()
            self._is_queued = anyio.Event()
            await self._is_queued.wait()

    @property
    def is_congested(self) -> bool:
        """Whether so much is queued that no more requests should be read."""
        return self._queued_bytes > _MAX_QUEUED_BYTES

    def has_reader(self) -> bool:
        """Return whether the output still has a reader; `on_closed` is called where it has none."""
        gone = select.POLLERR | select.POLLHUP | select.POLLNVAL
        states = self._poll.poll(0) if self._poll is not None else []
        if not self._is_closed and any(state & gone for _, state in states):
            self._close()
        return not self._is_closed

    async def drain(self) -> None:
        """Wait until nothing is queued."""
        while self._queue and not self._is_closed:
            self._is_drained = anyio.Event()
            await self._is_drained.wait()

    def _write_available(self, data: bytes) -> bytes:
        """Write as much as is possible without waiting, and return the rest."""
        remaining = memoryview(data)
        try:
            while remaining:
                if self._poll is None:
                    chunk = remaining
                elif self._poll.poll(0):
                    chunk = remaining[:_PIPE_BUF]
                else:
                    return bytes(remaining)
                remaining = remaining[os.write(self._fd, chunk) :]
        except OSError:
            self._close()
        return b""

    def _close(self) -> None:
        self._is_closed = True
        self._is_drained.set()
        self._on_closed()


@contextmanager
def take_standard_streams() -> Iterator[tuple[int, int]]:
    """Yield descriptors of standard input and output; other output goes to standard error meanwhile."""
    in_fd, out_fd = os.dup(0), os.dup(1)
    try:
        with open(os.devnull, "rb") as null_device:  # noqa: PTH123 - opens at once
            os.dup2(null_device.fileno(), 0)
        os.dup2(2, 1)
        yield in_fd, out_fd
    finally:
        os.dup2(in_fd, 0)
        os.dup2(out_fd, 1)
        os.close(in_fd)
        os.close(out_fd)


def _is_pollable(fd: int) -> bool:
    """Return whether the event loop can wait for a descriptor; files are always ready instead."""
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return False
    if stat.S_ISCHR(mode):
        return os.isatty(fd)
    return True

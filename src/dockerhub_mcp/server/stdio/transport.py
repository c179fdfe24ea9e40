"""The stdio transport on plain file descriptors.

The SDK's own reads and writes in worker threads, which is slow and keeps a process from ending on a signal
while a read is blocked. Here the event loop waits until a descriptor is ready, so a signal ends the wait. The
descriptors stay in blocking mode, since other processes may share them: a pipe that is ready takes
`PIPE_BUF` bytes without blocking.
"""

from __future__ import annotations

import json
import logging
import os
import select
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import mcp_types as types
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from dockerhub_mcp.server.stdio.fast_start import Heard

logger = logging.getLogger(__name__)

Inbound = SessionMessage | Exception
Streams = tuple[MemoryObjectReceiveStream[Inbound], MemoryObjectSendStream[SessionMessage]]

_PIPE_BUF = getattr(select, "PIPE_BUF", 512)
_LARGEST = 16 * 1024 * 1024  # bytes of one line; a longer one is no message of this protocol
_GRACE = 30.0  # seconds that calls under way may still take once the input has ended


class _Transport:
    """Lines in, lines out, and the requests that still wait for their answer."""

    def __init__(self, in_fd: int, out_fd: int, heard: Heard) -> None:
        self._in, self._out = in_fd, out_fd
        self._heard = heard
        self._in_waits = _can_wait(in_fd)
        self._out_waits = _can_wait(out_fd)
        self._open: set[str | int] = set()
        self._asked: set[str | int] = (
            set()
        )  # questions to the client, which the end of input leaves unanswered
        self._settled = anyio.Event()
        self._writing = anyio.Lock(fast_acquire=True)

    async def receive(self, inbound: ObjectSendStream[Inbound]) -> None:
        """Read until the input ends, then until everything asked is answered."""
        async with inbound:
            buffer = b""
            await self._catch_up(inbound)
            while chunk := await self._read():
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    await self._take(line, inbound)
                if len(buffer) > _LARGEST:
                    await self._refuse(types.INVALID_REQUEST, "the message is longer than 16 MiB", None)
                    return
            if buffer.strip():
                await self._take(buffer, inbound)
            with anyio.move_on_after(_GRACE):
                while self._open and not self._asked:
                    self._settled = anyio.Event()
                    await self._settled.wait()

    async def send(self, outbound: ObjectReceiveStream[SessionMessage]) -> None:
        """Write until the server has nothing more to say."""
        async with outbound:
            async for message in outbound:
                content = message.message
                if not self._was_answered(content):
                    await self._write(content.model_dump_json(by_alias=True, exclude_unset=True))
                if isinstance(content, types.JSONRPCRequest):
                    self._asked.add(content.id)
                    self._settled.set()
                if isinstance(content, types.JSONRPCResponse | types.JSONRPCError) and content.id is not None:
                    self._close(content.id)

    def _was_answered(self, content: types.JSONRPCMessage) -> bool:
        """Tell whether the client has this answer already; the SDK had to hear the request, too."""
        if not isinstance(content, types.JSONRPCResponse | types.JSONRPCError):
            return False
        if content.id is None or content.id not in self._heard.answered:
            return False
        self._heard.answered.discard(content.id)
        return True

    async def _catch_up(self, inbound: ObjectSendStream[Inbound]) -> None:
        """Have the SDK hear what was dealt with before, and wait until it has."""
        for line in self._heard.lines:
            await self._take(line, inbound)
        with anyio.move_on_after(_GRACE):
            while self._heard.answered and self._open:
                self._settled = anyio.Event()
                await self._settled.wait()

    async def _take(self, line: bytes, inbound: ObjectSendStream[Inbound]) -> None:
        if not line.strip():
            return
        try:
            message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValidationError:
            await self._explain(line)
            return
        if isinstance(message, types.JSONRPCRequest):
            self._open.add(message.id)
        elif isinstance(message, types.JSONRPCResponse | types.JSONRPCError):
            self._asked.discard(message.id or "")
        elif message.method == "notifications/cancelled":
            self._close((message.params or {}).get("requestId"))
        await inbound.send(SessionMessage(message))

    def _close(self, request_id: Any) -> None:
        if isinstance(request_id, str | int):  # a client may write anything there
            self._open.discard(request_id)
        if not self._open:
            self._settled.set()

    async def _explain(self, line: bytes) -> None:
        """Answer a line that is no message, as JSON-RPC wants it: nobody should wait in vain."""
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            await self._refuse(types.PARSE_ERROR, "this line is not JSON", None)
            return
        if isinstance(data, list):
            await self._refuse(types.INVALID_REQUEST, "batches are not part of this protocol", None)
            return
        request_id = data.get("id") if isinstance(data, dict) else None
        usable = (
            request_id if isinstance(request_id, str | int) and not isinstance(request_id, bool) else None
        )
        await self._refuse(types.INVALID_REQUEST, "this is not a JSON-RPC 2.0 message", usable)

    async def _refuse(self, code: int, message: str, request_id: str | int | None) -> None:
        logger.warning("refused a line", extra={"reason": message})
        error = {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}
        await self._write(json.dumps(error))

    async def _read(self) -> bytes:
        if self._heard.rest:
            rest, self._heard.rest = self._heard.rest, b""
            return rest
        if self._in_waits:
            await anyio.wait_readable(self._in)
        else:
            await anyio.lowlevel.checkpoint()
        return os.read(self._in, 65_536)

    async def _write(self, line: str) -> None:
        rest = memoryview(f"{line}\n".encode())
        async with self._writing:
            while rest:
                if self._out_waits and not _is_writable(self._out):
                    await anyio.wait_writable(self._out)
                rest = rest[os.write(self._out, rest[:_PIPE_BUF] if self._out_waits else rest) :]


def _is_writable(fd: int) -> bool:
    """Tell whether there is room already, as nearly always: waiting for it would take a turn of the loop."""
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(0))


def _can_wait(fd: int) -> bool:
    """Tell whether the event loop can wait for a descriptor: not for files, which are always ready."""
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return False
    if stat.S_ISCHR(mode):
        return os.isatty(fd)
    return True


@asynccontextmanager
async def stdio(heard: Heard) -> AsyncIterator[Streams]:
    """Serve on standard input and output; what else is printed goes to standard error.

    What was heard before is taken first.

    The input stream ends when the input has ended and everything asked was answered, or when nobody
    reads the output any more.
    """
    if sys.platform == "win32":  # pragma: no cover - descriptors cannot be waited for there
        async with stdio_server() as streams:
            yield streams  # type: ignore[misc]
        return
    in_fd, out_fd = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as nothing:  # noqa: ASYNC230, PTH123 - a descriptor, opened at once
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    in_send, in_receive = anyio.create_memory_object_stream[Inbound](0)
    out_send, out_receive = anyio.create_memory_object_stream[SessionMessage](0)
    transport = _Transport(in_fd, out_fd, heard)

    async def receive() -> None:
        try:
            await transport.receive(in_send)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            logger.debug("the server stopped listening")

    async def send() -> None:
        try:
            await transport.send(out_receive)
        except OSError:
            logger.warning("nobody reads the output any more")
            tasks.cancel_scope.cancel()

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(receive)
            tasks.start_soon(send)
            yield in_receive, out_send
    finally:
        os.dup2(in_fd, 0)
        os.dup2(out_fd, 1)
        os.close(in_fd)
        os.close(out_fd)

"""The stdio transport on plain file descriptors.

The SDK's own transport reads and writes in worker threads, which is slow, and a blocked read keeps the
process from ending on a signal. Here the event loop waits until a descriptor is ready, so that a signal ends
the wait. The descriptors stay in blocking mode, since other processes may share them: a pipe that is ready
accepts `PIPE_BUF` bytes without blocking.
"""

from __future__ import annotations

import codecs
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

from dockerhub_mcp.server.json_rpc import (
    HalfCharacterError,
    describe_invalid_message,
    is_request_id,
    parse_json,
)
from dockerhub_mcp.server.stdio.fast_start import StartupInput

logger = logging.getLogger(__name__)

InboundMessage = SessionMessage | Exception
MessageStreams = tuple[MemoryObjectReceiveStream[InboundMessage], MemoryObjectSendStream[SessionMessage]]

_PIPE_BUF = getattr(select, "PIPE_BUF", 512)
_MAX_LINE_BYTES = 16 * 1024 * 1024  # no message of this protocol is longer
_GRACE_PERIOD = 30.0  # seconds for calls in progress after the end of the input


class _StdioTransport:
    """Reads and writes lines, and keeps track of requests that are not answered yet."""

    def __init__(self, in_fd: int, out_fd: int, startup_input: StartupInput) -> None:
        self._in_fd, self._out_fd = in_fd, out_fd
        self._startup_input = startup_input
        self._in_is_pollable = _is_pollable(in_fd)
        self._out_is_pollable = _is_pollable(out_fd)
        self._pending_requests: set[str | int] = set()
        # Requests to the client, which it cannot answer after the end of the input.
        self._pending_client_requests: set[str | int] = set()
        self._pending_changed = anyio.Event()
        self._write_lock = anyio.Lock(fast_acquire=True)

    async def read_messages(self, inbound: ObjectSendStream[InboundMessage]) -> None:
        """Read until the input ends, then wait until all requests are answered."""
        async with inbound:
            pieces: list[bytes] = []  # of a line without an end; joined once, since lines may be long
            length = 0
            await self._replay_startup_input(inbound)
            while chunk := await self._read_chunk():
                *lines, rest = chunk.split(b"\n")
                if lines:
                    lines[0] = b"".join([*pieces, lines[0]])
                    pieces, length = [], 0
                pieces.append(rest)
                length += len(rest)
                for line in lines:
                    await self._dispatch_line(line, inbound)
                if length > _MAX_LINE_BYTES:
                    await self._send_error(types.INVALID_REQUEST, "the message is longer than 16 MiB", None)
                    return
            await self._dispatch_line(b"".join(pieces), inbound)
            with anyio.move_on_after(_GRACE_PERIOD):
                while self._pending_requests and not self._pending_client_requests:
                    self._pending_changed = anyio.Event()
                    await self._pending_changed.wait()

    async def write_messages(self, outbound: ObjectReceiveStream[SessionMessage]) -> None:
        """Write messages until the server closes the stream."""
        async with outbound:
            async for message in outbound:
                content = message.message
                if not self._is_already_answered(content):
                    await self._write_line(content.model_dump_json(by_alias=True, exclude_unset=True))
                if isinstance(content, types.JSONRPCRequest):
                    self._pending_client_requests.add(content.id)
                    self._pending_changed.set()
                if isinstance(content, types.JSONRPCResponse | types.JSONRPCError) and content.id is not None:
                    self._complete_request(content.id)

    def _is_already_answered(self, message: types.JSONRPCMessage) -> bool:
        """Return whether the fast start answered this request; the SDK received it again."""
        if not isinstance(message, types.JSONRPCResponse | types.JSONRPCError):
            return False
        if message.id is None or message.id not in self._startup_input.answered_ids:
            return False
        self._startup_input.answered_ids.discard(message.id)
        return True

    async def _replay_startup_input(self, inbound: ObjectSendStream[InboundMessage]) -> None:
        """Send the SDK the messages that the fast start handled, and wait until it has processed them."""
        for line in self._startup_input.lines:
            await self._dispatch_line(line, inbound)
        with anyio.move_on_after(_GRACE_PERIOD):
            while self._startup_input.answered_ids and self._pending_requests:
                self._pending_changed = anyio.Event()
                await self._pending_changed.wait()

    async def _dispatch_line(self, line: bytes, inbound: ObjectSendStream[InboundMessage]) -> None:
        if not line.strip():
            return
        try:
            message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValidationError:
            await self._reject_invalid_line(line)
            return
        if isinstance(message, types.JSONRPCRequest):
            self._pending_requests.add(message.id)
        elif isinstance(message, types.JSONRPCResponse | types.JSONRPCError):
            self._pending_client_requests.discard(message.id or "")
        elif _has_id(line):
            await self._reject_invalid_line(line)  # the SDK takes a request with an invalid id for this
            return
        elif message.method == "notifications/cancelled":
            self._complete_request((message.params or {}).get("requestId"))
        await inbound.send(SessionMessage(message))

    def _complete_request(self, request_id: Any) -> None:
        if isinstance(request_id, str | int):  # the value comes from the client unvalidated
            self._pending_requests.discard(request_id)
        if not self._pending_requests:
            self._pending_changed.set()

    async def _reject_invalid_line(self, line: bytes) -> None:
        """Respond to a line that is no message with an error, as JSON-RPC requires."""
        try:
            data = parse_json(line)
        except HalfCharacterError as error:
            reason = f"this line is no valid JSON: {error}"
            await self._send_error(types.PARSE_ERROR, reason, error.request_id)
            return
        except (ValueError, RecursionError):
            has_mark = line.startswith(codecs.BOM_UTF8)
            reason = "it begins with a byte order mark" if has_mark else "messages are JSON in UTF-8"
            await self._send_error(types.PARSE_ERROR, f"this line is not JSON: {reason}", None)
            return
        request_id = data.get("id") if isinstance(data, dict) else None
        await self._send_error(
            types.INVALID_REQUEST,
            describe_invalid_message(data),
            request_id if is_request_id(request_id) else None,
        )

    async def _send_error(self, code: int, message: str, request_id: str | int | None) -> None:
        logger.warning("refused a line", extra={"reason": message})
        error = {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}
        await self._write_line(json.dumps(error))

    async def _read_chunk(self) -> bytes:
        if self._startup_input.remainder:
            remainder, self._startup_input.remainder = self._startup_input.remainder, b""
            return remainder
        if self._in_is_pollable:
            await anyio.wait_readable(self._in_fd)
        else:
            await anyio.lowlevel.checkpoint()
        return os.read(self._in_fd, 65_536)

    async def _write_line(self, line: str) -> None:
        remaining = memoryview(f"{line}\n".encode())
        async with self._write_lock:
            while remaining:
                if self._out_is_pollable and not _is_writable(self._out_fd):
                    await anyio.wait_writable(self._out_fd)
                chunk = remaining[:_PIPE_BUF] if self._out_is_pollable else remaining
                remaining = remaining[os.write(self._out_fd, chunk) :]


def _has_id(line: bytes) -> bool:
    """Return whether a valid message has an id."""
    try:
        return "id" in json.loads(line)
    except (ValueError, RecursionError):  # a number of thousands of digits, or deep nesting
        return False


def _is_writable(fd: int) -> bool:
    """Return whether a write will not block, which saves a turn of the event loop in nearly all cases."""
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(0))


def _is_pollable(fd: int) -> bool:
    """Return whether the event loop can wait for a descriptor; files are always ready instead."""
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return False
    if stat.S_ISCHR(mode):
        return os.isatty(fd)
    return True


@asynccontextmanager
async def open_stdio_streams(startup_input: StartupInput) -> AsyncIterator[MessageStreams]:
    """Open message streams on standard input and output; other output goes to standard error meanwhile.

    The input stream begins with the input that the fast start read. It ends when the input has ended and all
    requests are answered, or when the output is closed.
    """
    if sys.platform == "win32":  # pragma: no cover - its event loop cannot wait for descriptors
        async with stdio_server() as streams:
            yield streams  # type: ignore[misc]
        return
    in_fd, out_fd = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as null_device:  # noqa: ASYNC230, PTH123 - opens at once
        os.dup2(null_device.fileno(), 0)
    os.dup2(2, 1)
    in_send, in_receive = anyio.create_memory_object_stream[InboundMessage](0)
    out_send, out_receive = anyio.create_memory_object_stream[SessionMessage](0)
    transport = _StdioTransport(in_fd, out_fd, startup_input)

    async def read_input() -> None:
        try:
            await transport.read_messages(in_send)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            logger.debug("the server stopped listening")
        except OSError:  # it writes too: errors about lines that are no messages
            stop_without_output()

    async def write_output() -> None:
        try:
            await transport.write_messages(out_receive)
        except OSError:
            stop_without_output()

    def stop_without_output() -> None:
        logger.warning("standard output is closed")
        tasks.cancel_scope.cancel()

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read_input)
            tasks.start_soon(write_output)
            yield in_receive, out_send
    finally:
        os.dup2(in_fd, 0)
        os.dup2(out_fd, 1)
        os.close(in_fd)
        os.close(out_fd)

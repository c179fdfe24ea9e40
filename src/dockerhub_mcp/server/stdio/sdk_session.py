"""A session of the SDK over stdio, for the messages that are not plain requests."""

from __future__ import annotations

import codecs
import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import mcp_types as types
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from mcp.server.lowlevel import Server
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from dockerhub_mcp.server.json_rpc import (
    HalfCharacterError,
    describe_invalid_message,
    is_request_id,
    parse_json,
)
from dockerhub_mcp.server.stdio.pending import PendingRequests
from dockerhub_mcp.server.stdio.session import REPLAY_ID
from dockerhub_mcp.server.telemetry.instrumentation import ReplayedMessage

logger = logging.getLogger(__name__)

_REPLAY_TIMEOUT = 30.0  # seconds


class SDKSession:
    """Passes lines to a server of the SDK, and writes what it sends.

    Args:
        server: The server.
        pending: The requests without a response.
        write_line: Writes a line to the client.
        on_initialized: Called with the protocol version that a handshake has agreed on.
    """

    def __init__(
        self,
        server: Server[Any],
        pending: PendingRequests,
        write_line: Callable[[str], None],
        on_initialized: Callable[[str], None],
    ) -> None:
        self._server, self._pending = server, pending
        self._write_line, self._on_initialized = write_line, on_initialized
        self._handshake_ids: set[str | int] = set()
        self._is_replayed = anyio.Event()

    async def run(self, lines: ObjectReceiveStream[bytes], replayed: Sequence[dict[str, Any]] = ()) -> None:
        """Pass lines to the server until there are no more.

        Args:
            lines: The lines.
            replayed: Messages that the client sent before and that were answered without the SDK; its
                responses to them are dropped.
        """
        in_send, in_receive = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        out_send, out_receive = anyio.create_memory_object_stream[SessionMessage](0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._write_messages, out_receive)
            with in_receive, out_send:  # the tasks end with the server
                async with anyio.create_task_group() as passing:
                    passing.start_soon(self._pass_lines, lines, in_send, replayed)
                    await self._server.run(in_receive, out_send, self._server.create_initialization_options())
                    passing.cancel_scope.cancel()

    async def _pass_lines(
        self,
        lines: ObjectReceiveStream[bytes],
        inbound: ObjectSendStream[SessionMessage | Exception],
        replayed: Sequence[dict[str, Any]],
    ) -> None:
        async with inbound, lines:
            try:
                await self._replay(inbound, replayed)
                async for line in lines:
                    try:
                        await self._pass_line(line, inbound)
                    finally:
                        self._pending.complete_line()
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                logger.debug("the server stopped listening")

    async def _replay(
        self, inbound: ObjectSendStream[SessionMessage | Exception], messages: Sequence[dict[str, Any]]
    ) -> None:
        """Send messages that were answered before, and wait until the server has processed them."""
        if not messages:
            self._is_replayed.set()
            return
        for data in messages:
            message = types.jsonrpc_message_adapter.validate_python(data, by_name=False)
            metadata = ServerMessageMetadata(request_context=ReplayedMessage())
            await inbound.send(SessionMessage(message, metadata))
        with anyio.move_on_after(_REPLAY_TIMEOUT):
            await self._is_replayed.wait()

    async def _pass_line(self, line: bytes, inbound: ObjectSendStream[SessionMessage | Exception]) -> None:
        try:
            message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValidationError:
            self._reject_invalid_line(line)
            return
        if isinstance(message, types.JSONRPCRequest):
            self._pending.add(message.id)
            if message.method == "initialize":
                self._handshake_ids.add(message.id)
        elif isinstance(message, types.JSONRPCResponse | types.JSONRPCError):
            self._pending.complete_client_request(message.id)
        elif _has_id(line):
            self._reject_invalid_line(line)  # the SDK takes a request with an invalid id for this
            return
        elif message.method == "notifications/cancelled":
            self._pending.complete((message.params or {}).get("requestId"))
        await inbound.send(SessionMessage(message))

    async def _write_messages(self, outbound: ObjectReceiveStream[SessionMessage]) -> None:
        async with outbound:
            async for message in outbound:
                content = message.message
                if isinstance(content, types.JSONRPCResponse | types.JSONRPCError):
                    if content.id == REPLAY_ID and not self._is_replayed.is_set():
                        self._is_replayed.set()
                        continue
                    self._note_handshake(content)
                self._write_line(_serialize(content))
                if isinstance(content, types.JSONRPCRequest):
                    asked_by = getattr(message.metadata, "related_request_id", None)
                    self._pending.add_client_request(content.id, asked_by)
                elif isinstance(content, types.JSONRPCResponse | types.JSONRPCError):
                    self._pending.complete(content.id)

    def _note_handshake(self, message: types.JSONRPCResponse | types.JSONRPCError) -> None:
        if message.id is None or message.id not in self._handshake_ids:
            return
        self._handshake_ids.discard(message.id)
        result = message.result if isinstance(message, types.JSONRPCResponse) else {}
        version = result.get("protocolVersion")
        if isinstance(version, str):
            self._on_initialized(version)

    def _reject_invalid_line(self, line: bytes) -> None:
        """Respond to a line that is no message with an error, as JSON-RPC requires."""
        try:
            data = parse_json(line)
        except HalfCharacterError as error:
            reason = f"this line is no valid JSON: {error}"
            self._send_error(types.PARSE_ERROR, reason, error.request_id)
            return
        except (ValueError, RecursionError):
            has_mark = line.startswith(codecs.BOM_UTF8)
            reason = "it begins with a byte order mark" if has_mark else "messages are JSON in UTF-8"
            self._send_error(types.PARSE_ERROR, f"this line is not JSON: {reason}", None)
            return
        request_id = data.get("id") if isinstance(data, dict) else None
        self._send_error(
            types.INVALID_REQUEST,
            describe_invalid_message(data),
            request_id if is_request_id(request_id) else None,
        )

    def _send_error(self, code: int, message: str, request_id: str | int | None) -> None:
        logger.warning("refused a line", extra={"reason": message})
        error = {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}
        self._write_line(json.dumps(error))


def _serialize(message: types.JSONRPCMessage) -> str:
    """Return the JSON text of a message of the server."""
    try:
        return message.model_dump_json(by_alias=True, exclude_unset=True)
    except PydanticSerializationError:  # a text has half a character
        data = message.model_dump(mode="python", by_alias=True, exclude_unset=True)
        return json.dumps(data, ensure_ascii=False)


def _has_id(line: bytes) -> bool:
    """Return whether a valid message has an id."""
    try:
        return "id" in json.loads(line)
    except (ValueError, RecursionError):  # a number of thousands of digits, or deep nesting
        return False

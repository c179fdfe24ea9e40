"""Serve the client over stdio: plain requests at once, everything else through a session of the SDK.

The SDK is loaded when the first message needs it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio

from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.plain.dispatcher import Origin, PlainCall, PlainDispatcher
from dockerhub_mcp.server.plain.requests import LEGACY, PlainRequest, is_plain_notification
from dockerhub_mcp.server.plain.responses import PlainResponse, build_internal_error
from dockerhub_mcp.server.protocol import CANCELLED, INITIALIZED
from dockerhub_mcp.server.stdio.lines import LineReader, LineTooLongError, LineWriter
from dockerhub_mcp.server.stdio.sdk_channel import SDKChannel
from dockerhub_mcp.server.stdio.session import StdioSession
from dockerhub_mcp.tools.request_context import RequestState

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

logger = logging.getLogger(__name__)

_GRACE_PERIOD = 30.0  # seconds for calls in progress after the end of the input
_CANCEL_TIMEOUT = 1.0  # seconds for calls that are cancelled to end
_TOO_LONG = (
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"the message is longer than 16 MiB"}}'
)


class StdioConnection:
    """The connection to one client.

    Args:
        context: The tools, and the context that they run with.
        dispatcher: Answers plain requests.
        session: The state of the connection.
        build_server: Loads the SDK and builds the server for all other messages.
        reader: Reads the lines of the client.
        out_fd: The descriptor to write to.
    """

    def __init__(
        self,
        context: RequestContext,
        dispatcher: PlainDispatcher,
        session: StdioSession,
        build_server: Callable[[], Server[Any]],
        *,
        reader: LineReader,
        out_fd: int,
    ) -> None:
        self._context, self._dispatcher, self._session = context, dispatcher, session
        self._reader = reader
        self._writer = LineWriter(out_fd, self._stop_without_output)
        self._sdk = SDKChannel(session, build_server, self._writer.write, self._record_handshake)
        self._calls: dict[asyncio.Task[None], anyio.CancelScope] = {}
        self._scopes: dict[str | int, anyio.CancelScope] = {}  # of the calls, by their ids
        self._tasks: anyio.abc.TaskGroup | None = None

    async def serve(self) -> None:
        """Serve until the input has ended and all requests are answered, or until the output is closed."""
        try:
            async with anyio.create_task_group() as self._tasks:
                self._tasks.start_soon(self._writer.write_queued)
                self._tasks.start_soon(self._sdk.run)
                await self._read_lines()
                with anyio.move_on_after(_GRACE_PERIOD):
                    await self._wait_until_answered()
                with anyio.move_on_after(_GRACE_PERIOD):
                    await self._sdk.finish()
                    await self._writer.drain()
                self._tasks.cancel_scope.cancel()
        finally:
            await self._cancel_calls()
            self._sdk.close()

    async def _read_lines(self) -> None:
        try:
            async for lines in self._reader.read_batches():
                for line in lines:
                    if line.strip():
                        await self._serve_line(line)
                    if self._writer.is_congested:
                        await self._writer.drain()
        except LineTooLongError:
            self._writer.write(_TOO_LONG)

    async def _serve_line(self, line: bytes) -> None:
        message = self._session.parse_message(line)
        if message is not None:
            request = self._session.parse_request(message)
            if request is not None and self._can_answer(request):
                self._session.record_request(request)
                self._answer(request)
                return
            if is_plain_notification(message):
                self._handle_notification(message)
                if not self._sdk.is_used:
                    return
            self._session.record_passed_message(message)
        if self._sdk.is_used or self._writer.has_reader():  # before the SDK is loaded for nothing
            await self._sdk.send(line)

    def _can_answer(self, request: PlainRequest) -> bool:
        """Return whether a request needs no SDK; a session of it must see the first request."""
        if self._sdk.is_used and not self._session.generation:
            return False
        return self._dispatcher.accepts(request, self._context)

    def _answer(self, request: PlainRequest) -> None:
        state = RequestState()
        response: PlainResponse | PlainCall
        try:
            response = self._dispatcher.begin(request, Origin(self._context, state))
        except Exception:  # such as that of an observer
            logger.exception("a request failed", extra={"request_id": state.id})
            response = build_internal_error(state.id)
        if isinstance(response, PlainResponse):
            self._writer.write(response.to_json(request.id))
            return
        scope = anyio.CancelScope()
        self._scopes[_normalize_id(request.id)] = scope
        task = asyncio.get_running_loop().create_task(self._run_call(response, scope, state))
        self._calls[task] = scope
        task.add_done_callback(self._calls.pop)

    async def _run_call(self, call: PlainCall, scope: anyio.CancelScope, state: RequestState) -> None:
        request_id = call.request.id
        try:
            with scope:
                response = await call.run(self._send_notification)
                self._writer.write(response.to_json(request_id))
        except (Exception, asyncio.CancelledError):  # of an observer; or a library cancelled the call
            logger.exception("a request failed", extra={"request_id": state.id})
            self._writer.write(build_internal_error(state.id).to_json(request_id))
        finally:
            key = _normalize_id(request_id)
            if self._scopes.get(key) is scope:  # not that of a later request with the same id
                del self._scopes[key]

    async def _send_notification(self, text: str) -> None:
        self._writer.write(text)

    def _handle_notification(self, message: dict[str, Any]) -> None:
        method, params = message["method"], message.get("params", {})
        if method == INITIALIZED and self._session.version:
            self._session.record_initialized()
        elif method == CANCELLED and (scope := self._scopes.get(_normalize_id(params.get("requestId")))):
            scope.cancel()
        if not self._sdk.is_used:
            self._dispatcher.observe_notification(
                method, params, RequestState(), self._session.spoken_version
            )

    def _record_handshake(self, version: str) -> None:
        self._session.generation, self._session.version = LEGACY, version

    async def _wait_until_answered(self) -> None:
        if self._calls:
            await asyncio.wait(self._calls)
        await self._sdk.pending.wait_until_answered()

    async def _cancel_calls(self) -> None:
        for scope in self._calls.values():
            scope.cancel()
        if self._calls:
            with anyio.move_on_after(_CANCEL_TIMEOUT, shield=True):
                await asyncio.wait(self._calls)

    def _stop_without_output(self) -> None:
        logger.warning("standard output is closed")
        if self._tasks is not None:
            self._tasks.cancel_scope.cancel()


def _normalize_id(request_id: Any) -> str | int:
    """Return the key of a request id: like the SDK, take the text of a number for the number."""
    if isinstance(request_id, str):
        try:
            return int(request_id)
        except ValueError:
            return request_id
    return request_id if isinstance(request_id, int) and not isinstance(request_id, bool) else ""

"""Send the responses to plain requests as the SDK sends its own: the same statuses, headers and events."""

from __future__ import annotations

import asyncio
import time

from starlette.types import Receive, Send

from dockerhub_mcp.server.http.runtime.connection_limit import ConnectionState
from dockerhub_mcp.server.plain.dispatcher import PlainCall
from dockerhub_mcp.server.plain.requests import LEGACY, PlainRequest
from dockerhub_mcp.server.plain.responses import PlainResponse
from dockerhub_mcp.server.protocol import STATUS_BY_ERROR_CODE

PING_INTERVAL = 15.0
"""Seconds without an event after which a stream begins, or a comment keeps one open."""
QUICK_CALL_SECONDS = 0.2
"""Seconds within which most calls end; until then, nothing is sent and no further task runs."""

_STREAM_HEADERS = [
    (b"cache-control", b"no-cache, no-transform"),
    (b"connection", b"keep-alive"),
    (b"content-type", b"text/event-stream"),
    (b"x-accel-buffering", b"no"),
]
_PING = b": ping\r\n\r\n"


async def send_plain_response(
    send: Send, request: PlainRequest, response: PlainResponse, connection: ConnectionState | None
) -> None:
    """Send a whole response: JSON for 2026-07-28, otherwise a stream with one event.

    Args:
        send: Sends the parts of the response.
        request: The request.
        response: The response.
        connection: The connection, which sends the parts of a stream together; None if there is no such.
    """
    text = response.to_json(request.id)
    if request.generation == LEGACY:
        if connection is not None:
            connection.coalesces_response = True
        await send({"type": "http.response.start", "status": 200, "headers": _STREAM_HEADERS})
        await send({"type": "http.response.body", "body": _format_event(text)})
        return
    body = text.encode()
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
    status = STATUS_BY_ERROR_CODE.get(response.error_code, 200)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class PlainExchange:
    """Runs one call and sends its response; cancels the call if the client disconnects.

    A quick call without notifications gets a whole response. Otherwise a stream begins with the first
    notification: for 2026-07-28 at the latest after `PING_INTERVAL`, for earlier versions as soon as the call
    is not a quick one, because their clients expect a stream from the start.

    Args:
        call: The call.
        receive: Receives the body, and the disconnection of the client.
        send: Sends the response.
        connection: The connection, as for `send_plain_response`; it also reports that it is lost.
    """

    def __init__(
        self, call: PlainCall, receive: Receive, send: Send, connection: ConnectionState | None
    ) -> None:
        self._call, self._receive, self._send, self._connection = call, receive, send, connection
        self._lock = asyncio.Lock()  # of the stream
        self._streams = self._is_disconnected = False
        self._sent_at = time.monotonic()
        self._helpers: list[asyncio.Task[None]] = []
        self._task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Run the call until its response is sent, or the client has disconnected."""
        loop = asyncio.get_running_loop()
        self._task = asyncio.current_task(loop)
        timer = loop.call_later(QUICK_CALL_SECONDS, self._start_helpers)
        connection = self._connection
        if connection is not None:
            connection.on_disconnect = self._cancel
        try:
            response = await self._call.run(self._send_notification)
        except asyncio.CancelledError:
            if self._is_disconnected and self._task is not None and not self._task.uncancel():
                return
            raise
        finally:
            if connection is not None:
                connection.on_disconnect = None
            timer.cancel()
            for helper in self._helpers:
                helper.cancel()
        async with self._lock:
            if not self._streams:
                await send_plain_response(self._send, self._call.request, response, self._connection)
                return
            event = _format_event(response.to_json(self._call.request.id))
            await self._send({"type": "http.response.body", "body": event})

    def _start_helpers(self) -> None:
        self._helpers = [
            asyncio.create_task(self._wait_for_disconnect()),
            asyncio.create_task(self._keep_stream_open()),
        ]

    async def _wait_for_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._cancel()

    def _cancel(self) -> None:
        if self._task is not None and not self._is_disconnected:
            self._is_disconnected = True
            self._task.cancel()

    async def _keep_stream_open(self) -> None:
        if self._call.request.generation == LEGACY:
            async with self._lock:
                await self._start_stream()
        while True:
            idle = time.monotonic() - self._sent_at
            if idle < PING_INTERVAL:
                await asyncio.sleep(PING_INTERVAL - idle)
            else:
                await self._send_event(_PING)

    async def _send_notification(self, text: str) -> None:
        await self._send_event(_format_event(text))

    async def _send_event(self, event: bytes) -> None:
        async with self._lock:
            await self._start_stream()
            await self._send({"type": "http.response.body", "body": event, "more_body": True})
            self._sent_at = time.monotonic()

    async def _start_stream(self) -> None:
        if not self._streams:
            await self._send({"type": "http.response.start", "status": 200, "headers": _STREAM_HEADERS})
            self._streams = True


def _format_event(text: str) -> bytes:
    return f"event: message\r\ndata: {text}\r\n\r\n".encode()

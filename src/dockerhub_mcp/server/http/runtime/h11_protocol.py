"""Extend uvicorn's HTTP/1.1 protocol with the timeouts and limits that it lacks."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from typing import Any, cast

import h11
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol, RequestResponseCycle

from dockerhub_mcp.server.http.middleware.rejections import log_rejection
from dockerhub_mcp.server.http.responses import HTTPRejection
from dockerhub_mcp.server.http.runtime.connection_limit import Admission, ConnectionLimiter, ConnectionState
from dockerhub_mcp.server.http.scope_keys import CONNECTION_KEY

logger = logging.getLogger(__name__)

MAX_HEAD_BYTES = 32 * 1024  # of the request line and all headers
_CHUNK_SIZE = 4 * 1024
_REJECTED_HEAD_TIMEOUT = 1.0  # seconds for a rejected client to send a request and learn why
_SURPLUS_KEEP_ALIVE = 1.0  # seconds that an idle connection of a caller with too many is kept


class UvicornConfig(uvicorn.Config):
    """uvicorn's configuration, with the timeouts and limits of `HTTPProtocol`.

    Args:
        app: The ASGI application.
        header_timeout: Seconds for a client to send a request's headers.
        write_timeout: Seconds in which a client must read at least part of its response.
        keep_alive: Seconds for which an idle connection is kept.
        connection_limiter: Decides which connections are accepted.
        options: Options of `uvicorn.Config`.
    """

    def __init__(
        self,
        app: Any,
        *,
        header_timeout: float,
        write_timeout: float,
        keep_alive: float,
        connection_limiter: ConnectionLimiter,
        **options: Any,
    ) -> None:
        super().__init__(app, http=HTTPProtocol, h11_max_incomplete_event_size=MAX_HEAD_BYTES, **options)
        self.header_timeout = header_timeout
        self.write_timeout = write_timeout
        self.keep_alive = keep_alive
        self.connection_limiter = connection_limiter


def _reject_with(status: int, message: str) -> ASGIApp:
    rejection = HTTPRejection(status, message, {"retry-after": "5", "connection": "close"})

    async def reject(scope: Scope, _: Receive, send: Send) -> None:
        log_rejection(rejection, scope)
        await rejection.send_response(send)

    return reject


_REJECTIONS = {
    Admission.REJECT_ADDRESS: _reject_with(
        429,
        "This address has too many connections over which no accepted request came; close some, or "
        "authenticate. Behind a proxy, its owner must name it in --forwarded-allow-ips.",
    ),
    Admission.REJECT_TOTAL: _reject_with(503, "The server has too many connections; try again later."),
}


class _CoalescingConnection(h11.Connection):
    """Sends the headers of a response together with its body, in one packet instead of two or three.

    Headers without a Content-Length start a stream and are sent at once, because the client may wait for
    them, unless the application announces that all of the stream follows.

    Attributes:
        state: The connection, once it is made.
    """

    state: ConnectionState | None = None
    _pending = b""

    def send(self, event: h11.Event) -> bytes:  # type: ignore[override]
        """Return the bytes to write now; the beginning of a response is kept back if the rest follows."""
        output = self._pending + (super().send(event) or b"")
        if self._has_more(event):
            self._pending = output
            return b""
        self._pending = b""
        return output

    def _has_more(self, event: h11.Event) -> bool:
        """Return whether more of the response follows immediately."""
        if self.state is not None and self.state.coalesces_response:
            self.state.coalesces_response = not isinstance(event, h11.EndOfMessage)
            return self.state.coalesces_response
        return isinstance(event, h11.Response) and any(name == b"content-length" for name, _ in event.headers)


class HTTPProtocol(H11Protocol):
    """One connection, with protection against slow clients.

    A client must send a request's headers in time, even if it sends a byte now and then, and the rest of a
    body that was answered early; and it must read its responses. Waiting for the next request is subject to
    uvicorn's keep-alive timeout, waiting for a body to the application's.
    """

    config: UvicornConfig

    def __init__(self, config: UvicornConfig, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        self.conn: _CoalescingConnection = _CoalescingConnection(h11.SERVER, MAX_HEAD_BYTES)
        # uvicorn accepts whole seconds only, which are too long for tests.
        self.timeout_keep_alive = config.keep_alive  # type: ignore[assignment]
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._unsent_bytes = 0
        self._connection: ConnectionState | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a request is being received or processed, or its response still being written."""
        if self.pending_cycle or self._has_partial_head():
            return True
        return self.transport.get_write_buffer_size() > 0

    @property
    def pending_cycle(self) -> RequestResponseCycle | None:
        """The current request, if its response is not complete."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return None if cycle is None or cycle.response_complete else cycle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timers, and reject the connection if there are too many."""
        peer = transport.get_extra_info("peername")
        address = peer[0].removeprefix("::ffff:") if isinstance(peer, tuple) else ""
        self._connection = self.conn.state = connection = self.config.connection_limiter.open(address)
        super().connection_made(transport)
        self.app_state = {**self.app_state, CONNECTION_KEY: connection}
        connection.on_surplus, connection.has_whole_body = self._shorten_keep_alive, self._has_whole_body
        if connection.admission is Admission.ABORT:
            transport.abort()
            return
        if rejection := _REJECTIONS.get(connection.admission):
            self.app = rejection
        if self.client is not None and "." in self.client[0]:
            # A dual-stack socket reports IPv4 clients as IPv6, which trusted proxies are not listed as.
            self.client = (self.client[0].removeprefix("::ffff:"), self.client[1])
        is_rejected = connection.admission is not Admission.ACCEPT
        self._start_head_timer(_REJECTED_HEAD_TIMEOUT if is_rejected else self.config.header_timeout)
        self._write_timer = self.loop.call_later(self.config.write_timeout, self._check_write_progress)

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timers."""
        self._cancel_head_timer()
        if self._write_timer is not None:
            self._write_timer.cancel()
        if self._connection is not None:
            self._connection.on_surplus = self._connection.has_whole_body = None
            self._connection.close()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Receive data; headers in small chunks, because h11 limits only the size of incomplete ones."""
        while data and self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            super().data_received(data[:_CHUNK_SIZE])
            data = data[_CHUNK_SIZE:]
        if data and not self.transport.is_closing():
            super().data_received(data)
        self._update_head_timer()
        # uvicorn cancels its keep-alive timer for any data, even the rest of a request answered early.
        if self._is_idle() and self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def handle_events(self) -> None:
        """Start the requests that arrived, each in a context of its own.

        Callbacks of a connection run in the context of the request that resumed reading, or that was answered
        last: the next request, which may be another client's behind a proxy, must not inherit it.
        """
        contextvars.Context().run(super().handle_events)

    def resume_writing(self) -> None:
        """Continue writing: the client has read most of the buffer."""
        self._unsent_bytes = 0
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Continue with the next request, part of which may have arrived."""
        super().on_response_complete()
        self._update_head_timer()

    def send_400_response(self, msg: str) -> None:
        """Reject data that is not HTTP, or headers that are too long."""
        if not self.pending_cycle and len(self.conn.trailing_data[0]) > MAX_HEAD_BYTES:
            self._reject_request(431, f"The request headers are longer than {MAX_HEAD_BYTES // 1024} KiB.")
        else:
            self._reject_request(400, msg)

    def _has_partial_head(self) -> bool:
        return self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])

    def _has_whole_body(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.more_body

    def _has_unread_body(self) -> bool:
        """Return whether a request was answered before all of it arrived."""
        return self.conn.their_state is h11.SEND_BODY and self.pending_cycle is None

    def _is_idle(self) -> bool:
        if self.transport.is_closing() or self.pending_cycle:
            return False
        return self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]

    def _update_head_timer(self) -> None:
        if self.transport.is_closing() or not (self._has_partial_head() or self._has_unread_body()):
            self._cancel_head_timer()
        elif self._head_timer is None:
            self._start_head_timer(self.config.header_timeout)

    def _start_head_timer(self, seconds: float) -> None:
        self._head_timer = self.loop.call_later(seconds, self._on_head_timeout)

    def _shorten_keep_alive(self) -> None:
        self.timeout_keep_alive = min(_SURPLUS_KEEP_ALIVE, self.config.keep_alive)  # type: ignore[assignment]

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _on_head_timeout(self) -> None:
        self._head_timer = None
        if self._has_partial_head():
            self._reject_request(408, "The request headers did not arrive in time.")
        else:
            self.transport.close()

    def _check_write_progress(self) -> None:
        """Abort the connection if the client has read nothing of its response since the last check."""
        unsent_bytes = self.transport.get_write_buffer_size()
        if 0 < self._unsent_bytes <= unsent_bytes:
            self.transport.abort()
            return
        self._unsent_bytes = unsent_bytes
        self._write_timer = self.loop.call_later(self.config.write_timeout, self._check_write_progress)

    def _reject_request(self, status: int, text: str) -> None:
        """Send an error and close; an application that is processing the request sees a disconnect."""
        if cycle := self.pending_cycle:
            cycle.disconnected = True
            cycle.message_event.set()
        address = self.client[0] if self.client else ""
        fields = {"status": status, "address": address, "reason": text}
        # A timer runs in the context of the request that was answered last.
        contextvars.Context().run(logger.info, "rejected", extra=fields)
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            body = text.encode()
            headers = [
                *self.server_state.default_headers,
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", str(len(body)).encode()),
                (b"connection", b"close"),
            ]
            for event in (
                h11.Response(status_code=status, headers=headers, reason=STATUS_PHRASES[status]),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event))
        self.transport.close()

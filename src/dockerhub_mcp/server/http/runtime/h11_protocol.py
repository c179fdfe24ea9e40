"""HTTP/1.1 as uvicorn speaks it, with the deadlines and limits that it lacks."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol, RequestResponseCycle

MAX_HEAD_BYTES = 32 * 1024  # bytes of a request line and its headers
_CHUNK_SIZE = 4 * 1024


class UvicornConfig(uvicorn.Config):
    """Settings of uvicorn and those of the protocol below."""

    def __init__(
        self,
        app: Any,
        *,
        header_timeout: float,
        write_timeout: float,
        keep_alive: float,
        max_connections: int,
        **options: Any,
    ) -> None:
        super().__init__(app, http=HTTPProtocol, h11_max_incomplete_event_size=MAX_HEAD_BYTES, **options)
        self.header_timeout = header_timeout
        self.write_timeout = write_timeout
        self.keep_alive = keep_alive
        self.max_connections = max_connections


class _CoalescingConnection(h11.Connection):
    """Keeps the head of an answer until its body comes where that follows at once: a packet instead of two.

    A head without the length of a body begins a stream, whose client may wait for the head alone.
    """

    _pending_head = b""

    def send(self, event: h11.Event) -> bytes | None:  # type: ignore[override]
        """Return what is to be sent now."""
        output = super().send(event) or b""
        if isinstance(event, h11.Response) and any(name == b"content-length" for name, _ in event.headers):
            self._pending_head = output
            return b""
        output, self._pending_head = self._pending_head + output, b""
        return output


class HTTPProtocol(H11Protocol):
    """One connection.

    The head of a request must be there in time, whether nothing comes or a drop now and then; so must the
    rest of a body that was answered already, and the client must take its answers. Waiting for the next
    request is uvicorn's keep-alive, waiting for a body is the application's business.
    """

    config: UvicornConfig

    def __init__(self, config: UvicornConfig, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        self.conn = _CoalescingConnection(h11.SERVER, MAX_HEAD_BYTES)
        # uvicorn has whole seconds for it, which a test cannot wait for.
        self.timeout_keep_alive = config.keep_alive  # type: ignore[assignment]
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._unsent_bytes = 0

    @property
    def is_busy(self) -> bool:
        """Tell whether a request is being received or answered, or its answer still being sent."""
        if self.pending_cycle or self._has_partial_head():
            return True
        return self.transport.get_write_buffer_size() > 0

    @property
    def pending_cycle(self) -> RequestResponseCycle | None:
        """Return the exchange whose answer is not complete."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return None if cycle is None or cycle.response_complete else cycle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock, and turn this one away if it is one too many."""
        super().connection_made(transport)
        # uvicorn's own limit would turn everybody away as soon as one too many is there.
        self.limit_concurrency = 0 if len(self.connections) > self.config.max_connections else None
        if self.client is not None and "." in self.client[0]:
            # A socket for IPv6 that takes IPv4 too shows it like this, and no proxy is listed like this.
            self.client = (self.client[0].removeprefix("::ffff:"), self.client[1])
        self._start_head_timer()
        self._write_timer = self.loop.call_later(self.config.write_timeout, self._check_write_progress)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._cancel_head_timer()
        if self._write_timer is not None:
            self._write_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head in slices, since h11 measures only what is not complete yet."""
        while data and self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            super().data_received(data[:_CHUNK_SIZE])
            data = data[_CHUNK_SIZE:]
        if data and not self.transport.is_closing():
            super().data_received(data)
        self._update_head_timer()
        # uvicorn stops its clock for whatever comes, be it the rest of a request that was answered already.
        if self._is_idle() and self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def resume_writing(self) -> None:
        """Go on; the client has taken most of what there was."""
        self._unsent_bytes = 0
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Go on with the next request, of which a part may be there."""
        super().on_response_complete()
        self._update_head_timer()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or too long a head."""
        if not self.pending_cycle and len(self.conn.trailing_data[0]) > MAX_HEAD_BYTES:
            self._reject_request(431, f"The head of a request may have {MAX_HEAD_BYTES // 1024} KiB.")
        else:
            self._reject_request(400, msg)

    def _has_partial_head(self) -> bool:
        return self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])

    def _has_unread_body(self) -> bool:
        """Tell whether a request was answered before all of it came."""
        return self.conn.their_state is h11.SEND_BODY and self.pending_cycle is None

    def _is_idle(self) -> bool:
        if self.transport.is_closing() or self.pending_cycle:
            return False
        return self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]

    def _update_head_timer(self) -> None:
        if self.transport.is_closing() or not (self._has_partial_head() or self._has_unread_body()):
            self._cancel_head_timer()
        elif self._head_timer is None:
            self._start_head_timer()

    def _start_head_timer(self) -> None:
        self._head_timer = self.loop.call_later(self.config.header_timeout, self._on_head_timeout)

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _on_head_timeout(self) -> None:
        self._head_timer = None
        if self._has_partial_head():
            self._reject_request(408, "The head of the request took too long.")
        else:
            self.transport.close()

    def _check_write_progress(self) -> None:
        """Hang up where the client has taken nothing of its answer since the last look."""
        untaken = self.transport.get_write_buffer_size()
        if 0 < self._unsent_bytes <= untaken:
            self.transport.abort()
            return
        self._unsent_bytes = untaken
        self._write_timer = self.loop.call_later(self.config.write_timeout, self._check_write_progress)

    def _reject_request(self, status: int, text: str) -> None:
        """Answer and close; an application that is at work on this request finds its client gone."""
        if cycle := self.pending_cycle:
            cycle.disconnected = True
            cycle.message_event.set()
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

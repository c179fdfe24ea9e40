"""HTTP/1.1 as uvicorn speaks it, with the deadlines and limits that it lacks."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol, RequestResponseCycle

HEAD_LIMIT = 32 * 1024  # bytes of a request line and its headers
_SLICE = 4 * 1024


class Config(uvicorn.Config):
    """Settings of uvicorn and those of the protocol below."""

    def __init__(
        self,
        app: Any,
        *,
        header_timeout: float,
        write_timeout: float,
        keep_alive: float,
        max_connections: int,
        **more: Any,
    ) -> None:
        super().__init__(app, http=Protocol, h11_max_incomplete_event_size=HEAD_LIMIT, **more)
        self.header_timeout = header_timeout
        self.write_timeout = write_timeout
        self.keep_alive = keep_alive
        self.max_connections = max_connections


class _Wire(h11.Connection):
    """Keeps the head of an answer until its body comes where that follows at once: a packet instead of two.

    A head without the length of a body begins a stream, whose client may wait for the head alone.
    """

    _head = b""

    def send(self, event: h11.Event) -> bytes | None:  # type: ignore[override]
        """Return what is to be sent now."""
        output = super().send(event) or b""
        if isinstance(event, h11.Response) and any(name == b"content-length" for name, _ in event.headers):
            self._head = output
            return b""
        output, self._head = self._head + output, b""
        return output


class Protocol(H11Protocol):
    """One connection.

    The head of a request must be there in time, whether nothing comes or a drop now and then; so must the
    rest of a body that was answered already, and the client must take its answers. Waiting for the next
    request is uvicorn's keep-alive, waiting for a body is the application's business.
    """

    config: Config

    def __init__(self, config: Config, *arguments: Any, **more: Any) -> None:
        super().__init__(config, *arguments, **more)
        self.conn = _Wire(h11.SERVER, HEAD_LIMIT)
        # uvicorn has whole seconds for it, which a test cannot wait for.
        self.timeout_keep_alive = config.keep_alive  # type: ignore[assignment]
        self._head_deadline: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._untaken = 0

    @property
    def busy(self) -> bool:
        """Tell whether a request is being received or answered, or its answer still being sent."""
        if self.unanswered or self._has_part_of_a_head():
            return True
        return self.transport.get_write_buffer_size() > 0

    @property
    def unanswered(self) -> RequestResponseCycle | None:
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
        self._start_clock()
        self._watch = self.loop.call_later(self.config.write_timeout, self._look_what_is_untaken)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._stop_clock()
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head in slices, since h11 measures only what is not complete yet."""
        while data and self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            super().data_received(data[:_SLICE])
            data = data[_SLICE:]
        if data and not self.transport.is_closing():
            super().data_received(data)
        self._look_at_the_clock()
        # uvicorn stops its clock for whatever comes, be it the rest of a request that was answered already.
        if self._is_idle() and self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def resume_writing(self) -> None:
        """Go on; the client has taken most of what there was."""
        self._untaken = 0
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Go on with the next request, of which a part may be there."""
        super().on_response_complete()
        self._look_at_the_clock()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or too long a head."""
        if not self.unanswered and len(self.conn.trailing_data[0]) > HEAD_LIMIT:
            self._refuse(431, f"The head of a request may have {HEAD_LIMIT // 1024} KiB.")
        else:
            self._refuse(400, msg)

    def _has_part_of_a_head(self) -> bool:
        return self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])

    def _has_unread_body(self) -> bool:
        """Tell whether a request was answered before all of it came."""
        return self.conn.their_state is h11.SEND_BODY and self.unanswered is None

    def _is_idle(self) -> bool:
        if self.transport.is_closing() or self.unanswered:
            return False
        return self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]

    def _look_at_the_clock(self) -> None:
        if self.transport.is_closing() or not (self._has_part_of_a_head() or self._has_unread_body()):
            self._stop_clock()
        elif self._head_deadline is None:
            self._start_clock()

    def _start_clock(self) -> None:
        self._head_deadline = self.loop.call_later(self.config.header_timeout, self._too_late)

    def _stop_clock(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _too_late(self) -> None:
        self._head_deadline = None
        if self._has_part_of_a_head():
            self._refuse(408, "The head of the request took too long.")
        else:
            self.transport.close()

    def _look_what_is_untaken(self) -> None:
        """Hang up where the client has taken nothing of its answer since the last look."""
        untaken = self.transport.get_write_buffer_size()
        if 0 < self._untaken <= untaken:
            self.transport.abort()
            return
        self._untaken = untaken
        self._watch = self.loop.call_later(self.config.write_timeout, self._look_what_is_untaken)

    def _refuse(self, status: int, text: str) -> None:
        """Answer and close; an application that is at work on this request finds its client gone."""
        if cycle := self.unanswered:
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

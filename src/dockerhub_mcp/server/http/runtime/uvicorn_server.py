"""Serve one ASGI application with uvicorn, and shut it down gracefully."""

from __future__ import annotations

import asyncio
import logging
import selectors
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import cast

import anyio
import uvicorn
from starlette.types import ASGIApp

from dockerhub_mcp.server.http.middleware.shutdown import ShutdownMiddleware
from dockerhub_mcp.server.http.runtime.connection_limit import ConnectionLimiter
from dockerhub_mcp.server.http.runtime.h11_protocol import HTTPProtocol, UvicornConfig
from dockerhub_mcp.server.http.runtime.listener import BACKLOG, ListenConfig
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownController, ShutdownEvent

logger = logging.getLogger(__name__)

AppFactory = Callable[[ShutdownEvent], AbstractAsyncContextManager[ASGIApp]]
"""Creates the application: entered in the server's event loop, left after the last response."""

_FIRST_REQUEST_DELAY = 0.75  # seconds for the clients that connected last to send their first request
_EMPTY_ROUNDS = 3  # rounds of the event loop without a new connection, before the listener is closed
_CANCEL_TIMEOUT = 1.0  # seconds for cancelled calls to clean up
_CLOSE_TIMEOUT = 0.5  # seconds for idle connections to close


def run_app(
    listeners: Sequence[socket.socket],
    listen_config: ListenConfig,
    ssl_context: ssl.SSLContext | None,
    *,
    create_app: AppFactory,
    shutdown: ShutdownController,
    on_ready: Callable[[], None],
) -> bool:
    """Serve until `shutdown` is requested.

    Args:
        listeners: Bound sockets.
        listen_config: Timeouts and limits.
        ssl_context: TLS certificate and key; None for plain HTTP.
        create_app: Creates the application.
        shutdown: Stops the server.
        on_ready: Called in the event loop once the server accepts connections.

    Returns:
        False if the application could not start or the server failed.
    """

    async def serve() -> None:
        shutdown_event = ShutdownEvent()
        with shutdown.bind_current_task(shutdown_event):
            async with create_app(shutdown_event) as app:
                server = _GracefulServer(app, listen_config, ssl_context, shutdown_event, on_ready)
                try:
                    with shutdown.suppress_forced_cancellation():
                        await server.serve(sockets=list(listeners))
                finally:
                    server.cancel_requests()

    try:
        asyncio.run(serve())
    except asyncio.CancelledError:
        return shutdown.is_requested
    except Exception:
        logger.exception("the server failed")
        return False
    return True


class _GracefulServer(uvicorn.Server):
    """A uvicorn server without signal handlers, with a shutdown that drains before it closes anything."""

    def __init__(
        self,
        app: ASGIApp,
        listen_config: ListenConfig,
        ssl_context: ssl.SSLContext | None,
        shutdown_event: ShutdownEvent,
        on_ready: Callable[[], None],
    ) -> None:
        self._app = ShutdownMiddleware(app, shutdown_event)
        self._listen_config, self._ssl_context = listen_config, ssl_context
        self._shutdown_event, self._on_ready = shutdown_event, on_ready
        super().__init__(
            UvicornConfig(
                self._app,
                header_timeout=listen_config.header_timeout,
                write_timeout=listen_config.write_timeout,
                keep_alive=listen_config.keep_alive,
                connection_limiter=ConnectionLimiter(
                    max_connections=listen_config.max_connections,
                    max_unauthenticated=listen_config.max_unauthenticated,
                    max_per_caller=max(1, listen_config.max_connections // 4),
                    proxies=listen_config.forwarded_allow_ips,
                ),
                interface="asgi3",
                ws="none",
                lifespan="off",
                # Malformed requests are logged by `HTTPProtocol`; of uvicorn, only application errors.
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                # uvicorn would read these from the environment if they were left out.
                workers=1,
                proxy_headers=bool(listen_config.forwarded_allow_ips),
                forwarded_allow_ips=list(listen_config.forwarded_allow_ips),
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the caller; uvicorn would raise them again at the end."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, with a deadline for the TLS handshake, which uvicorn lacks."""
        loop = asyncio.get_running_loop()
        config = cast("UvicornConfig", self.config)

        def create_protocol() -> HTTPProtocol:
            return HTTPProtocol(config, self.server_state, app_state={}, _loop=loop)

        # asyncio rejects a handshake timeout on plain connections.
        handshake_timeout = self._listen_config.header_timeout if self._ssl_context else None
        await self.on_tick(0)
        self.servers = [
            await loop.create_server(
                create_protocol,
                sock=listener,
                backlog=BACKLOG,
                ssl=self._ssl_context,
                ssl_handshake_timeout=handshake_timeout,
            )
            for listener in sockets or ()
        ]
        self.started = True
        self._on_ready()

    async def main_loop(self) -> None:
        """Serve until a shutdown begins, waking each second to update the Date header."""
        while not self._shutdown_event.is_draining:
            await self.on_tick(0)
            with anyio.move_on_after(1):
                await self._shutdown_event.wait_until_draining()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, stop accepting connections, finish the requests that were sent, close idle connections."""
        try:
            await self._drain(self._listen_config.drain_delay)
            logger.info("stopping", extra={"calls": len(self.server_state.tasks)})
            self._shutdown_event.start_stopping()
            await self._stop_accepting(sockets or ())
            await self._finish_requests(self._listen_config.grace_period)
        finally:
            # A forced shutdown cancels the waits above; the rest is short and must still be done.
            self._shutdown_event.start_stopping()
            if tasks := self.cancel_requests():
                logger.warning("calls were cut off", extra={"calls": len(tasks)})
                await asyncio.wait(tasks, timeout=_CANCEL_TIMEOUT)
            await self._close_connections()

    async def _drain(self, seconds: float) -> None:
        """Keep serving new requests, while load balancers notice that the server is no longer ready."""
        if seconds:
            logger.info("draining", extra={"seconds": seconds})
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (remaining := end - loop.time()) > 0:
            await self.on_tick(0)
            await asyncio.sleep(min(1.0, remaining))

    async def _stop_accepting(self, listeners: Sequence[socket.socket]) -> None:
        """Accept the connections that wait in the kernel's queues, which closing would reset, then close."""
        with selectors.DefaultSelector() as queues, anyio.move_on_after(1):
            for listener in listeners:
                queues.register(listener, selectors.EVENT_READ)
            # asyncio creates the transport of an accepted connection one round later. If the listener were
            # closed by then, asyncio would fail to create it and the connection would hang.
            empty_rounds = 0
            while True:
                empty_rounds = 0 if queues.select(0) else empty_rounds + 1
                if empty_rounds == _EMPTY_ROUNDS:
                    break
                await asyncio.sleep(0)
            self._close_listeners()  # at once, because a connection that comes in between is reset
        self._close_listeners()

    async def _finish_requests(self, grace_period: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace_period
        await asyncio.sleep(_FIRST_REQUEST_DELAY)
        while self._has_active_requests() and loop.time() < deadline:
            await self.on_tick(0)
            await asyncio.sleep(0.05)

    def _close_listeners(self) -> None:
        for server in self.servers:
            server.close()

    def _has_active_requests(self) -> bool:
        connections = cast("set[HTTPProtocol]", self.server_state.connections)
        return bool(self.server_state.tasks) or any(connection.is_busy for connection in connections)

    def cancel_requests(self) -> set[asyncio.Task[None]]:
        """Stop accepting connections, cancel the requests under way, and return their tasks."""
        if self.started:
            self._close_listeners()
        self._app.is_cancelled = True
        for connection in self.server_state.connections:
            cycle = cast("HTTPProtocol", connection).pending_cycle
            if cycle and cycle.response_started:
                cycle.disconnected = True  # otherwise uvicorn would log that the response is incomplete
                connection.transport.close()
        tasks = set(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        return tasks

    async def _close_connections(self) -> None:
        for connection in list(self.server_state.connections):
            if not connection.transport.is_closing():
                connection.shutdown()
        with anyio.move_on_after(_CLOSE_TIMEOUT):
            while self.server_state.connections:  # noqa: ASYNC110 - uvicorn's set has no event
                await asyncio.sleep(0.01)
        for connection in list(self.server_state.connections):
            connection.transport.abort()

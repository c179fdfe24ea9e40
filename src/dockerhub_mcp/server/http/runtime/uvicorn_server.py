"""Serving one application in one process, until somebody asks it to stop."""

from __future__ import annotations

import asyncio
import logging
import selectors
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, cast

import anyio
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dockerhub_mcp.server.http.runtime.h11_protocol import HTTPProtocol, UvicornConfig
from dockerhub_mcp.server.http.runtime.listener import ListenConfig, Listener, hold_back, let_in
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent

logger = logging.getLogger(__name__)

AppFactory = Callable[[ShutdownEvent], AbstractAsyncContextManager[ASGIApp]]
"""Makes the application: entered in the worker's event loop, left after the last answer."""

_LISTENER_CLOSE_DELAY = 0.25  # seconds that the server goes on listening, for those who are on their way
_HANDSHAKE_DELAY = 0.15  # seconds for connections that are half open, once no further one is let in
_FIRST_REQUEST_DELAY = 0.75  # seconds for those who connected last to send their request
_CANCEL_TIMEOUT = 1.0  # seconds for calls that were cut off to clean up
_CLOSE_TIMEOUT = 0.5  # seconds to say goodbye
_ACCEPT_BACKLOG = (
    16  # connections taken in one go; those a killed worker had taken are lost, those queued are not
)


class ShutdownController:
    """Asks the serving in this process to stop, from a signal handler or from the loop."""

    def __init__(self) -> None:
        self.is_requested = False
        self._is_forced = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._event: ShutdownEvent | None = None

    def request_shutdown(self) -> None:
        """Stop once what is under way is answered."""
        self.is_requested = True
        self._schedule_shutdown()

    def force_shutdown(self) -> None:
        """Stop without waiting for answers."""
        self.is_requested = self._is_forced = True
        self._schedule_shutdown()

    @contextmanager
    def bind_current_task(self, event: ShutdownEvent) -> Iterator[None]:
        """Let the current task hear of it; what was asked before counts too."""
        self._loop, self._task, self._event = asyncio.get_running_loop(), asyncio.current_task(), event
        self._apply_shutdown()
        try:
            yield
        finally:
            self._loop = None

    @contextmanager
    def suppress_forced_cancellation(self) -> Iterator[None]:
        """End this block when there is no time left; what follows goes its normal way."""
        try:
            yield
        except asyncio.CancelledError:
            if not self._is_forced or self._task is None:
                raise
            self._task.uncancel()

    def _schedule_shutdown(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._apply_shutdown)

    def _apply_shutdown(self) -> None:
        if self.is_requested and self._event is not None:
            self._event.start_shutdown()
        if self._is_forced and self._loop is not None and self._task is not None:
            self._task.cancel()


def run_app(
    sockets: Sequence[Listener],
    listen_config: ListenConfig,
    ssl_context: ssl.SSLContext | None,
    *,
    create_app: AppFactory,
    shutdown: ShutdownController,
    on_ready: Callable[[], None],
) -> bool:
    """Serve until stopped; tells whether all went well. `on_ready` is called in the loop, once it listens."""

    async def main() -> None:
        drain = ShutdownEvent()
        with shutdown.bind_current_task(drain):
            async with create_app(drain) as app:
                server = _GracefulServer(app, listen_config, ssl_context, drain, on_ready)
                try:
                    with shutdown.suppress_forced_cancellation():
                        await server.serve(sockets=list(sockets))
                finally:
                    server.cancel_requests()

    try:
        asyncio.run(main())
    except asyncio.CancelledError:
        return shutdown.is_requested
    except Exception:
        logger.exception("the server failed")
        return False
    return True


class _ShutdownMiddleware:
    """The application, for a server that may stop: connections are not kept then, and calls can be cut."""

    def __init__(self, app: ASGIApp, shutdown_event: ShutdownEvent) -> None:
        self.app = app
        self.shutdown_event = shutdown_event
        self.is_cancelled = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_with_close(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                if self.shutdown_event.has_started:
                    others = [each for each in message.get("headers", ()) if each[0].lower() != b"connection"]
                    message = {**message, "headers": [*others, (b"connection", b"close")]}
            await send(message)

        try:
            await self.app(scope, receive, send_with_close)
        except (asyncio.CancelledError, Exception):
            if not self.is_cancelled:
                raise
            # Nothing went wrong here that anybody could mend, so there is no trace of it.
            if not started:
                body = b"The server stopped before this was answered."
                length = str(len(body)).encode()
                headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", length)]
                await send_with_close({"type": "http.response.start", "status": 503, "headers": headers})
                await send({"type": "http.response.body", "body": body})


class _GracefulServer(uvicorn.Server):
    """uvicorn's server, with signals that are ours and a way to stop that loses nothing it was sent."""

    def __init__(
        self,
        app: ASGIApp,
        listen_config: ListenConfig,
        ssl_context: ssl.SSLContext | None,
        shutdown_event: ShutdownEvent,
        on_ready: Callable[[], None],
    ) -> None:
        self._app = _ShutdownMiddleware(app, shutdown_event)
        self._shutdown_event, self._listen_config, self._ssl_context, self._on_ready = (
            shutdown_event,
            listen_config,
            ssl_context,
            on_ready,
        )
        super().__init__(
            UvicornConfig(
                self._app,
                header_timeout=listen_config.header_timeout,
                write_timeout=listen_config.write_timeout,
                keep_alive=listen_config.keep_alive,
                max_connections=listen_config.max_connections,
                interface="asgi3",
                ws="none",
                lifespan="off",
                # What clients do wrong is theirs to know; what the application does wrong is an error.
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                # Given explicitly, since uvicorn looks for either in the environment otherwise.
                workers=1,
                proxy_headers=bool(listen_config.forwarded_allow_ips),
                forwarded_allow_ips=list(listen_config.forwarded_allow_ips),
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs this: uvicorn would raise them again at the end."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take connections; unlike uvicorn's, with a deadline for the handshake of TLS."""
        loop = asyncio.get_running_loop()
        config = cast("UvicornConfig", self.config)

        def create_protocol() -> HTTPProtocol:
            return HTTPProtocol(config, self.server_state, app_state={}, _loop=loop)

        # asyncio takes a deadline only where there is a handshake.
        deadline = self._listen_config.header_timeout if self._ssl_context else None
        await self.on_tick(0)
        self.servers = []
        for sock in sockets or ():
            let_in(cast("Listener", sock))
            self.servers.append(
                await loop.create_server(
                    create_protocol,
                    sock=sock,
                    backlog=_ACCEPT_BACKLOG,
                    ssl=self._ssl_context,
                    ssl_handshake_timeout=deadline,
                )
            )
        self.started = True
        self._on_ready()

    async def main_loop(self) -> None:
        """Serve until told to stop, waking for the Date header only."""
        while not self._shutdown_event.has_started:
            await self.on_tick(0)
            with anyio.move_on_after(1):
                await self._shutdown_event.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer everything that was sent before the listener closed, idle connections last."""
        logger.info("stopping", extra={"calls": len(self.server_state.tasks)})
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._listen_config.grace_period
        try:
            await self._stop_listening([cast("Listener", sock) for sock in sockets or ()])
            await asyncio.sleep(_FIRST_REQUEST_DELAY)
            while self._has_active_requests() and loop.time() < deadline:
                await self.on_tick(0)
                await asyncio.sleep(0.05)
        finally:
            # Somebody in a hurry cancels the waiting above; what follows is short.
            if tasks := self.cancel_requests():
                logger.warning("calls were cut off", extra={"calls": len(tasks)})
                await asyncio.wait(tasks, timeout=_CANCEL_TIMEOUT)
            await self._close_connections()

    async def _stop_listening(self, listeners: list[Listener]) -> None:
        await asyncio.sleep(_LISTENER_CLOSE_DELAY)
        for listener in listeners:
            hold_back(listener)
        await asyncio.sleep(_HANDSHAKE_DELAY)
        with selectors.DefaultSelector() as queues, anyio.move_on_after(1):
            for listener in listeners:
                queues.register(listener, selectors.EVENT_READ)
            while queues.select(0):  # noqa: ASYNC110 - it is asyncio that empties them
                await asyncio.sleep(0)
        self._close_listeners()

    def _close_listeners(self) -> None:
        for server in self.servers:
            server.close()

    def _has_active_requests(self) -> bool:
        connections = cast("set[HTTPProtocol]", self.server_state.connections)
        return bool(self.server_state.tasks) or any(connection.is_busy for connection in connections)

    def cancel_requests(self) -> set[asyncio.Task[None]]:
        """Stop listening, cancel what is under way, and return it."""
        if self.started:
            self._close_listeners()
        self._app.is_cancelled = True
        for connection in self.server_state.connections:
            cycle = cast("HTTPProtocol", connection).pending_cycle
            if cycle and cycle.response_started:
                cycle.disconnected = True  # or uvicorn would complain that the answer has no end
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
            while self.server_state.connections:  # noqa: ASYNC110 - uvicorn's set tells nobody
                await asyncio.sleep(0.01)
        for connection in list(self.server_state.connections):
            connection.transport.abort()

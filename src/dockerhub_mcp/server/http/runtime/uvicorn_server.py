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

from dockerhub_mcp.server.http.runtime.h11_protocol import Config, Protocol
from dockerhub_mcp.server.http.runtime.listener import Listen, Listener, hold_back, let_in
from dockerhub_mcp.server.http.runtime.shutdown import Drain

logger = logging.getLogger(__name__)

MakeApp = Callable[[Drain], AbstractAsyncContextManager[ASGIApp]]
"""Makes the application: entered in the worker's event loop, left after the last answer."""

_LINGER = 0.25  # seconds that the server goes on listening, for those who are on their way
_QUIET = 0.15  # seconds for connections that are half open, once no further one is let in
_SETTLE = 0.75  # seconds for those who connected last to send their request
_UNWIND = 1.0  # seconds for calls that were cut off to clean up
_FLUSH = 0.5  # seconds to say goodbye
_AT_ONCE = 16  # connections taken in one go; those a killed worker had taken are lost, those queued are not


class Stop:
    """Asks the serving in this process to stop, from a signal handler or from the loop."""

    def __init__(self) -> None:
        self.begun = False
        self._hurry = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._drain: Drain | None = None

    def begin(self) -> None:
        """Stop once what is under way is answered."""
        self.begun = True
        self._pass_on()

    def at_once(self) -> None:
        """Stop without waiting for answers."""
        self.begun = self._hurry = True
        self._pass_on()

    @contextmanager
    def reaching(self, drain: Drain) -> Iterator[None]:
        """Let the current task hear of it; what was asked before counts too."""
        self._loop, self._task, self._drain = asyncio.get_running_loop(), asyncio.current_task(), drain
        self._tell()
        try:
            yield
        finally:
            self._loop = None

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """End this block when there is no time left; what follows goes its normal way."""
        try:
            yield
        except asyncio.CancelledError:
            if not self._hurry or self._task is None:
                raise
            self._task.uncancel()

    def _pass_on(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        if self.begun and self._drain is not None:
            self._drain.begin()
        if self._hurry and self._loop is not None and self._task is not None:
            self._task.cancel()


def run_app(
    sockets: Sequence[Listener],
    listen: Listen,
    tls: ssl.SSLContext | None,
    *,
    make_app: MakeApp,
    stop: Stop,
    on_ready: Callable[[], None],
) -> bool:
    """Serve until stopped; tells whether all went well. `on_ready` is called in the loop, once it listens."""

    async def main() -> None:
        drain = Drain()
        with stop.reaching(drain):
            async with make_app(drain) as app:
                server = _Server(app, listen, tls, drain, on_ready)
                try:
                    with stop.hurried():
                        await server.serve(sockets=list(sockets))
                finally:
                    server.cut()

    try:
        asyncio.run(main())
    except asyncio.CancelledError:
        return stop.begun
    except Exception:
        logger.exception("the server failed")
        return False
    return True


class _Answers:
    """The application, for a server that may stop: connections are not kept then, and calls can be cut."""

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        self.app = app
        self.drain = drain
        self.cut = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def tell(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                if self.drain.begun:
                    others = [each for each in message.get("headers", ()) if each[0].lower() != b"connection"]
                    message = {**message, "headers": [*others, (b"connection", b"close")]}
            await send(message)

        try:
            await self.app(scope, receive, tell)
        except (asyncio.CancelledError, Exception):
            if not self.cut:
                raise
            # Nothing went wrong here that anybody could mend, so there is no trace of it.
            if not started:
                body = b"The server stopped before this was answered."
                length = str(len(body)).encode()
                headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", length)]
                await tell({"type": "http.response.start", "status": 503, "headers": headers})
                await send({"type": "http.response.body", "body": body})


class _Server(uvicorn.Server):
    """uvicorn's server, with signals that are ours and a way to stop that loses nothing it was sent."""

    def __init__(
        self,
        app: ASGIApp,
        listen: Listen,
        tls: ssl.SSLContext | None,
        drain: Drain,
        on_ready: Callable[[], None],
    ) -> None:
        self._answers = _Answers(app, drain)
        self._drain, self._listen, self._tls, self._on_ready = drain, listen, tls, on_ready
        super().__init__(
            Config(
                self._answers,
                header_timeout=listen.header_timeout,
                write_timeout=listen.write_timeout,
                keep_alive=listen.keep_alive,
                max_connections=listen.max_connections,
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
                proxy_headers=bool(listen.forwarded_allow_ips),
                forwarded_allow_ips=list(listen.forwarded_allow_ips),
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs this: uvicorn would raise them again at the end."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take connections; unlike uvicorn's, with a deadline for the handshake of TLS."""
        loop = asyncio.get_running_loop()
        config = cast("Config", self.config)

        def protocol() -> Protocol:
            return Protocol(config, self.server_state, app_state={}, _loop=loop)

        # asyncio takes a deadline only where there is a handshake.
        deadline = self._listen.header_timeout if self._tls else None
        await self.on_tick(0)
        self.servers = []
        for sock in sockets or ():
            let_in(cast("Listener", sock))
            self.servers.append(
                await loop.create_server(
                    protocol, sock=sock, backlog=_AT_ONCE, ssl=self._tls, ssl_handshake_timeout=deadline
                )
            )
        self.started = True
        self._on_ready()

    async def main_loop(self) -> None:
        """Serve until told to stop, waking for the Date header only."""
        while not self._drain.begun:
            await self.on_tick(0)
            with anyio.move_on_after(1):
                await self._drain.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer everything that was sent before the listener closed, idle connections last."""
        logger.info("stopping", extra={"calls": len(self.server_state.tasks)})
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._listen.grace
        try:
            await self._stop_listening([cast("Listener", sock) for sock in sockets or ()])
            await asyncio.sleep(_SETTLE)
            while self._under_way() and loop.time() < deadline:
                await self.on_tick(0)
                await asyncio.sleep(0.05)
        finally:
            # Somebody in a hurry cancels the waiting above; what follows is short.
            if tasks := self.cut():
                logger.warning("calls were cut off", extra={"calls": len(tasks)})
                await asyncio.wait(tasks, timeout=_UNWIND)
            await self._say_goodbye()

    async def _stop_listening(self, listeners: list[Listener]) -> None:
        await asyncio.sleep(_LINGER)
        for listener in listeners:
            hold_back(listener)
        await asyncio.sleep(_QUIET)
        with selectors.DefaultSelector() as queues, anyio.move_on_after(1):
            for listener in listeners:
                queues.register(listener, selectors.EVENT_READ)
            while queues.select(0):  # noqa: ASYNC110 - it is asyncio that empties them
                await asyncio.sleep(0)
        self._close_listeners()

    def _close_listeners(self) -> None:
        for server in self.servers:
            server.close()

    def _under_way(self) -> bool:
        connections = cast("set[Protocol]", self.server_state.connections)
        return bool(self.server_state.tasks) or any(connection.busy for connection in connections)

    def cut(self) -> set[asyncio.Task[None]]:
        """Stop listening, cancel what is under way, and return it."""
        if self.started:
            self._close_listeners()
        self._answers.cut = True
        for connection in self.server_state.connections:
            cycle = cast("Protocol", connection).unanswered
            if cycle and cycle.response_started:
                cycle.disconnected = True  # or uvicorn would complain that the answer has no end
                connection.transport.close()
        tasks = set(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        return tasks

    async def _say_goodbye(self) -> None:
        for connection in list(self.server_state.connections):
            if not connection.transport.is_closing():
                connection.shutdown()
        with anyio.move_on_after(_FLUSH):
            while self.server_state.connections:  # noqa: ASYNC110 - uvicorn's set tells nobody
                await asyncio.sleep(0.01)
        for connection in list(self.server_state.connections):
            connection.transport.abort()

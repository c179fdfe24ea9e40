"""The sandbox over a socket."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dockerhub_mcp.sandbox.faults import DroppedConnectionError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from dockerhub_mcp.sandbox.app import Sandbox

CLOSE_CONNECTION_KEY = "close_connection"


def serve(
    sandbox: "Sandbox",
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    on_ready: Callable[[str], None] | None = None,
    allow_remote: bool = False,
) -> None:
    """Serve a sandbox until interrupted; `on_ready` is told its URL."""
    asyncio.run(serve_async(sandbox, host=host, port=port, on_ready=on_ready, allow_remote=allow_remote))


async def serve_async(
    sandbox: "Sandbox",
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    on_ready: Callable[[str], None] | None = None,
    allow_remote: bool = False,
) -> None:
    """Serve a sandbox until cancelled; port 0 picks a free one.

    Raises:
        ValueError: The host is not a loopback address and `allow_remote` is not set.
        OSError: The address cannot be listened on.
    """
    if not allow_remote and not _is_loopback(host):
        msg = f"{host} is not a loopback address; the sandbox has no real protection against strangers"
        raise ValueError(msg)
    # Imported here so that using the sandbox in process does not pay for a web server.
    import uvicorn  # noqa: PLC0415

    listener = _bind_listener(host, port)
    url = _build_url(host, listener)

    class ReadyServer(uvicorn.Server):
        """Says when it is ready."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if on_ready is not None:
                on_ready(url)

    # Without a log configuration of its own, uvicorn's warnings go to stderr and the rest nowhere.
    config = uvicorn.Config(
        _close_dropped_connections(sandbox.app),
        http=_build_protocol_class(),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = ReadyServer(config)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        try:
            await serving
        finally:
            listener.close()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bind_listener(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _build_url(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def _build_protocol_class() -> type[asyncio.Protocol]:
    from uvicorn.protocols.http.h11_impl import H11Protocol  # noqa: PLC0415

    class AbortableH11Protocol(H11Protocol):
        """Hands the application a way to close the connection."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.app_state = {**self.app_state, CLOSE_CONNECTION_KEY: transport.abort}

    return AbortableH11Protocol


def _close_dropped_connections(app: "ASGIApp") -> "ASGIApp":
    async def closing_app(scope: "Scope", receive: "Receive", send: "Send") -> None:
        try:
            await app(scope, receive, send)
        except DroppedConnectionError:
            scope["state"][CLOSE_CONNECTION_KEY]()
            # Returning before the server has noticed would make it answer.
            while (await receive())["type"] != "http.disconnect":
                pass

    return closing_app

"""Serve the sandbox over a socket."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.sandbox.app import Sandbox
from dockerhub_mcp.sandbox.faults import DroppedConnectionError

CLOSE_CONNECTION_KEY = "close_connection"


def serve(
    sandbox: Sandbox,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    on_ready: Callable[[str], None] | None = None,
    allow_remote: bool = False,
) -> None:
    """Serve a sandbox until interrupted. See `serve_async` for the arguments and errors."""
    asyncio.run(serve_async(sandbox, host=host, port=port, on_ready=on_ready, allow_remote=allow_remote))


async def serve_async(
    sandbox: Sandbox,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    on_ready: Callable[[str], None] | None = None,
    allow_remote: bool = False,
) -> None:
    """Serve a sandbox until cancelled.

    Args:
        sandbox: The sandbox to serve.
        host: The address to listen on.
        port: The port to listen on; 0 picks a free one.
        on_ready: Called with the URL when the server accepts connections.
        allow_remote: Allow an address that other machines can reach.

    Raises:
        ValueError: The host is not a loopback address and `allow_remote` is not set.
        OSError: The address is in use or not available.
    """
    if not allow_remote and not _is_loopback(host):
        msg = f"{host} is not a loopback address; the sandbox's secrets are public, so anyone could log in"
        raise ValueError(msg)
    # Imported here so that using the sandbox in process does not load a web server.
    import uvicorn  # noqa: PLC0415

    listener = _bind_listener(host, port)
    url = _build_url(host, listener)

    class ReadyServer(uvicorn.Server):
        """A server that reports when it is ready."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if on_ready is not None:
                on_ready(url)

    # Without a log configuration, uvicorn writes warnings to standard error and nothing else.
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
    server_task = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(server_task)
    finally:
        server.should_exit = True
        try:
            await server_task
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
    url_host = f"[{host}]" if ":" in host else host
    return f"http://{url_host}:{listener.getsockname()[1]}"


def _build_protocol_class() -> type[asyncio.Protocol]:
    from uvicorn.protocols.http.h11_impl import H11Protocol  # noqa: PLC0415 - as uvicorn above

    class AbortableH11Protocol(H11Protocol):
        """A protocol that lets the application abort the connection."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.app_state = {**self.app_state, CLOSE_CONNECTION_KEY: transport.abort}

    return AbortableH11Protocol


def _close_dropped_connections(app: ASGIApp) -> ASGIApp:
    async def closing_app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except DroppedConnectionError:
            scope["state"][CLOSE_CONNECTION_KEY]()
            # If this returned before the server noticed, the server would send an error response.
            while (await receive())["type"] != "http.disconnect":
                pass

    return closing_app

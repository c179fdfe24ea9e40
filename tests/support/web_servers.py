"""The HTTP server on a real socket of this process, built from settings as the program builds it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from dockerhub_mcp.bootstrap.validate import load_valid_settings, validate
from dockerhub_mcp.hub.redaction import Redactor
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent

READY = "text/event-stream, application/json"
BOTH = {"accept": READY, "content-type": "application/json"}
MODERN = {**BOTH, "mcp-protocol-version": "2026-07-28"}


@dataclass(slots=True)
class Running:
    """A running HTTP server."""

    url: str
    drain: ShutdownEvent
    redactor: Redactor

    def http(self, **headers: str) -> httpx.AsyncClient:
        """Return an HTTP client that sends these headers."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.AsyncClient(
            base_url=self.url, headers=sent, trust_env=False, timeout=20, verify=NO_CERTIFICATES
        )

    @asynccontextmanager
    async def client(
        self, *, mode: str = "2026-07-28", client: dict[str, Any] | None = None, **headers: str
    ) -> AsyncIterator[Client]:
        """Connect an MCP client that sends these headers."""
        async with self.http(**headers) as http:
            transport = streamable_http_client(f"{self.url}/mcp", http_client=http)
            async with Client(transport, mode=mode, **(client or {})) as connected:
                yield connected


@asynccontextmanager
async def served(*, environment: dict[str, str] | None = None, **options: Any) -> AsyncIterator[Running]:
    """Serve with options of the command line and environment variables."""
    environment = environment or {}
    settings = load_valid_settings({"transport": "http"} | options, environment, validate)
    ready: asyncio.Future[Running] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()
    serving = asyncio.create_task(_serve(HTTPServerFactory(settings, environment), ready, over))
    waited: set[asyncio.Future[Any]] = {serving, ready}
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    try:
        if ready.done():
            yield ready.result()
    finally:
        over.set()
        await serving


async def _serve(web: HTTPServerFactory, ready: asyncio.Future[Running], over: asyncio.Event) -> None:
    """Serve in a separate task, so that cancel scopes are entered and left in the same task."""
    drain = ShutdownEvent()
    async with web.create_app(drain) as app:
        plain = uvicorn.Config(app, http="h11", lifespan="off", log_config=None, ws="none", port=0)
        server = _Server(plain)
        sock = plain.bind_socket()
        serving = asyncio.create_task(server.serve(sockets=[sock]))
        while not server.started:
            await asyncio.sleep(0.01)
        ready.set_result(Running(f"http://127.0.0.1:{sock.getsockname()[1]}", drain, web.redactor))
        await over.wait()
        drain.start_stopping()
        server.should_exit = True
        await serving


NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: loading the certificates of the system takes longer than a request."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals belong to the test run


def call(tool: str, request_id: int = 1, **arguments: Any) -> dict[str, Any]:
    """Return a tool call of protocol 2026-07-28."""
    return modern("tools/call", request_id, name=tool, arguments=arguments)


def modern(method: str, request_id: int = 1, **params: Any) -> dict[str, Any]:
    """Return a message of protocol 2026-07-28."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": {**params, "_meta": meta}}


def routed(message: dict[str, Any]) -> dict[str, str]:
    """Return the headers of a message of protocol 2026-07-28."""
    headers = {**MODERN, "mcp-method": message["method"]}
    name = message["params"].get("name")
    return headers | ({"mcp-name": name} if name else {})

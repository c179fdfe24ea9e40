"""Trouble that needs a real socket, or answers that the sandbox cannot give."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub, RetryPolicy
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.sandbox import Sandbox, serve_async

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Wire(httpx.AsyncBaseTransport):
    """The way to the sandbox, which keeps what passes over it: the sandbox itself forgets headers and bodies."""

    def __init__(self, sandbox: Sandbox, sent: list[httpx.Request]) -> None:
        self._sandbox = httpx.ASGITransport(app=sandbox.app)
        self._sent = sent

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._sent.append(request)
        return await self._sandbox.handle_async_request(request)


@pytest.fixture
def sent() -> list[httpx.Request]:
    """Return the requests that went over the wire."""
    return []


@pytest.fixture
def wired(sandbox: Sandbox, sent: list[httpx.Request], make_hub: Callable[..., Hub]) -> Callable[..., Hub]:
    """Make clients of the sandbox whose requests are in `sent`."""
    return lambda identity=None, **options: make_hub(identity, httpx_transport=Wire(sandbox, sent), **options)


@pytest.fixture
def carry_out() -> Callable[[Hub, Mutation], Awaitable[Any]]:
    """Make a change the way it is meant: read what is there, complete the call, send it."""

    async def change(hub: Hub, call: Mutation) -> Any:
        reading = call.current_state_call()
        present = None if reading is None else await hub.send(reading)
        return await hub.send(call.merge_current(present))

    return change


@pytest.fixture
async def answering() -> AsyncIterator[Callable[..., Hub]]:
    """Make clients of a function from request to response."""
    hubs: list[Hub] = []

    def make(answer: Callable[[httpx.Request], httpx.Response], **options: Any) -> Hub:
        settings: dict[str, Any] = {
            "base_url": "http://localhost",
            "httpx_transport": httpx.MockTransport(answer),
            "retry_policy": RetryPolicy(base_delay=0.001, max_delay=0.01),
        }
        hub = Hub(options.pop("credentials", None), **(settings | options))
        hubs.append(hub)
        return hub

    yield make
    for hub in hubs:
        await hub.aclose()


@pytest.fixture
async def served(sandbox: Sandbox) -> AsyncIterator[str]:
    """Serve the sandbox over a socket; its address."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve_async(sandbox, port=0, on_ready=ready.set_result))
    either: set[asyncio.Future[Any]] = {ready, serving}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    yield ready.result()
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


@pytest.fixture
async def make_remote_hub(sandbox: Sandbox, served: str) -> AsyncIterator[Callable[..., Hub]]:
    """Make clients of the sandbox over a socket."""
    hubs: list[Hub] = []

    def make(identity: str | None = None, **options: Any) -> Hub:
        whom = sandbox.get_identity(identity) if identity else None
        credentials = Credentials.from_strings(whom.username, whom.secret) if whom else None
        settings: dict[str, Any] = {
            "base_url": served,
            "retry_policy": RetryPolicy(base_delay=0.001, max_delay=0.01),
        }
        hub = Hub(credentials, **(settings | options))
        hubs.append(hub)
        return hub

    yield make
    for hub in hubs:
        await hub.aclose()


@pytest.fixture
async def listen() -> AsyncIterator[Callable[[Handle], Awaitable[str]]]:
    """Start servers that do by hand what no proper server does; their addresses."""
    servers: list[asyncio.Server] = []

    async def start(handle: Handle) -> str:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()

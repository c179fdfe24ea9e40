"""Clients over a real socket, with recorded requests, or with responses that the sandbox cannot give."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub, RetryPolicy
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.sandbox import Sandbox
from tests.support.virtual_time import virtual_time

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class RecordingTransport(httpx.AsyncBaseTransport):
    """A transport to the sandbox that records requests with their headers and bodies."""

    def __init__(self, sandbox: Sandbox, sent: list[httpx.Request]) -> None:
        self._sandbox = httpx.ASGITransport(app=sandbox.app)
        self._sent = sent

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._sent.append(request)
        return await self._sandbox.handle_async_request(request)


@pytest.fixture
async def skip_waits() -> AsyncIterator[None]:
    """Let deadlines, delays and latency in this process take no real time."""
    with virtual_time():
        yield


@pytest.fixture
def sent() -> list[httpx.Request]:
    """Return the list that `wired` records requests in."""
    return []


@pytest.fixture
def wired(sandbox: Sandbox, sent: list[httpx.Request], make_hub: Callable[..., Hub]) -> Callable[..., Hub]:
    """Return a factory of clients that record their requests in `sent`."""
    transport = RecordingTransport(sandbox, sent)
    return lambda identity=None, **options: make_hub(identity, httpx_transport=transport, **options)


@pytest.fixture
def carry_out() -> Callable[[Hub, Mutation], Awaitable[Any]]:
    """Return a function that sends a mutation as a server does: merged with the current state."""

    async def send_merged(hub: Hub, call: Mutation) -> Any:
        state_call = call.current_state_call()
        current = None if state_call is None else await hub.send(state_call)
        return await hub.send(call.merge_current(current))

    return send_merged


@pytest.fixture
async def answering() -> AsyncIterator[Callable[..., Hub]]:
    """Return a factory of clients that get their responses from a function."""
    hubs: list[Hub] = []

    def make(respond: Callable[[httpx.Request], httpx.Response], **options: Any) -> Hub:
        settings: dict[str, Any] = {
            "base_url": "http://localhost",
            "httpx_transport": httpx.MockTransport(respond),
            "retry_policy": RetryPolicy(base_delay=0.001, max_delay=0.01),
        }
        hub = Hub(options.pop("credentials", None), **(settings | options))
        hubs.append(hub)
        return hub

    yield make
    for hub in hubs:
        await hub.aclose()


@pytest.fixture
async def make_remote_hub(sandbox: Sandbox, sandbox_url: str) -> AsyncIterator[Callable[..., Hub]]:
    """Return a factory of clients of the sandbox over a socket."""
    hubs: list[Hub] = []

    def make(identity: str | None = None, **options: Any) -> Hub:
        account = sandbox.get_identity(identity) if identity else None
        credentials = Credentials.from_strings(account.username, account.secret) if account else None
        settings: dict[str, Any] = {
            "base_url": sandbox_url,
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
    """Return a function that starts a server with a connection handler, and returns its URL."""
    servers: list[asyncio.Server] = []

    async def start(handle: Handle) -> str:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()

"""Contexts of tool calls with the sandbox's registry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2 as httpx

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.transport.pool import ConnectionPool
from dockerhub_mcp.registry import RegistryClient, RegistryServer
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.context import ToolContext
from tests.support.fixture_types import QUICK
from tests.support.tool_calls import make_context

MakeContext = Callable[..., ToolContext]


def create_registry_server(sandbox: Sandbox, **options: Any) -> tuple[ConnectionPool, RegistryServer]:
    """Return the connection pool and the state that clients of the sandbox's registry share."""
    pool = ConnectionPool(timeout=30, httpx_transport=httpx.ASGITransport(app=sandbox.app))
    return pool, RegistryServer(pool, url="http://localhost", retry_policy=QUICK, **options)


@asynccontextmanager
async def connect_registry(sandbox: Sandbox, *, has_limit_preview: bool = True) -> AsyncIterator[MakeContext]:
    """Provide a factory of contexts for Hub clients, with options of `make_context`.

    Args:
        sandbox: The sandbox.
        has_limit_preview: Whether the registry is used like Docker's own, or like another one.
    """
    pool, server = create_registry_server(sandbox, has_limit_preview=has_limit_preview)

    def registry_for(hub: Hub) -> RegistryClient:
        return RegistryClient.for_account(server, hub.account)

    def make(hub: Hub, **options: Any) -> ToolContext:
        return make_context(hub, registry_for=registry_for, **options)

    yield make
    await pool.aclose()

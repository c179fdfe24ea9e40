"""Clients of an MCP server in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp import Client

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.catalog.registry import Registry
from tests.support.tool_calls import make_context

MODES = pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])


@asynccontextmanager
async def connected(
    hub: Hub, mode: str, *, room: int = 32_768, context: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[Client]:
    tool_context = make_context(
        hub, cache=ResultCache(), include_structured=False, max_bytes=room, **(context or {})
    )
    async with Client(build_server(RequestContext(Registry(**options), tool_context)), mode=mode) as client:
        yield client

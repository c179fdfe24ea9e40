"""Clients of an MCP server in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp import Client

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.server.factory import RequestContext, ResultOptions, build_server
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.mutations.execute import MutationPolicy

MODES = pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])


@asynccontextmanager
async def connected(
    hub: Hub, mode: str, *, room: int = 32_768, writing: MutationPolicy | None = None, **options: Any
) -> AsyncIterator[Client]:
    service = RequestContext(hub, Registry(**options), writing or MutationPolicy())
    async with Client(
        build_server(service, result_options=ResultOptions(max_bytes=room)), mode=mode
    ) as client:
        yield client

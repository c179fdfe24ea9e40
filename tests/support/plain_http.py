"""Plain requests of both generations over HTTP, and the server with the program's own protocol class."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from uvicorn.server import ServerState

from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from dockerhub_mcp.bootstrap.validate import load_valid_settings, validate
from dockerhub_mcp.server.http.runtime.connection_limit import ConnectionLimiter
from dockerhub_mcp.server.http.runtime.h11_protocol import HTTPProtocol, UvicornConfig
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent
from tests.support.web_servers import BOTH, call, routed

READ: dict[str, Any] = {"name": "get_repository", "arguments": {"repository": "redis"}}
LEGACY = {**BOTH, "mcp-protocol-version": "2025-11-25"}


def legacy(method: str, **params: Any) -> dict[str, Any]:
    """Return a message of protocol 2025-11-25."""
    return {"jsonrpc": "2.0", "id": "one", "method": method, "params": params}


MODERN_READ = call("get_repository", repository="redis")


def with_progress(message: dict[str, Any]) -> dict[str, Any]:
    meta = {**message["params"].get("_meta", {}), "progressToken": "walk"}
    return {**message, "params": {**message["params"], "_meta": meta}}


WALK: dict[str, Any] = {"repository": "redis", "max_items": 250}
WALKS = [
    (routed(call("list_tags")), with_progress(call("list_tags", **WALK))),
    (LEGACY, with_progress(legacy("tools/call", name="list_tags", arguments=WALK))),
]


@asynccontextmanager
async def served_over_own_protocol(environment: dict[str, str], **options: Any) -> AsyncIterator[int]:
    """Serve with the protocol class of the program, and yield the port."""
    settings = load_valid_settings({"transport": "http", **options}, environment, validate)
    limiter = ConnectionLimiter(max_connections=100, max_unauthenticated=100, max_per_caller=100)
    async with HTTPServerFactory(settings, environment).create_app(ShutdownEvent()) as app:
        config = UvicornConfig(
            app,
            header_timeout=20,
            write_timeout=20,
            keep_alive=20,
            connection_limiter=limiter,
            log_config=None,
        )
        config.load()
        state = ServerState()
        server = await asyncio.get_running_loop().create_server(
            lambda: HTTPProtocol(config, state, {}), "127.0.0.1", 0
        )
        async with server:
            yield server.sockets[0].getsockname()[1]
            while state.tasks:
                await asyncio.sleep(0.01)

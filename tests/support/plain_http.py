"""Plain requests of both generations over HTTP, and the server with the program's own protocol class."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from uvicorn.server import ServerState

from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from dockerhub_mcp.bootstrap.validate import load_valid_settings, validate
from dockerhub_mcp.server.http.runtime.connection_limit import ConnectionLimiter
from dockerhub_mcp.server.http.runtime.h11_protocol import HTTPProtocol, UvicornConfig
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent
from tests.support.http_requests import INITIALIZE
from tests.support.web_servers import BOTH, call, modern, routed

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


def notification(name: str, **members: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": f"notifications/{name}", **members}


CAPABILITIES = {
    "roots": {"listChanged": True},
    "sampling": {"context": {}, "tools": {}},
    "elicitation": {"form": {"applyDefaults": True}, "url": {}},
    "extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html"]}},
    "tasks": {
        "list": {},
        "cancel": {},
        "requests": {"sampling": {"createMessage": {}}, "elicitation": {"create": {}}},
    },
}
CLIENT_INFO = {
    "name": "client",
    "version": "1",
    "title": "Client",
    "description": "Reads",
    "websiteUrl": "https://client.example",
    "icons": [{"src": "data:,x"}, {"src": "x", "mimeType": "image/png", "sizes": ["48x48"], "theme": "dark"}],
}


def initialize(version: str, **params: Any) -> dict[str, Any]:
    """Return the handshake of a client that describes itself in full."""
    given = {"protocolVersion": version, "capabilities": CAPABILITIES, "clientInfo": CLIENT_INFO}
    return {**INITIALIZE, "params": {**given, **params}}


def describe_client(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message of 2026-07-28 whose client describes itself in full."""
    prefix = "io.modelcontextprotocol"
    described = {f"{prefix}/clientCapabilities": CAPABILITIES, f"{prefix}/clientInfo": CLIENT_INFO}
    meta = {**message["params"]["_meta"], **described}
    return {**message, "params": {**message["params"], "_meta": meta}}


PLAIN: list[tuple[dict[str, str], Any]] = [
    *((routed(message), message) for message in map(modern, ("server/discover", "tools/list"))),
    *((routed(message), message) for message in map(modern, ("prompts/list", "resources/list"))),
    (routed(MODERN_READ), MODERN_READ),
    *((routed(each), each) for each in (call("get_tagg"), call("get_repository"), call("delete_tag"))),
    ({**routed(MODERN_READ), "content-type": "application/json; charset=utf-8"}, MODERN_READ),
    ({**routed(MODERN_READ), "accept": "*/*"}, MODERN_READ),
    ({**routed(MODERN_READ), "mcp-session-id": "ignored"}, MODERN_READ),
    ({**LEGACY, "mcp-protocol-version": "2025-06-18"}, INITIALIZE),
    (BOTH, INITIALIZE),
    *((BOTH, initialize(version)) for version in HANDSHAKE_PROTOCOL_VERSIONS),
    *((routed(each), describe_client(each)) for each in (modern("server/discover"), MODERN_READ)),
    (BOTH, legacy("ping")),
    (LEGACY, legacy("tools/list")),
    (LEGACY, legacy("resources/templates/list")),
    (LEGACY, legacy("tools/call", **READ)),
    (LEGACY, legacy("tools/call", name="get_tagg")),
    (LEGACY, legacy("tools/call", name="get_repository", arguments={"repository": 7})),
    ({**LEGACY, "mcp-protocol-version": "2024-11-05"}, legacy("tools/call", **READ)),
    (LEGACY, notification("initialized")),
    (BOTH, notification("initialized", params={})),
    ({**LEGACY, "mcp-session-id": "ignored"}, notification("initialized")),
    (LEGACY, notification("cancelled", params={"requestId": 4})),
    (LEGACY, notification("cancelled", params={"requestId": "four", "reason": "too slow"})),
]
"""Headers and messages that are answered without the SDK."""


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

"""Refusals of the HTTP server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2 as httpx

from devtools.generate.pages.provoke import Provoke
from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from dockerhub_mcp.bootstrap.http_secrets import AUTH_TOKEN_ENV
from dockerhub_mcp.server.http.middleware.metrics import METRICS_TOKEN_ENV
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent

_TOKEN = "0123456789abcdef0123456789abcdef"
_HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
_LIST_TOOLS: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
_IDENTITY_OF_REQUEST = {"identity": "request"}


def _send(
    verb: str = "POST",
    path: str = "/mcp",
    *,
    body: Any = _LIST_TOOLS,
    repeat: int = 1,
    with_token: bool = False,
    options: Mapping[str, Any] | None = None,
    **headers: str,
) -> Provoke:
    """Return a function that sends a request to an HTTP server and returns how the last one was refused.

    Args:
        verb: The HTTP method.
        path: The path.
        body: The body: text, or an object that is sent as JSON.
        repeat: How often the request is sent.
        with_token: Whether the server demands a bearer token.
        options: Settings of the server.
        headers: Further headers of the request, with underscores in place of dashes.
    """

    async def provoke() -> str:
        environment = {AUTH_TOKEN_ENV: _TOKEN, METRICS_TOKEN_ENV: _TOKEN} if with_token else {}
        settings = config.load_settings(
            {"transport": "http", "sandbox": True, **(options or {})}, environment
        )
        sent_headers = _HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, str) else json.dumps(body)
        async with (
            HTTPServerFactory(settings, environment).create_app(ShutdownEvent()) as app,
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app), base_url="http://localhost:8000"
            ) as client,
        ):
            for _ in range(repeat):
                response = await client.request(verb, path, content=content, headers=sent_headers)
        answer = response.json()
        message = answer["error"]["message"] if "error" in answer else response.text
        return f"HTTP {response.status_code}: {message}"

    return provoke


HTTP_ERRORS: dict[str, Provoke] = {
    "Metrics require a bearer token": _send("GET", "/metrics", with_token=True, options={"metrics": True}),
    "A bearer token is required": _send(with_token=True),
    "This bearer token is not valid here": _send(with_token=True, authorization="Bearer something-else"),
    "Too many attempts to sign in from this address": _send(
        with_token=True, authorization="Bearer something-else", repeat=11
    ),
    "does not answer to the name in the Host header": _send(host="mcp.example.com"),
    "Web pages of this origin may not call this server": _send(origin="https://app.example.com"),
    "Send your Docker ID and an access token with each request": _send(options=_IDENTITY_OF_REQUEST),
    "This server calls the Hub with its own account": _send(
        x_dockerhub_username="ada", x_dockerhub_token="..."
    ),
    "There is nothing here": _send("GET", "/"),
    "this server keeps no sessions": _send("GET"),
    "Content-Type must be application/json": _send(content_type="text/plain"),
    "Content-Encoding is not supported": _send(body="compressed", content_encoding="gzip"),
    "The header X-MCP-": _send(x_mcp_toolsets="tag"),
    "There is no header X-MCP-": _send(x_mcp_toolset="tags"),
    "The request is larger than": _send(body="x" * (1024 * 1024 + 1)),
}
"""What provokes the message of each heading of the troubleshooting page."""

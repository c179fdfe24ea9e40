"""Two HTTP applications of the real server in this process: with plain answers, and with the SDK's alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import Any, NamedTuple
from unittest import mock

import httpx2 as httpx

from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent
from tests.support.reference_server import parse_options

_IGNORED_HEADERS = {"x-request-id", "date", "mcp-session-id"}


class HTTPAnswer(NamedTuple):
    """The response to a POST: the status, the headers, and the messages in its body."""

    status: int
    headers: dict[str, str]
    messages: list[Any]


@asynccontextmanager
async def serve_over_http(options: Sequence[str], *, plain: bool) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the application.

    Args:
        options: Options of the command line.
        plain: Whether plain requests are answered without the SDK.
    """
    settings = parse_options(["--transport", "http", *options])
    async with AsyncExitStack() as stack:
        if not plain:
            stack.enter_context(
                mock.patch.object(HTTPServerFactory, "_create_plain_dispatcher", return_value=None)
            )
        app = await stack.enter_async_context(HTTPServerFactory(settings, {}).create_app(ShutdownEvent()))
        transport = httpx.ASGITransport(app=app)
        yield await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", timeout=30)
        )


async def post(client: httpx.AsyncClient, body: bytes, headers: dict[str, str]) -> HTTPAnswer:
    """Send a body and return the response."""
    response = await client.post("/mcp", content=body, headers=headers)
    kept = {name: text for name, text in response.headers.items() if name not in _IGNORED_HEADERS}
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        data = [line[5:].strip() for line in response.text.split("\n") if line.startswith("data:")]
        return HTTPAnswer(response.status_code, kept, [json.loads(text) if text else None for text in data])
    kept.pop("content-length", None)
    is_json = response.headers.get("content-type", "").startswith("application/json")
    return HTTPAnswer(
        response.status_code, kept, [response.json() if is_json and response.content else response.text]
    )


def build_headers(random: Random, body: bytes, *, modern: bool) -> dict[str, str]:
    """Return the headers of a client for a body: mostly right ones."""
    headers = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
    headers["mcp-protocol-version"] = "2026-07-28" if modern else random.choice(["2025-11-25", "2025-06-18"])
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        message = None
    if modern and isinstance(message, dict) and isinstance(message.get("method"), str):
        headers["mcp-method"] = _encode(message["method"])
        params = message.get("params")
        if isinstance(params, dict) and isinstance(name := params.get("name", params.get("uri")), str):
            headers["mcp-name"] = _encode(name)
    if random.random() < 0.15:
        changed = random.choice([*headers, "mcp-method", "mcp-name", "mcp-session-id"])
        values = [
            "",
            "x",
            "*/*",
            "application/json",
            "text/event-stream",
            "2024-11-05",
            "1999-01-01",
            "tools/list",
        ]
        headers = {name: text for name, text in headers.items() if name != changed}
        if random.random() < 0.6:
            headers[changed] = random.choice(values)
    return headers


def _encode(text: str) -> str:
    """Return a text as a header value; one that a header cannot have is left out by an unfitting value."""
    return text if text.isascii() and text.isprintable() else "x"

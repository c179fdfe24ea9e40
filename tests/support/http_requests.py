"""Requests to the web server: credentials, sessions and streams."""

from __future__ import annotations

import base64
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from dockerhub_mcp.sandbox import Sandbox
from tests.support.web_servers import BOTH, Running

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


READER, TAGGER, OWNER = (f"{name}-token-0123456789abcdef" for name in ("reader", "tagger", "owner"))


def bearer(token: str) -> dict[str, Any]:
    return {"authorization": f"Bearer {token}"}


@asynccontextmanager
async def open_sse_stream(web: Running, headers: dict[str, str]) -> AsyncIterator[str]:
    """Open an HTTP+SSE stream, and yield the path for its messages."""
    async with web.http(**headers) as http, http.stream("GET", "/sse") as stream:
        assert stream.status_code == 200
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                yield line.removeprefix("data: ")
                return


async def new_session(web: Running, token: str) -> str:
    async with web.http(**BOTH, **bearer(token)) as http:
        answer = await http.post("/mcp", json=INITIALIZE)
    assert answer.status_code == 200
    return answer.headers["mcp-session-id"]


def format_log_records(records: list[logging.LogRecord]) -> str:
    """Return everything that a handler could write for log records, including tracebacks."""
    formatter = logging.Formatter()
    written = []
    for record in records:
        written.append(f"{record.name} {record.getMessage()} {vars(record)!r}")
        if record.exc_info:
            written.append(formatter.formatException(record.exc_info))
    return "\n".join(written)


Headers = dict[str, Any]


Make = Callable[[str, str], Headers]


def basic(username: str, secret: str) -> Headers:
    return {"authorization": f"Basic {base64.b64encode(f'{username}:{secret}'.encode()).decode()}"}


def of(way: Make, sandbox: Sandbox, name: str) -> Headers:
    whom = sandbox.get_identity(name)
    return way(whom.username, whom.secret)

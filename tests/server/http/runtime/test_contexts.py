"""Test that what arrives on a connection is served in the context of no earlier request."""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
from collections.abc import Iterator

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from dockerhub_mcp.server.http.runtime.connection_limit import ConnectionLimiter
from dockerhub_mcp.server.http.runtime.h11_protocol import HTTPProtocol, UvicornConfig
from dockerhub_mcp.tools.request_context import get_current_request
from tests.support.http_requests import READER, bearer
from tests.support.plain_http import LEGACY, legacy, served_over_own_protocol

PROTOCOL = "dockerhub_mcp.server.http.runtime.h11_protocol"


class RecordingHandler(logging.Handler):
    """Records the request and the caller that are current for each line."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        request = get_current_request()
        self.lines.append((record.getMessage(), request.id, request.caller))


@pytest.fixture
def lines() -> Iterator[list[tuple[str, str, str]]]:
    logger, handler = logging.getLogger(PROTOCOL), RecordingHandler()
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield handler.lines
    logger.removeHandler(handler)
    logger.setLevel(before)


async def test_a_rejection_is_not_attributed_to_an_earlier_request(lines: list[tuple[str, str, str]]) -> None:
    body = json.dumps(legacy("ping")).encode()
    headers = {**LEGACY, **bearer(READER), "host": "localhost", "content-length": str(len(body))}
    head = "\r\n".join(
        ["POST /mcp HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    )
    environment = {"DOCKERHUB_MCP_AUTH_TOKEN": READER}
    async with served_over_own_protocol(environment, sandbox=True) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(2 * (head.encode() + body))  # the second one pauses reading, until the first is answered
        for _ in range(2):
            await reader.readuntil(b"\r\n0\r\n\r\n")
        writer.write(b"no request\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
        writer.close()
    assert lines == [("rejected", "", "")]


@pytest.mark.parametrize("body", [b"", b"x" * 200_000])
async def test_requests_on_one_connection_share_no_context(body: bytes) -> None:
    variable = contextvars.ContextVar("variable", default="unset")
    found = []

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        found.append(variable.get())
        variable.set("of an earlier request")
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    config = UvicornConfig(
        app,
        header_timeout=20,
        write_timeout=20,
        keep_alive=20,
        connection_limiter=ConnectionLimiter(max_connections=9, max_unauthenticated=9, max_per_caller=9),
        log_config=None,
    )
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: HTTPProtocol(config, state, {}), "127.0.0.1", 0
    )
    async with server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
        request = b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        writer.write(2 * request)
        for _ in range(2):
            await reader.readuntil(b"\r\n\r\n")
        writer.write(request)
        await reader.readuntil(b"\r\n\r\n")
        writer.close()
    assert found == ["unset"] * 3

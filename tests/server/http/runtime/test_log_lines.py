"""Test that log lines on data that is no request name no earlier request of the connection."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest

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

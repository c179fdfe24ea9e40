"""Edges of HTTP requests on raw sockets: Accept, protocol versions, paths and ids."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, KNOWN_PROTOCOL_VERSIONS

from tests.support.http_requests import INITIALIZE
from tests.support.web_servers import READY, Running, modern, routed, served

MODERN_VERSION, UNKNOWN = "2026-07-28", "2031-01-01"
PING = {"jsonrpc": "2.0", "id": 5, "method": "ping"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def message(self) -> dict[str, Any]:
        """The JSON-RPC message, from JSON or from the first event."""
        data = [
            line.removeprefix("data: ")
            for line in re.split(r"\r?\n", self.body)
            if line.startswith("data: {")
        ]
        message: dict[str, Any] = json.loads(data[0] if data else self.body)
        return message


async def exchange(
    web: Running,
    message: dict[str, Any] | None,
    *headers: str,
    path: str = "/mcp",
    method: str = "POST",
) -> Answer:
    """Send exactly these header lines, and return the response."""
    address = urlsplit(web.url)
    body = b"" if message is None else json.dumps(message).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {address.netloc}", "Connection: close", *headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    head, _, rest = (await asyncio.wait_for(reader.read(), 20)).partition(b"\r\n\r\n")
    writer.close()
    status, *fields = head.decode().split("\r\n")
    found = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    if found.get("transfer-encoding") == "chunked":
        rest = b"".join(dechunk(rest))
    return Answer(int(status.split()[1]), found, rest.decode())


def dechunk(content: bytes) -> Iterator[bytes]:
    while content:
        size, _, content = content.partition(b"\r\n")
        yield content[: int(size, 16)]
        content = content[int(size, 16) + 2 :]


def lines_of(headers: dict[str, str], *without: str) -> list[str]:
    left_out = {"content-type", *without}
    return [f"{name}: {value}" for name, value in headers.items() if name not in left_out]


@pytest.fixture(params=[False, True], ids=["stateless", "sessions"])
async def web(request: pytest.FixtureRequest) -> AsyncIterator[Running]:
    async with served(sandbox=True, sessions=request.param) as running:
        yield running


def initialize(version: Any = "2025-11-25") -> dict[str, Any]:
    return INITIALIZE | {"params": {**INITIALIZE["params"], "protocolVersion": version}}  # type: ignore[dict-item]


def agreed(answer: Answer) -> str:
    assert answer.status == 200, answer.body
    version: str = answer.message["result"]["protocolVersion"]
    return version


async def test_initialize_agrees_on_a_version_whatever_the_client_names(web: Running) -> None:
    accept = f"Accept: {READY}"
    latest = HANDSHAKE_PROTOCOL_VERSIONS[-1]
    for version in (UNKNOWN, "1999-01-01", "", "x" * 500, MODERN_VERSION):
        assert agreed(await exchange(web, initialize(version), accept)) == latest
    for version in (UNKNOWN, "1999-01-01", "", "2025-11-25, 2025-06-18"):
        header = f"MCP-Protocol-Version: {version}"
        assert agreed(await exchange(web, initialize("2025-06-18"), accept, header)) == "2025-06-18"
        assert agreed(await exchange(web, initialize(UNKNOWN), accept, header)) == latest
    for version in HANDSHAKE_PROTOCOL_VERSIONS:
        header = f"MCP-Protocol-Version: {version}"
        assert agreed(await exchange(web, initialize(version), accept, header)) == version


async def test_other_requests_with_an_unknown_version_get_the_supported_ones(web: Running) -> None:
    notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    methods: list[tuple[dict[str, Any] | None, str, Any]] = [(PING, "POST", 5), (notification, "POST", None)]
    if (await exchange(web, None, method="GET")).status != 405:  # with sessions
        methods += [(None, "GET", None), (None, "DELETE", None)]
    for message, method, request_id in methods:
        header = f"MCP-Protocol-Version: {UNKNOWN}"
        answer = await exchange(web, message, f"Accept: {READY}", header, method=method)
        assert answer.status == 400, method
        assert answer.message["id"] == request_id
        error = answer.message["error"]
        assert error["code"] == -32022
        assert error["data"] == {"supported": list(KNOWN_PROTOCOL_VERSIONS), "requested": UNKNOWN}
        assert all(version in error["message"] for version in KNOWN_PROTOCOL_VERSIONS)


async def test_a_message_that_names_an_unknown_version_gets_the_supported_ones(web: Running) -> None:
    message = modern("tools/list")
    message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = UNKNOWN
    headers = routed(message) | {"mcp-protocol-version": UNKNOWN}
    answer = await exchange(web, message, *lines_of(headers))
    assert answer.status == 400
    assert answer.message["error"]["data"] == {"supported": [MODERN_VERSION], "requested": UNKNOWN}


ACCEPTED: list[Sequence[str]] = [
    (),
    ("Accept:",),
    ("Accept: */*",),
    ("Accept: application/*, text/*;q=0.5",),
    ("Accept: application/json", "Accept: text/event-stream"),
    (f"Accept: {READY}",),
]
REFUSED: list[Sequence[str]] = [
    ("Accept: text/html",),
    ("Accept: text/html, image/*",),
    ("Accept: text/html", "Accept: application/xml"),
]


async def test_no_accept_header_means_any_type(web: Running) -> None:
    message = modern("tools/list")
    for accept in ACCEPTED:
        assert agreed(await exchange(web, initialize(), *accept)) == "2025-11-25", accept
        answer = await exchange(web, message, *lines_of(routed(message), "accept"), *accept)
        assert answer.status == 200, accept
        assert "tools" in answer.message["result"]


async def test_an_accept_header_that_excludes_both_types_is_refused(web: Running) -> None:
    message = modern("tools/list")
    for accept in REFUSED:
        for answer in (
            await exchange(web, initialize(), *accept),
            await exchange(web, message, *lines_of(routed(message), "accept"), *accept),
        ):
            assert answer.status == 406, accept
            assert "application/json, text/event-stream" in answer.message["error"]["message"]


async def test_a_slash_at_the_end_of_the_path_makes_no_difference(web: Running) -> None:
    assert agreed(await exchange(web, initialize(), path="/mcp/")) == "2025-11-25"
    assert agreed(await exchange(web, initialize(), path="/mcp/?x=1")) == "2025-11-25"
    for path in ("/messages", "/mcp//", "/mcp//x", "/mcpx", "/mcp/x", "/"):
        assert (await exchange(web, initialize(), path=path)).status == 404, path


async def test_a_slash_at_the_end_of_the_configured_path_makes_no_difference() -> None:
    async with served(sandbox=True, path="/docker/mcp/") as web:
        for path in ("/docker/mcp/", "/docker/mcp"):
            assert agreed(await exchange(web, initialize(), path=path)) == "2025-11-25"
        assert (await exchange(web, initialize(), path="/docker/mcp//")).status == 404


IDS = (0, -1, 1, 2**53, 2**63, 10**40, "", "0", "a b", "é", "\u2028", "x" * 5000)


async def test_every_id_that_the_specification_allows_is_answered(web: Running) -> None:
    for request_id in IDS:
        for message, headers in (
            (initialize() | {"id": request_id}, [f"Accept: {READY}"]),
            (modern("tools/list") | {"id": request_id}, lines_of(routed(modern("tools/list")))),
        ):
            answer = await exchange(web, message, *headers)
            assert answer.status == 200, (request_id, answer.body)
            assert answer.message["id"] == request_id
            assert type(answer.message["id"]) is type(request_id)


async def test_other_ids_are_refused(web: Running) -> None:
    others: tuple[Any, ...] = (None, 1.0, 1.5, True, {}, [1])
    for request_id in others:
        for message, headers in (
            (initialize() | {"id": request_id}, [f"Accept: {READY}"]),
            (modern("tools/list") | {"id": request_id}, lines_of(routed(modern("tools/list")))),
        ):
            answer = await exchange(web, message, *headers)
            assert (answer.status, answer.message["error"]["code"]) == (400, -32600)
            assert answer.message["id"] is None
            assert "the id must be a text or an integer" in answer.message["error"]["message"]


async def test_an_invalid_parameter_is_named() -> None:
    async with served(sandbox=True) as web:
        message = modern("tools/call", name=5)
        headers = [*lines_of(routed(modern("tools/call"))), "Mcp-Name: get_tag"]
        answer = await exchange(web, {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {}})
        assert answer.message["error"]["message"] == "Invalid request parameters: name is required."
        answer = await exchange(web, message, *headers)
        assert answer.message["error"]["code"] in {-32602, -32020}

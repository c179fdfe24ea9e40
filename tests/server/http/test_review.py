"""Test against hostile clients: connections that never end, and ambiguous requests."""

from __future__ import annotations

import asyncio
import base64
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.http_server_process import Connection, Served, serving
from tests.support.web_servers import call, routed, served

SHORT = 0.3  # seconds
REQUEST = b"POST /unread HTTP/1.1\r\nContent-Length: 9\r\nHost: test\r\n\r\n"


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve with short timeouts for incomplete requests and unread responses."""
    folder = tmp_path_factory.mktemp("hasty")
    with serving(folder, header_timeout=SHORT, keep_alive=2 * SHORT, write_timeout=SHORT) as served:
        yield served
        served.signal(signal.SIGTERM)
        assert served.end() == 0
        assert "Traceback" not in served.stderr


@pytest.mark.parametrize("more", [b"", b"part", b"the whole", b"the wholePOST / HT"])
async def test_an_unread_body_does_not_keep_the_connection_open(hasty: Served, more: bytes) -> None:
    async with await Connection.open(hasty.address) as connection:
        connection.writer.write(REQUEST)
        assert (await connection.receive()).body == b"unread"
        if more:
            connection.writer.write(more)
        async with asyncio.timeout(20 * SHORT):
            await connection.rest()


async def test_a_request_may_follow_an_unread_body(hasty: Served) -> None:
    async with await Connection.open(hasty.address) as connection:
        for _ in range(3):
            connection.writer.write(REQUEST)
            assert (await connection.receive()).body == b"unread"
            connection.writer.write(b"the whole")
        assert (await connection.ask(body=b"next")).body == b"next"


def read_all(connection: socket.socket, *, pause: float = 0.0) -> int:
    """Read until the end, with a pause after every million bytes, and return the number of bytes."""
    got = paused = 0
    while chunk := connection.recv(65_536):
        got += len(chunk)
        if pause and got - paused > 1_000_000:
            time.sleep(pause)
            paused = got
    return got


async def test_a_client_that_reads_no_response_is_disconnected(tmp_path: Path) -> None:
    """Otherwise the call would count as under way, and its response stay in memory, for ever."""
    with (
        serving(tmp_path, write_timeout=SHORT) as served,
        socket.create_connection(served.address, timeout=20) as deaf,
    ):
        deaf.sendall(b"GET /much HTTP/1.1\r\nHost: test\r\n\r\n")
        await asyncio.to_thread(served.said, "sent all")
        got = 0
        with suppress(ConnectionResetError):
            got = await asyncio.to_thread(read_all, deaf)
        assert got < 24_000_000


async def test_a_slow_client_receives_the_whole_response(tmp_path: Path) -> None:
    with (
        serving(tmp_path, write_timeout=1.0) as served,
        socket.create_connection(served.address, timeout=20) as slow,
    ):
        slow.sendall(b"GET /much HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        assert await asyncio.to_thread(read_all, slow, pause=0.15) > 24_000_000


@pytest.mark.parametrize("path", ["/mcp", "/healthz", "/nowhere"])
async def test_a_request_with_ambiguous_framing_is_rejected(path: str) -> None:
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    both = f"Content-Length: {5 + len(smuggled)}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode()
    async with served(sandbox=True) as web:
        host, port = web.url.removeprefix("http://").split(":")
        async with await Connection.open((host, int(port))) as connection:
            connection.writer.write(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n".encode() + both + smuggled)
            answer = await connection.receive()
            assert (answer.status, answer.closes) == (400, True)
            assert await connection.rest() == b""


async def get_tool_error(
    web_options: dict[str, Any], tool: str, arguments: dict[str, Any], **headers: str
) -> str:
    async with served(sandbox=True, **web_options) as web, web.http(**headers) as http:
        message = call(tool, **arguments)
        return (await http.post("/mcp", json=message, headers=routed(message))).text


async def test_no_advice_is_to_do_what_this_server_refuses() -> None:
    """Over HTTP, `create_auth_token` accepts no secret, and callers cannot change the server's environment."""
    options = {"sandbox_identity": "anonymous", "toolsets": "members"}
    said = await get_tool_error(options, "list_org_members", {"org_name": "acme"})
    assert "This needs an account" in said
    assert "The operator of this connection chooses its account." in said
    assert "create_auth_token" not in said
    assert "DOCKERHUB_" not in said


@pytest.mark.parametrize("secret", ["dckr_pat_wrong", "dckr_oat_wrong"])
async def test_errors_for_a_caller_with_an_account_do_not_mention_the_environment(secret: str) -> None:
    sent = "Basic " + base64.b64encode(f"ada:{secret}".encode()).decode()
    said = await get_tool_error(
        {"identity": "request"}, "list_tags", {"repository": "redis"}, authorization=sent
    )
    assert "refused to sign in ada" in said
    assert "DOCKERHUB_" not in said

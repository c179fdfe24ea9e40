"""Responses that are cut off, endless, or belong to no request."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from dockerhub_mcp.hub.errors import UnexpectedAnswer
from dockerhub_mcp.hub.transport.aiohttp_backend import AiohttpSender
from dockerhub_mcp.hub.transport.backends import ConnectionLimits, Request, Response, Sender
from dockerhub_mcp.hub.transport.httpcore_backend import HttpcoreSender
from dockerhub_mcp.hub.transport.httpx_backend import create_httpx_sender
from dockerhub_mcp.hub.transport.network_errors import (
    DecodingError,
    LocalProtocolError,
    RemoteProtocolError,
)

LIMITS = ConnectionLimits(
    timeout=5.0,
    connect_timeout=5.0,
    max_connections=4,
    max_keepalive_connections=4,
    keepalive_expiry=20.0,
)
HEAD = b"HTTP/1.1 200 OK\r\n"
SHORT = HEAD + b"Content-Length: 2\r\n\r\nhi"
OTHER = HEAD + b"Content-Length: 5\r\n\r\nother"
COMPRESSED = {"gzip": gzip.compress(bytes(500)), "deflate": zlib.compress(bytes(500))}


class Server:
    """Sends the same bytes after each request, and keeps the connection."""

    def __init__(self) -> None:
        self.answer, self.ending, self.connections = SHORT, b"", 0
        self.url = ""
        self.tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(self.answer)
                while self.ending:
                    writer.write(self.ending)
                    await writer.drain()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Yield a server on a free port."""
    server = Server()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/x"
    yield server
    listener.close()


def create_aiohttp_sender(limits: ConnectionLimits, tls: ssl.SSLContext) -> Sender:
    """Return a sender over aiohttp."""
    return AiohttpSender(lambda: HttpcoreSender(limits, tls), limits, tls)


CREATE = {"httpcore": HttpcoreSender, "httpx": create_httpx_sender, "aiohttp": create_aiohttp_sender}


@pytest.fixture(params=list(CREATE.values()), ids=list(CREATE))
async def sender(request: pytest.FixtureRequest) -> AsyncIterator[Sender]:
    """Yield a sender of each kind."""
    sender: Sender = request.param(LIMITS, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    yield sender
    await sender.aclose()


async def send(sender: Sender, server: Server, verb: str = "GET") -> Response:
    return await sender.send(Request(verb, server.url, {}, max_bytes=100_000))


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize("sender", [HttpcoreSender], indirect=True)
async def test_a_response_without_a_request_is_not_taken_for_that_of_the_next(
    server: Server, sender: Sender, verb: str
) -> None:
    server.answer = SHORT + OTHER
    assert (await send(sender, server)).content == b"hi"
    with pytest.raises(RemoteProtocolError):
        await send(sender, server, verb)
    server.answer = SHORT
    for _ in range(2):
        assert (await send(sender, server)).content == b"hi"
    assert server.connections == 2


@pytest.mark.parametrize("encoding", COMPRESSED)
@pytest.mark.parametrize("missing", [1, 4, 10])
async def test_a_body_that_is_cut_off_in_its_encoding_is_refused(
    server: Server, sender: Sender, encoding: str, missing: int
) -> None:
    body = COMPRESSED[encoding][:-missing]
    server.answer = HEAD + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (
        encoding.encode(),
        len(body),
    )
    server.answer += body
    with pytest.raises(DecodingError):
        await send(sender, server)


async def test_all_members_of_gzip_are_read(server: Server, sender: Sender) -> None:
    body = gzip.compress(b"one") + gzip.compress(b"") + gzip.compress(b"two") + bytes(8)
    for size in (len(body), 30, 1):
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        server.answer = HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        server.answer += chunks + b"0\r\n\r\n"
        assert (await send(sender, server)).content == b"onetwo"


async def test_other_data_behind_gzip_are_refused(server: Server, sender: Sender) -> None:
    body = COMPRESSED["gzip"] + b"more"
    server.answer = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with pytest.raises(DecodingError):
        await send(sender, server)


@pytest.mark.parametrize("encoding", COMPRESSED)
async def test_what_follows_the_end_of_an_encoding_is_limited_too(
    server: Server, sender: Sender, encoding: str
) -> None:
    server.answer = HEAD + b"Content-Encoding: %s\r\n\r\n" % encoding.encode() + COMPRESSED[encoding]
    server.ending = bytes(65_536)
    with pytest.raises(UnexpectedAnswer, match="more than"):
        await send(sender, server)


async def test_a_token_that_no_header_can_have_is_an_error_of_the_request(
    server: Server, sender: Sender
) -> None:
    with pytest.raises(LocalProtocolError):
        await sender.send(Request("POST", server.url, {"authorization": "Bearer tök€n"}))

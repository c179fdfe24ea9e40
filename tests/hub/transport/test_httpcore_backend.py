"""Requests over httpcore are those of a client of httpx, byte for byte in their meaning, and so are the results."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest

from dockerhub_mcp.hub.errors import UnexpectedAnswer
from dockerhub_mcp.hub.transport.backends import ConnectionLimits, Request, Sender
from dockerhub_mcp.hub.transport.httpcore_backend import HttpcoreSender
from dockerhub_mcp.hub.transport.httpx_backend import create_httpx_sender

LIMITS = ConnectionLimits(
    timeout=2.0,
    connect_timeout=2.0,
    max_connections=4,
    max_keepalive_connections=4,
    keepalive_expiry=20.0,
)
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
BODY = b'{"name": "8.x", "digest": "' + b"a" * 200 + b'"}'
RAW_DEFLATE = zlib.compressobj(wbits=-zlib.MAX_WBITS)


def build(*headers: bytes, body: bytes = BODY, status: bytes = b"200 OK") -> bytes:
    lines = (b"HTTP/1.1 " + status, *headers, b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def encode(encoding: bytes, body: bytes) -> bytes:
    return build(b"Content-Encoding: " + encoding, body=body)


ANSWERS = {
    "plain": build(b"Content-Type: application/json"),
    "no body": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
    "refusal": build(status=b"404 Not Found"),
    "redirect": build(b"Location: https://example.com/", status=b"302 Found"),
    "redirect to nothing valid": build(b"Location: https://[", status=b"302 Found"),
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + build(),
    "repeated header": build(b"Retry-After: 3", b"retry-after: 9", b"X-A: 1"),
    "header in UTF-8": build("X-Title: é".encode()),
    "header in Latin-1": build("X-Title: é".encode("latin-1")),
    "cookie": build(b"Set-Cookie: a=b; Path=/"),
    "until the end": b"HTTP/1.1 200 OK\r\n\r\n" + BODY,
    "version 1.0": b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: x\r\n\r\n",
    "broken chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
    "cut off": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
    "cut off chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
    "nothing": b"",
    "not HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "head only": b"HTTP/1.1 200 OK\r\nContent-",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    "endless header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
    "gzip": encode(b"gzip", gzip.compress(BODY)),
    "GZIP": encode(b"GZIP", gzip.compress(BODY)),
    "gzip in two members": encode(b"gzip", gzip.compress(b"one") + gzip.compress(b"two")),
    "no gzip": encode(b"gzip", b"no gzip at all"),
    "empty gzip": encode(b"gzip", b""),
    "deflate": encode(b"deflate", zlib.compress(BODY)),
    "raw deflate": encode(b"deflate", RAW_DEFLATE.compress(BODY) + RAW_DEFLATE.flush()),
    "no deflate": encode(b"deflate", b"\xff\xff no deflate"),
    "deflate, then gzip": encode(b"deflate, gzip", gzip.compress(zlib.compress(BODY))),
    "identity": encode(b"identity", BODY),
    "unknown encoding": encode(b"x-own", BODY),
    "large": build(body=b"x" * 300_000),
    "large gzip": encode(b"gzip", gzip.compress(b"x" * 300_000)),
    "bomb": encode(b"gzip", gzip.compress(bytes(3_000_000))),
    "too large": build(body=b"x" * 2_000_000),
}


class RawServer:
    """Answers every request with fixed bytes and closes the connection; keeps the requests."""

    def __init__(self) -> None:
        self.answer = build()
        self.requests: list[bytes] = []
        self.url = ""
        self.writers: list[asyncio.StreamWriter] = []

    async def wait_closed(self) -> None:
        """Wait until all connections are closed."""
        for writer in self.writers:
            with suppress(OSError):
                await writer.wait_closed()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        _, _, rest = request.lower().partition(b"content-length: ")
        if rest:
            request += await reader.readexactly(int(rest.partition(b"\r\n")[0]))
        self.requests.append(request)
        writer.write(self.answer)
        writer.close()
        self.writers.append(writer)


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    """Yield a server on a free port."""
    server = RawServer()
    listener = await asyncio.start_server(server, "127.0.0.1", 0)
    server.url = f"http://localhost:{listener.sockets[0].getsockname()[1]}"
    async with listener:
        yield server
        await server.wait_closed()


@pytest.fixture
async def senders() -> AsyncIterator[tuple[Sender, Sender]]:
    """Yield a sender over httpcore and one over httpx."""
    pair = HttpcoreSender(LIMITS, TLS), create_httpx_sender(LIMITS, TLS)
    yield pair
    for sender in pair:
        await sender.aclose()


async def describe(send: Callable[[Request], Awaitable[object]], request: Request) -> tuple[object, ...]:
    """Return what came of a request: the response, or the error."""
    try:
        response = await send(request)
    except (Exception, UnexpectedAnswer) as error:  # noqa: BLE001 - to be compared
        return type(error).__name__, str(error)
    headers = response.headers  # type: ignore[attr-defined]
    names = sorted({name.lower() for name in headers})
    return response.status, response.content, [(name, headers[name]) for name in names]  # type: ignore[attr-defined]


@pytest.mark.parametrize("title", ANSWERS)
@pytest.mark.parametrize("verb", ["GET", "HEAD"])
async def test_an_answer_means_the_same_as_to_httpx(
    server: RawServer, senders: tuple[Sender, Sender], title: str, verb: str
) -> None:
    server.answer = ANSWERS[title]
    request = Request(verb, f"{server.url}/v2/x", {"accept": "application/json"}, max_bytes=1024**2)
    one, other = [await describe(sender.send, request) for sender in senders]
    assert one == other


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/",
        "/v2/a?page=1&name=a+b%2Fc",
        "/v2/a?",
        "/v2//b",
        "/v2/a/../b/./c",
        "/v2/.hidden",
        "/v2/a b/é",
        "/v2/%zz/%2e%2e/%C3%A9",
        "/v2/a?q=é [x]",
        "/v2/a|b{c}^`",
        "/v2/a#part",
        "/v2/sha256:abc@x,y;z=1!$&'()*",
        "/v2/a\tb",
        "/v2/" + "a" * 70_000,
    ],
)
async def test_a_url_is_sent_as_by_httpx(
    server: RawServer, senders: tuple[Sender, Sender], target: str
) -> None:
    for base in (server.url, server.url.upper().replace("HTTP:", "http:")):
        one, other = [
            await describe(sender.send, Request("GET", base + target, {"accept": "x/y"}))
            for sender in senders
        ]
        assert one == other
    lines = [request.split(b"\r\n") for request in server.requests]
    assert len({(line[0], next(filter(is_host, line)).lower()) for line in lines}) <= 1


def is_host(line: bytes) -> bool:
    return line.lower().startswith(b"host:")


@pytest.mark.parametrize(
    "url",
    ["ftp://localhost/x", "http:///x", "localhost/x", "http://1.2.3.999/x", "http://[::1", "http://a:99999/"],
)
async def test_an_invalid_url_is_refused_as_by_httpx(senders: tuple[Sender, Sender], url: str) -> None:
    one, other = [await describe(sender.send, Request("GET", url, {})) for sender in senders]
    assert one == other


@pytest.mark.parametrize(
    ("verb", "content"),
    [("GET", None), ("HEAD", None), ("DELETE", None), ("POST", b"{}"), ("POST", None), ("PATCH", b"x" * 9)],
)
async def test_a_request_has_the_headers_that_httpx_sends(
    server: RawServer, senders: tuple[Sender, Sender], verb: str, content: bytes | None
) -> None:
    headers = {"user-agent": "test/1", "accept": "application/json", "authorization": "Bearer a.b.c"}
    for sender in senders:
        await sender.send(Request(verb, f"{server.url}/v2/x", headers, content))
    one, other = (sorted(filter(None, request.lower().split(b"\r\n"))) for request in server.requests)
    encodings = [[line for line in lines if line.startswith(b"accept-encoding")] for lines in (one, other)]
    assert encodings[0] == [b"accept-encoding: gzip, deflate"]  # httpx adds those of installed packages
    assert [line for line in one if line not in encodings[0]] == [
        line for line in other if line not in encodings[1]
    ]


async def test_a_connection_is_used_again() -> None:
    writers: list[asyncio.StreamWriter] = []

    async def keep_alive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(build())
        writer.close()

    listener = await asyncio.start_server(keep_alive, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/x"
    sender = HttpcoreSender(LIMITS, TLS)
    for _ in range(3):
        assert (await sender.send(Request("GET", url, {}))).content == BODY
    await sender.aclose()
    listener.close()
    for writer in writers:
        await writer.wait_closed()
    assert len(writers) == 1


async def test_a_connection_that_the_server_closed_is_not_used_again(server: RawServer) -> None:
    sender = HttpcoreSender(LIMITS, TLS)
    for _ in range(3):
        assert (await sender.send(Request("POST", f"{server.url}/x", {}, b"{}"))).content == BODY
        await asyncio.sleep(0.05)  # until the end of the connection has arrived
    await sender.aclose()
    assert len(server.requests) == 3


def test_a_client_is_ready_without_httpx() -> None:
    code = "import sys, dockerhub_mcp.hub.client, dockerhub_mcp.hub.transport.httpcore_backend\n"
    code += "print(*{'httpx2', 'aiohttp'} & sys.modules.keys())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""

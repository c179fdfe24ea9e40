"""Requests through proxies, and to servers with certificates that are not trusted, over real sockets."""

from __future__ import annotations

import asyncio
import gc
import os
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from dockerhub_mcp.hub import Credentials, Hub, RetryPolicy
from dockerhub_mcp.hub.errors import ConnectionFailed, SignInUnavailable
from dockerhub_mcp.hub.methods import GetOrgSettings, GetTag
from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.hub.transport.pool import ConnectionPool
from tests.support.tls_files import write_certificate

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ListenTLS = Callable[..., Awaitable[int]]

TAG = GetTag(repository="redis", tag="latest")
QUICK = RetryPolicy(base_delay=0.001)
OK_RESPONSE = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"name": "8.x"}'
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the variables of the machine that runs the tests."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("SSL"):
            monkeypatch.delenv(name)


@pytest.fixture(params=["httpcore", "aiohttp"])
def sender(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test with httpcore alone and with aiohttp for reads."""
    if request.param == "httpcore":
        monkeypatch.setitem(sys.modules, "aiohttp", None)
    return str(request.param)


@asynccontextmanager
async def open_servers() -> AsyncIterator[ListenTLS]:
    """Yield a function that starts a server on a free port, and returns the port."""
    servers = []
    connections: list[asyncio.Task[None]] = []

    async def start(handle: Handle, tls: ssl.SSLContext | None = None) -> int:
        async def handle_to_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await handle(reader, writer)
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

        def start_handling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connections.append(asyncio.create_task(handle_to_the_end(reader, writer)))

        server = await asyncio.start_server(start_handling, "127.0.0.1", 0, ssl=tls)
        servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    yield start
    for server in servers:
        server.close()
    if connections:
        await asyncio.wait(connections, timeout=5)


@pytest.fixture
async def serve() -> AsyncIterator[ListenTLS]:
    """Return a function that starts a server on a free port, and returns the port."""
    async with open_servers() as start:
        yield start


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request as the Hub does, and close the connection."""
    with suppress(OSError, asyncio.IncompleteReadError):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK_RESPONSE)
        await writer.drain()
    writer.close()


class RefusingProxy:
    """Answers each CONNECT with a status."""

    def __init__(self, status: str) -> None:
        self.status = status
        self.requests: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


class SocksProxy:
    """A SOCKS5 proxy without authentication, which connects to one port whatever the request names."""

    def __init__(self, port: int, *, reply: bytes = b"\x00") -> None:
        self._port, self._reply = port, reply
        self.hosts: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        methods = await reader.readexactly(2)
        await reader.readexactly(methods[1])
        writer.write(b"\x05\x00")
        *_, length = await reader.readexactly(5)
        self.hosts.append(await reader.readexactly(length))
        await reader.readexactly(2)
        writer.write(b"\x05" + self._reply + b"\x00\x01\x7f\x00\x00\x01\x00\x50")
        if self._reply == b"\x00":
            to_server = await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.gather(relay(reader, to_server[1]), relay(to_server[0], writer))
        writer.close()


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
        writer.close()


async def fail(hub: Hub) -> ConnectionFailed:
    """Return the error of a call that cannot reach the Hub."""
    with pytest.raises(ConnectionFailed) as caught:
        await hub.send(TAG)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
async def test_a_proxy_that_wants_credentials_is_asked_once(
    serve: ListenTLS, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    proxy = RefusingProxy("407 s3cret phrase")
    port = await serve(proxy)
    monkeypatch.setenv(variable, f"http://127.0.0.1:{port}")
    async with Hub(retry_policy=QUICK) as hub:
        error = await fail(hub)
    assert len(proxy.requests) == 1
    assert str(error) == (
        f"hub.docker.com could not be reached (tried once): the proxy in {variable} asks for credentials (407). "
        f"Write name and password percent-encoded into {variable}, as in http://NAME:PASSWORD@proxy:3128, where this "
        "server is configured."
    )
    monkeypatch.setenv(variable, f"http://ada:s3cr%40et@127.0.0.1:{port}")
    async with Hub(retry_policy=QUICK) as hub:
        error = await fail(hub)
    assert b"Basic YWRhOnMzY3JAZXQ=" in proxy.requests[1]
    assert "did not accept the user name and password in it (407)" in str(error)
    assert "s3cr" not in str(error)


async def test_a_proxy_that_refuses_the_host_is_asked_once_and_one_that_fails_again(
    serve: ListenTLS, monkeypatch: pytest.MonkeyPatch
) -> None:
    for status, requests in (("403 Forbidden", 1), ("502 Bad Gateway", 4)):
        proxy = RefusingProxy(status)
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{await serve(proxy)}")
        async with Hub(retry_policy=QUICK) as hub:
            error = await fail(hub)
        assert len(proxy.requests) == requests
        assert f"the proxy in HTTPS_PROXY refused the connection ({status[:3]})" in str(error)
        assert "list it in NO_PROXY" in error.remedy


async def test_a_sign_in_through_such_a_proxy_is_tried_once(
    serve: ListenTLS, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = RefusingProxy("407 Proxy Authentication Required")
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{await serve(proxy)}")
    async with Hub(Credentials.from_strings("ada", "secret"), retry_policy=QUICK) as hub:
        with pytest.raises(SignInUnavailable, match=r"407.*percent-encoded"):
            await hub.send(GetOrgSettings(name="acme"))
    assert len(proxy.requests) == 1


async def test_a_proxy_that_does_not_listen_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with Hub(retry_policy=QUICK) as hub:
        error = await fail(hub)
    assert "(tried 4 times): the proxy in ALL_PROXY does not accept connections" in error.what


async def test_an_unusable_proxy_is_an_error_of_each_call_and_not_of_the_warm_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://ada:s3cret@")
    async with Hub(retry_policy=QUICK) as hub:
        hub.warm_up()
        error = await fail(hub)
        assert error.what == "HTTPS_PROXY cannot be used: it names no host."


async def test_a_host_in_no_proxy_is_reached_directly(
    serve: ListenTLS, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sender: str
) -> None:
    certificate, tls = write_certificate(tmp_path)
    port = await serve(answer, tls)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("HTTPS_PROXY", "socks4://unusable")
    monkeypatch.setenv("NO_PROXY", f"example.com,localhost:{port}")
    pool = ConnectionPool(timeout=10)
    async with Hub(base_url=f"https://localhost:{port}", pool=pool) as hub:
        assert (await hub.send(TAG)).name == "8.x"
    name = type(pool.sender_for(f"https://localhost:{port}")).__name__
    assert name == {"httpcore": "HttpcoreSender", "aiohttp": "AiohttpSender"}[sender]
    await pool.aclose()


@pytest.mark.usefixtures("sender")
@pytest.mark.parametrize(
    ("host", "days", "why"),
    [
        (
            "localhost",
            2,
            "The certificate's issuer is unknown: a company proxy or firewall probably intercepts TLS.",
        ),
        (
            "localhost",
            -2,
            "The certificate has expired or is not valid yet, or this machine's clock is wrong.",
        ),
        (
            "other.example",
            2,
            "The certificate belongs to another host: a proxy, a sign-in page or another server answered.",
        ),
    ],
)
async def test_a_certificate_that_is_not_trusted_is_tried_once(
    serve: ListenTLS,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    host: str,
    days: int,
    why: str,
) -> None:
    certificate, tls = write_certificate(tmp_path, host, days=days)
    if (host, days) != ("localhost", 2):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    port = await serve(answer, tls)
    attempts: list[RequestAttempt] = []
    address = f"https://localhost:{port}"
    async with Hub(base_url=address, retry_policy=QUICK, on_attempt=attempts.append) as hub:
        error = await fail(hub)
    assert len(attempts) == 1
    assert error.what == f"localhost:{port} could not be reached (tried once): CERTIFICATE_VERIFY_FAILED."
    assert error.why == why
    assert (days != 2) or (host != "localhost") or "SSL_CERT_FILE" in error.remedy


@pytest.mark.usefixtures("sender")
async def test_certificates_that_vanish_are_an_error_of_the_call(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    async with Hub(retry_policy=QUICK) as hub:
        hub.warm_up()
        error = await fail(hub)
    assert "The certificates to verify servers with cannot be loaded: No such file" in error.what
    assert "SSL_CERT_FILE" in error.remedy


@pytest.mark.usefixtures("sender")
async def test_requests_go_through_a_socks_proxy(
    serve: ListenTLS, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("socksio")
    certificate, tls = write_certificate(tmp_path)
    proxy = SocksProxy(await serve(answer, tls))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{await serve(proxy)}")
    async with Hub(base_url="https://localhost:4443", retry_policy=QUICK) as hub:
        assert (await hub.send(TAG)).name == "8.x"
    assert proxy.hosts == [b"localhost"]


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # httpcore leaves the socket open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_socks_proxy_that_refuses_or_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("socksio")

    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def speak_http(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def call(handle: Handle) -> tuple[str, bool]:
        async with open_servers() as start:
            monkeypatch.setenv("HTTPS_PROXY", f"socks5://127.0.0.1:{await start(handle)}")
            async with Hub(retry_policy=QUICK) as hub:
                error = await fail(hub)
                return error.what, error.is_sent

    for handle in (SocksProxy(0, reply=b"\x02"), speak_http, close):
        what, is_sent = asyncio.run(call(handle))
        assert "the proxy in HTTPS_PROXY could not connect" in what
        assert not is_sent
        gc.collect()

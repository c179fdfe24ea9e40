from __future__ import annotations

import asyncio
import gzip
import socket
import sys
import zlib
from collections.abc import Awaitable, Callable

import pytest

from dockerhub_mcp.hub import Credentials, Hub, RetryPolicy
from dockerhub_mcp.hub.errors import ConnectionFailed, DeadlineExceeded, UnexpectedAnswer
from dockerhub_mcp.hub.methods import CreateRepository, DeleteTag, GetTag, SearchRepositories
from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.sandbox import Sandbox

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Listen = Callable[[Handle], Awaitable[str]]

TAG = GetTag(repository="redis", tag="latest")
QUICK = RetryPolicy(base_delay=0.001)
OK_RESPONSE = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"name": "8.x"}'
)

TOKEN_RESPONSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 25\r\n\r\n"
    b'{"access_token": "a.b.c"}'
)


@pytest.fixture(params=["httpcore", "aiohttp"], autouse=True)
def sender(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run each test with httpcore alone and with aiohttp for reads."""
    name: str = request.param
    if name == "httpcore":
        monkeypatch.setitem(sys.modules, "aiohttp", None)
    else:
        pytest.importorskip("aiohttp")
    return name


class FixedServer:
    """Responds to each request with fixed bytes, then closes the connection."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.requests: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self.answer)
        await writer.drain()
        writer.close()


class SilentServer:
    """Never responds, and records when the client disconnects."""

    def __init__(self) -> None:
        self.received = asyncio.Event()
        self.disconnected = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.received.set()
        if await reader.read() == b"":
            self.disconnected.set()
        writer.close()


def find_free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


async def test_a_closed_port_is_named() -> None:
    address = f"127.0.0.1:{find_free_port()}"
    async with Hub(base_url=f"http://{address}", retry_policy=QUICK) as hub:
        with pytest.raises(
            ConnectionFailed, match=rf"{address} could not be reached \(tried 4 times\)"
        ) as caught:
            await hub.send(TAG)
    assert "DOCKERHUB_API_URL" in caught.value.remedy


async def test_an_unknown_host_is_unreachable() -> None:
    async with Hub(base_url="https://nowhere.invalid", retry_policy=RetryPolicy(attempts=1)) as hub:
        with pytest.raises(ConnectionFailed, match=r"nowhere\.invalid could not be reached"):
            await hub.send(TAG)


async def test_https_does_not_fall_back_to_plain_http(listen: Listen) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    address = (await listen(handle)).replace("http://", "https://")
    async with Hub(base_url=address, retry_policy=QUICK) as hub:
        with pytest.raises(ConnectionFailed, match="could not be reached"):
            await hub.send(TAG)


async def test_a_cancelled_call_ends_its_request(listen: Listen) -> None:
    server = SilentServer()
    async with Hub(base_url=await listen(server)) as hub:
        call = asyncio.create_task(hub.send(TAG))
        await asyncio.wait_for(server.received.wait(), 5)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.wait_for(server.disconnected.wait(), 5)


async def test_a_call_past_its_deadline_ends_its_request(listen: Listen) -> None:
    server = SilentServer()
    async with Hub(base_url=await listen(server), timeout=0.2) as hub:
        with pytest.raises(DeadlineExceeded):
            await hub.send(TAG)
        await asyncio.wait_for(server.disconnected.wait(), 5)


async def test_a_cancelled_sign_in_lets_the_next_call_sign_in(
    sandbox: Sandbox, make_remote_hub: Callable[..., Hub]
) -> None:
    hub = make_remote_hub("owner")
    sandbox.faults.add(match="/v2/auth/token", latency=0.5, times=1)
    call = asyncio.create_task(hub.send(TAG))
    for _ in range(500):
        if sandbox.login_count:
            break
        await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await hub.send(TAG)).name == "latest"
    assert sandbox.login_count == 2


async def test_a_truncated_response_is_retried(listen: Listen) -> None:
    server = FixedServer(OK_RESPONSE[:-5])
    async with Hub(base_url=await listen(server), retry_policy=QUICK) as hub:
        with pytest.raises(ConnectionFailed, match="tried 4 times"):
            await hub.send(TAG)
    assert len(server.requests) == 4


async def test_a_server_without_http_is_unreachable(listen: Listen) -> None:
    async with Hub(base_url=await listen(FixedServer(b"SSH-2.0-OpenSSH\r\n")), retry_policy=QUICK) as hub:
        with pytest.raises(ConnectionFailed, match="could not be reached"):
            await hub.send(TAG)


async def test_a_redirect_to_another_host_receives_no_bearer(
    sandbox: Sandbox, make_remote_hub: Callable[..., Hub], listen: Listen
) -> None:
    other = FixedServer(OK_RESPONSE)
    other_url = await listen(other)
    sandbox.faults.add(match="/v2/namespaces", location=f"{other_url}/v2/x")
    with pytest.raises(UnexpectedAnswer, match=f"to {other_url}; this was not followed"):
        await make_remote_hub("owner").send(TAG)
    assert other.requests == []


async def test_a_redirected_write_is_not_sent_to_another_host(
    sandbox: Sandbox, make_remote_hub: Callable[..., Hub], listen: Listen
) -> None:
    other = FixedServer(OK_RESPONSE)
    sandbox.faults.add(match="/v2/namespaces", location=await listen(other), status=307)
    with pytest.raises(UnexpectedAnswer):
        await make_remote_hub("owner").send(CreateRepository(namespace="ada", name="new-one"))
    assert other.requests == []


async def test_plain_http_goes_through_no_proxy(
    sandbox: Sandbox,
    make_remote_hub: Callable[..., Hub],
    listen: Listen,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = FixedServer(OK_RESPONSE)
    monkeypatch.setenv("HTTP_PROXY", await listen(other))
    monkeypatch.setenv("http_proxy", await listen(other))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    await make_remote_hub("owner").send(TAG)
    assert other.requests == []
    assert len(sandbox.requests) == 2


async def test_https_goes_through_the_proxy_as_a_tunnel(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = FixedServer(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    monkeypatch.setenv("HTTPS_PROXY", await listen(proxy))
    monkeypatch.setenv("https_proxy", await listen(proxy))
    async with Hub(retry_policy=RetryPolicy(attempts=1)) as hub:
        with pytest.raises(ConnectionFailed, match=r"hub\.docker\.com could not be reached.*403"):
            await hub.send(TAG)
    assert proxy.requests[0].startswith(b"CONNECT hub.docker.com:443 ")


async def test_a_closed_client_opens_again(sandbox: Sandbox, make_remote_hub: Callable[..., Hub]) -> None:
    hub = make_remote_hub()
    await hub.send(TAG)
    await hub.aclose()
    await hub.aclose()
    assert (await hub.send(TAG)).name == "latest"
    assert len(sandbox.requests) == 2


def build_response(body: bytes, encoding: bytes = b"gzip") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (encoding, len(body)) + body


@pytest.mark.parametrize(
    ("encoding", "compress"), [(b"gzip", gzip.compress), (b"deflate", zlib.compress), (b"identity", bytes)]
)
async def test_a_compressed_response_is_decompressed(
    listen: Listen, encoding: bytes, compress: Callable[[bytes], bytes]
) -> None:
    server = FixedServer(build_response(compress(b'{"name": "8.x"}'), encoding))
    async with Hub(base_url=await listen(server)) as hub:
        assert (await hub.send(TAG)).name == "8.x"
    assert b"gzip" in next(
        line for line in server.requests[0].lower().split(b"\r\n") if b"accept-enc" in line
    )


async def test_an_invalid_compressed_response_is_unexpected(listen: Listen) -> None:
    async with Hub(
        base_url=await listen(FixedServer(build_response(b"no gzip at all"))), retry_policy=QUICK
    ) as hub:
        with pytest.raises(UnexpectedAnswer, match="with a body that cannot be decompressed"):
            await hub.send(TAG)


async def test_a_response_that_is_too_large_is_unexpected(listen: Listen) -> None:
    bomb = gzip.compress(bytes(40 * 1024**2))
    async with Hub(base_url=await listen(FixedServer(build_response(bomb))), retry_policy=QUICK) as hub:
        with pytest.raises(UnexpectedAnswer, match="with more than 32 MiB"):
            await hub.send(TAG)


async def test_a_request_has_only_the_necessary_headers(listen: Listen) -> None:
    server = FixedServer(OK_RESPONSE.replace(b'{"name": "8.x"}', b'{"results": []}'))
    address = await listen(server)
    async with Hub(base_url=address, user_agent="test/1") as hub:
        await hub.send(SearchRepositories(words="8 2/é%2e..", size=7))
    line, *lines = server.requests[0].decode().split("\r\n")[:-2]
    path = "/api/search/v4?query=8+2%2F%C3%A9%252e..&from=0&size=7"
    assert line == f"GET {path} HTTP/1.1"
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert headers["host"] == address.removeprefix("http://")
    assert (headers["user-agent"], headers["accept"]) == ("test/1", "application/json")
    assert headers.keys() <= {"host", "user-agent", "accept", "accept-encoding", "connection"}


async def test_cookies_are_neither_kept_nor_sent(listen: Listen) -> None:
    server = FixedServer(OK_RESPONSE.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b; Path=/\r\n\r\n"))
    async with Hub(base_url=await listen(server)) as hub:
        await hub.send(TAG)
        await hub.send(TAG)
    assert len(server.requests) == 2
    assert not any(b"cookie" in request.lower() for request in server.requests)


async def test_a_write_is_never_sent_twice(listen: Listen) -> None:
    """Not even where a kept-alive connection turns out to be closed."""
    verbs: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):  # answers the sign-in and a read, then disconnects on a write
            head = await reader.readuntil(b"\r\n\r\n")
            verbs.append(head.partition(b" ")[0])
            if verbs[-1] == b"DELETE":
                break
            if verbs[-1] == b"POST":
                await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0]))
            writer.write(TOKEN_RESPONSE if verbs[-1] == b"POST" else OK_RESPONSE)
            await writer.drain()
        writer.close()

    async with Hub(
        Credentials.from_strings("ada", "hush-hush-hush"), base_url=await listen(handle), retry_policy=QUICK
    ) as hub:
        with pytest.raises(ConnectionFailed):
            await hub.send(DeleteTag(namespace="a", repository="b", tag="c"))
    assert verbs.count(b"DELETE") == 1


async def test_a_request_on_a_closed_connection_counts_as_an_attempt(listen: Listen) -> None:
    request_count = 0
    attempts: list[RequestAttempt] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal request_count
        for response in (OK_RESPONSE, b""):  # the second request on a connection finds it closed
            await reader.readuntil(b"\r\n\r\n")
            request_count += 1
            writer.write(response)
            await writer.drain()
        writer.close()

    async with Hub(base_url=await listen(handle), retry_policy=QUICK, on_attempt=attempts.append) as hub:
        await hub.send(TAG)
        assert (await hub.send(TAG)).name == "8.x"
    assert request_count == len(attempts) == 3

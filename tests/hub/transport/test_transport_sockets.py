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
from dockerhub_mcp.hub.methods import CreateRepository, DeleteTag, GetTag, ListTags
from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.sandbox import Sandbox

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Listen = Callable[[Handle], Awaitable[str]]

TAG = GetTag(repository="redis", tag="latest")
QUICK = RetryPolicy(base_delay=0.001)
FINE = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"name": "8.x"}'


@pytest.fixture(params=["httpx", "aiohttp"], autouse=True)
def sender(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have everything sent in both ways: reads without the extra, and with it."""
    name: str = request.param
    if name == "httpx":
        monkeypatch.setitem(sys.modules, "aiohttp", None)
    else:
        pytest.importorskip("aiohttp")
    return name


WHOLE = FINE.replace(b"Length: 14", b"Length: 15")


class Server:
    """Reads a request and answers with fixed bytes, then closes."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.requests: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self.answer)
        await writer.drain()
        writer.close()


class Patient:
    """Never answers; notices when the client goes away."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.left = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked.set()
        if await reader.read() == b"":
            self.left.set()
        writer.close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def test_a_port_where_nobody_listens_is_named() -> None:
    address = f"127.0.0.1:{free_port()}"
    async with Hub(base_url=f"http://{address}", retry_policy=QUICK) as hub:
        with pytest.raises(
            ConnectionFailed, match=rf"{address} could not be reached \(tried 4 times\)"
        ) as caught:
            await hub.send(TAG)
    assert "DOCKERHUB_API_URL" in caught.value.remedy


async def test_a_host_without_a_name_is_unreachable() -> None:
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
    server = Patient()
    async with Hub(base_url=await listen(server)) as hub:
        call = asyncio.create_task(hub.send(TAG))
        await asyncio.wait_for(server.asked.wait(), 5)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.wait_for(server.left.wait(), 5)


async def test_a_call_past_its_deadline_ends_its_request(listen: Listen) -> None:
    server = Patient()
    async with Hub(base_url=await listen(server), timeout=0.2) as hub:
        with pytest.raises(DeadlineExceeded):
            await hub.send(TAG)
        await asyncio.wait_for(server.left.wait(), 5)


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


async def test_an_answer_cut_in_the_middle_is_asked_for_again(listen: Listen) -> None:
    server = Server(FINE[:-5])
    async with Hub(base_url=await listen(server), retry_policy=QUICK) as hub:
        with pytest.raises(ConnectionFailed, match="tried 4 times"):
            await hub.send(TAG)
    assert len(server.requests) == 4


async def test_something_that_speaks_no_http_is_unreachable(listen: Listen) -> None:
    async with Hub(base_url=await listen(Server(b"SSH-2.0-OpenSSH\r\n")), retry_policy=QUICK) as hub:
        with pytest.raises(ConnectionFailed, match="could not be reached"):
            await hub.send(TAG)


async def test_a_redirect_to_another_place_takes_no_bearer_there(
    sandbox: Sandbox, make_remote_hub: Callable[..., Hub], listen: Listen
) -> None:
    thief = Server(FINE)
    there = await listen(thief)
    sandbox.faults.add(match="/v2/namespaces", location=f"{there}/v2/x")
    with pytest.raises(UnexpectedAnswer, match=f"to {there}; this was not followed"):
        await make_remote_hub("owner").send(TAG)
    assert thief.requests == []


async def test_a_write_sent_elsewhere_takes_nothing_there(
    sandbox: Sandbox, make_remote_hub: Callable[..., Hub], listen: Listen
) -> None:
    thief = Server(FINE)
    sandbox.faults.add(match="/v2/namespaces", location=await listen(thief), status=307)
    with pytest.raises(UnexpectedAnswer):
        await make_remote_hub("owner").send(CreateRepository(namespace="ada", name="new-one"))
    assert thief.requests == []


async def test_plain_http_goes_through_no_proxy(
    sandbox: Sandbox,
    make_remote_hub: Callable[..., Hub],
    listen: Listen,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    thief = Server(FINE)
    monkeypatch.setenv("HTTP_PROXY", await listen(thief))
    monkeypatch.setenv("http_proxy", await listen(thief))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    await make_remote_hub("owner").send(TAG)
    assert thief.requests == []
    assert len(sandbox.requests) == 2


async def test_https_goes_through_the_proxy_as_a_tunnel(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Server(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
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


def packed(body: bytes, encoding: bytes = b"gzip") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (encoding, len(body)) + body


@pytest.mark.parametrize(
    ("encoding", "pack"), [(b"gzip", gzip.compress), (b"deflate", zlib.compress), (b"identity", bytes)]
)
async def test_a_packed_answer_is_unpacked(
    listen: Listen, encoding: bytes, pack: Callable[[bytes], bytes]
) -> None:
    server = Server(packed(pack(b'{"name": "8.x"}'), encoding))
    async with Hub(base_url=await listen(server)) as hub:
        assert (await hub.send(TAG)).name == "8.x"
    assert b"gzip" in next(
        line for line in server.requests[0].lower().split(b"\r\n") if b"accept-enc" in line
    )


async def test_an_answer_that_cannot_be_unpacked_is_said_to_be(listen: Listen) -> None:
    async with Hub(base_url=await listen(Server(packed(b"no gzip at all"))), retry_policy=QUICK) as hub:
        with pytest.raises(UnexpectedAnswer, match="with a body that cannot be decompressed"):
            await hub.send(TAG)


async def test_an_answer_without_an_end_is_given_up(listen: Listen) -> None:
    bomb = gzip.compress(bytes(40 * 1024**2))
    async with Hub(base_url=await listen(Server(packed(bomb))), retry_policy=QUICK) as hub:
        with pytest.raises(UnexpectedAnswer, match="with more than 32 MiB"):
            await hub.send(TAG)


async def test_a_request_says_what_it_must_and_no_more(listen: Listen) -> None:
    server = Server(WHOLE)
    address = await listen(server)
    async with Hub(base_url=address, user_agent="test/1") as hub:
        await hub.send(ListTags(namespace="a", repository="b.c", name="8 2/é%2e..", page_size=7))
    line, *lines = server.requests[0].decode().split("\r\n")[:-2]
    path = "/v2/namespaces/a/repositories/b.c/tags?name=8+2%2F%C3%A9%252e..&page=1&page_size=7"
    assert line == f"GET {path} HTTP/1.1"
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert headers["host"] == address.removeprefix("http://")
    assert (headers["user-agent"], headers["accept"]) == ("test/1", "application/json")
    assert headers.keys() <= {"host", "user-agent", "accept", "accept-encoding", "connection"}


async def test_cookies_are_neither_kept_nor_sent(listen: Listen) -> None:
    server = Server(WHOLE.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b; Path=/\r\n\r\n"))
    async with Hub(base_url=await listen(server)) as hub:
        await hub.send(TAG)
        await hub.send(TAG)
    assert len(server.requests) == 2
    assert not any(b"cookie" in asked.lower() for asked in server.requests)


async def test_a_write_is_never_sent_twice(listen: Listen) -> None:
    """Not even where a connection that was kept turns out to be closed."""
    asked: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):  # answers a read, then hears a write and hangs up
            asked.append((await reader.readuntil(b"\r\n\r\n")).partition(b" ")[0])
            if asked[-1] != b"GET":
                break
            writer.write(WHOLE)
            await writer.drain()
        writer.close()

    async with Hub(
        Credentials.from_strings("ada", "hush-hush-hush"), base_url=await listen(handle), retry_policy=QUICK
    ) as hub:
        with pytest.raises(ConnectionFailed):
            await hub.send(DeleteTag(namespace="a", repository="b", tag="c"))
    assert asked.count(b"DELETE") <= 1


async def test_a_kept_connection_that_was_closed_is_an_attempt_that_counts(listen: Listen) -> None:
    asked = 0
    attempts: list[RequestAttempt] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        for answer in (WHOLE, b""):  # a second request on the same connection finds it closed
            await reader.readuntil(b"\r\n\r\n")
            asked += 1
            writer.write(answer)
            await writer.drain()
        writer.close()

    async with Hub(base_url=await listen(handle), retry_policy=QUICK, on_attempt=attempts.append) as hub:
        await hub.send(TAG)
        assert (await hub.send(TAG)).name == "8.x"
    assert asked == len(attempts) == 3

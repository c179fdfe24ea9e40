"""Test that the connections of one address, or one caller, leave room for those of others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from dockerhub_mcp.server.http.runtime.connection_limit import Admission, ConnectionLimiter
from tests.support.http_server_process import Connection, Served, serving
from tests.support.server_processes import SERVER_OPTIONS, run_server
from tests.support.web_servers import call, routed

LIMIT = 3
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"
PROXY = "10.1.2.3"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path, max_unauthenticated=LIMIT, max_connections=2 * LIMIT) as running:
        yield running


async def connect(served: Served, source: str = "127.0.0.1") -> Connection:
    """Connect from one of the addresses of this machine."""
    return Connection(*await asyncio.open_connection(*served.address, local_addr=(source, 0)))


async def test_an_address_at_its_bound_is_refused_and_no_other(served: Served) -> None:
    async with AsyncExitStack() as stack:
        held = [await stack.enter_async_context(await connect(served)) for _ in range(LIMIT)]
        assert [(await each.ask()).status for each in held] == [200] * LIMIT
        for _ in range(2):  # rejected connections are closed, and take no room
            async with await connect(served) as refused:
                answer = await refused.ask()
                assert (answer.status, answer.closes) == (429, True)
                assert "too many connections" in json.loads(answer.body)["error"]["message"]
        served.said(
            r'rejected  status=429 method=GET path=/\S* address=127\.0\.0\.1 reason="This address has', 2
        )
        silent = [await stack.enter_async_context(await connect(served)) for _ in range(LIMIT)]
        async with await connect(served) as aborted:
            with pytest.raises((OSError, asyncio.IncompleteReadError)):
                await aborted.ask()
        async with await connect(served, "127.0.0.2") as other:
            assert (await other.ask()).status == 200
        for each in silent:
            assert await each.rest() == b"", "a silent client that is rejected is soon disconnected"
        assert [(await each.ask()).status for each in held] == [200] * LIMIT
    for _ in range(100):
        async with await connect(served) as again:
            if (await again.ask()).status == 200:
                return
        await asyncio.sleep(0.02)
    pytest.fail("the places of closed connections were never free again")


async def test_connections_with_accepted_requests_are_not_counted_for_the_address() -> None:
    message = call("search_repositories", query="redis")
    body = json.dumps(message).encode()
    with run_server(*SERVER_OPTIONS, "--allowed-hosts", "test") as url:
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        async with AsyncExitStack() as stack:
            for _ in range(150):
                accepted = await stack.enter_async_context(await Connection.open(address))
                assert (await accepted.ask("/mcp", body, **routed(message))).status == 200
            for number in range(130):
                probing = await stack.enter_async_context(await Connection.open(address))
                assert (await probing.ask("/healthz")).status == (200 if number < 128 else 429)
            assert (await accepted.ask("/mcp", body, **routed(message))).status == 200


def create_limiter(**limits: int) -> ConnectionLimiter:
    chosen = {"max_connections": 10, "max_unauthenticated": LIMIT, "max_per_caller": 2} | limits
    return ConnectionLimiter(**chosen, proxies=("10.0.0.0/8",))


def test_an_accepted_request_frees_the_place_of_its_address() -> None:
    limiter = create_limiter()
    for _ in range(2 * LIMIT):
        connection = limiter.open(HERE)
        assert connection.admission is Admission.ACCEPT
        connection.mark_authenticated("ci")
    assert [limiter.open(HERE).admission for _ in range(LIMIT + 1)] == [
        *[Admission.ACCEPT] * LIMIT,
        Admission.REJECT_ADDRESS,
    ]
    assert limiter.open(ELSEWHERE).admission is Admission.ACCEPT
    assert limiter.open(ELSEWHERE).admission is Admission.REJECT_TOTAL


def test_a_closed_connection_counts_no_longer() -> None:
    limiter = create_limiter(max_connections=LIMIT)
    for _ in range(5):
        connections = [limiter.open(HERE) for _ in range(2 * LIMIT + 1)]
        connections[0].mark_authenticated("ci")
        assert [each.admission for each in connections] == [
            *[Admission.ACCEPT] * LIMIT,
            *[Admission.REJECT_ADDRESS] * LIMIT,
            Admission.ABORT,
        ]
        for each in connections:
            each.close()


def test_the_networks_of_ipv6_count_as_one_address() -> None:
    limiter = create_limiter()
    for number in range(LIMIT):
        assert limiter.open(f"2001:db8::{number}").admission is Admission.ACCEPT
    assert limiter.open("2001:db8::ffff").admission is Admission.REJECT_ADDRESS
    assert limiter.open("2001:db8:0:1::1").admission is Admission.ACCEPT


def test_only_surplus_connections_of_a_caller_are_not_kept_open() -> None:
    limiter, surplus = create_limiter(), []
    for number in range(4):
        connection = limiter.open(HERE)
        connection.on_surplus = lambda number=number: surplus.append(number)
        for _ in range(2):
            connection.mark_authenticated("ci")
    connection.mark_authenticated("another caller")
    assert surplus == [2, 3]


def test_the_connections_of_a_trusted_proxy_are_limited_in_total_only() -> None:
    limiter = create_limiter()
    connections = [limiter.open(PROXY) for _ in range(11)]
    assert [each.admission for each in connections] == [*[Admission.ACCEPT] * 10, Admission.REJECT_TOTAL]

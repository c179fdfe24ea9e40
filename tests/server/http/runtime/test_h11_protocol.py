"""Test the timeouts and limits of a connection, byte by byte."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import h11
import pytest

from dockerhub_mcp.server.http.runtime.connection_limit import ConnectionLimiter
from dockerhub_mcp.server.http.runtime.h11_protocol import _CoalescingConnection
from tests.support.http_server_process import Connection, Served, serving

SHORT = 0.3  # seconds


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve with a short timeout for headers, and long ones for everything else."""
    with serving(tmp_path_factory.mktemp("hasty"), header_timeout=SHORT) as served:
        yield served
        served.signal(signal.SIGTERM)
        assert served.end() == 0


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve with the default timeouts."""
    with serving(tmp_path_factory.mktemp("patient")) as served:
        yield served
        served.signal(signal.SIGTERM)
        assert served.end() == 0
        assert served.stdout == ""


def head(size: int) -> bytes:
    """Return request headers with a length of `size` bytes."""
    start, end = b"GET / HTTP/1.1\r\nHost: test\r\nX-Padding: ", b"\r\n\r\n"
    return start + b"x" * (size - len(start) - len(end)) + end


async def test_a_silent_client_is_disconnected(hasty: Served) -> None:
    async with await Connection.open(hasty.address) as connection:
        assert await connection.rest() == b""


@pytest.mark.parametrize("first", [b"", b"POST / HTTP/1.1\r\nContent-Length: 5\r\nHost: test\r\n\r\nhello"])
async def test_a_head_that_comes_drop_by_drop_is_given_up(hasty: Served, first: bytes) -> None:
    async with await Connection.open(hasty.address) as connection:
        if first:
            connection.writer.write(first)
            assert (await connection.receive()).body == b"hello"

        async def drip() -> None:
            for drop in head(10_000):
                connection.writer.write(bytes([drop]))
                await asyncio.sleep(SHORT / 10)

        dripping = asyncio.create_task(drip())
        answer = await connection.receive()
        dripping.cancel()
        assert (answer.status, answer.closes) == (408, True)
        assert answer.body == b"The request headers did not arrive in time."
        assert await connection.rest() == b""


async def test_a_head_begun_behind_another_request_has_its_deadline_too(hasty: Served) -> None:
    async with await Connection.open(hasty.address) as connection:
        connection.writer.write(head(100) + head(100)[:-1])
        assert [(await connection.receive()).status for _ in range(2)] == [200, 408]


async def test_between_requests_and_within_bodies_there_is_time(hasty: Served) -> None:
    async with await Connection.open(hasty.address) as connection:
        assert (await connection.ask()).status == 200
        await asyncio.sleep(2 * SHORT)
        connection.writer.write(b"POST / HTTP/1.1\r\nContent-Length: 5\r\nHost: test\r\n\r\nhe")
        await asyncio.sleep(2 * SHORT)
        connection.writer.write(b"llo")
        assert (await connection.receive()).body == b"hello"
        connection.send(f"/slow?seconds={2 * SHORT}")
        assert (await connection.receive()).status == 200


async def test_an_idle_connection_is_closed_in_time(tmp_path: Path) -> None:
    with serving(tmp_path, keep_alive=SHORT) as served:
        async with await Connection.open(served.address) as connection:
            assert not (await connection.ask()).closes
            assert await connection.rest() == b""


async def test_requests_may_follow_without_waiting_for_answers(patient: Served) -> None:
    async with await Connection.open(patient.address) as connection:
        for number in range(50):
            connection.send(f"/slow?seconds={0.01 if number % 10 == 0 else 0}", f"body {number}".encode())
        bodies = [(await connection.receive()).body for _ in range(50)]
        assert bodies == [f"body {number}".encode() for number in range(50)]


@pytest.mark.parametrize(("size", "status"), [(100, 200), (31_000, 200), (40_000, 431), (200_000, 431)])
async def test_a_head_may_have_32_kib(patient: Served, size: int, status: int) -> None:
    async with await Connection.open(patient.address) as connection:
        connection.writer.write(head(size))
        answer = await connection.receive()
        assert (answer.status, answer.closes) == (status, status != 200)


async def test_what_is_no_request_is_logged(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        for sent in (head(40_000), b"nonsense\r\n\r\n"):
            async with await Connection.open(served.address) as connection:
                connection.writer.write(sent)
                await connection.receive()
        served.said(
            r'rejected  status=431 address=127\.0\.0\.1 reason="The request headers are longer than 32 KiB\."'
        )
        served.said(r'rejected  status=400 address=127\.0\.0\.1 reason="Invalid HTTP request received\."')


async def test_a_head_without_end_is_refused(patient: Served) -> None:
    async with await Connection.open(patient.address) as connection:
        connection.writer.write(head(35_000)[:-4])
        assert (await connection.receive()).status == 431


async def test_a_long_body_in_one_go_is_no_head(patient: Served) -> None:
    async with await Connection.open(patient.address) as connection:
        assert (await connection.ask("/", b"x" * 3_000_000)).body == b"x" * 3_000_000
        assert (await connection.ask("/", b"short")).body == b"short"


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01 hello\r\n\r\n", b"GET / HTTP/1.1\r\nHost test\r\n\r\n", b"\r\n\r\n"]
)
async def test_what_is_no_http_is_refused(patient: Served, sent: bytes) -> None:
    async with await Connection.open(patient.address) as connection:
        connection.writer.write(sent)
        answer = await connection.receive()
        assert (answer.status, answer.closes) == (400, True)
        assert await connection.rest() == b""


@pytest.mark.parametrize("begun", [False, True])
async def test_a_broken_body_is_refused_without_a_trace(patient: Served, *, begun: bool) -> None:
    path = b"/early" if begun else b"/"
    async with await Connection.open(patient.address) as connection:
        connection.writer.write(
            b"POST %b HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: test\r\n\r\n" % path
        )
        if begun:
            await connection.reader.readuntil(b"hello\n")
        connection.writer.write(b"no size\r\n")
        if begun:
            assert not (await connection.rest()).endswith(b"0\r\n\r\n")
        else:
            assert (await connection.receive()).status == 400
            assert await connection.rest() == b""
    async with await Connection.open(patient.address) as connection:
        assert (await connection.ask()).status == 200
    assert "Traceback" not in patient.stderr


async def test_a_client_that_goes_away_leaves_no_trace(patient: Served) -> None:
    for sent in (
        b"",
        b"GET / HT",
        head(100),
        b"POST /slow?seconds=1 HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\n",
    ):
        async with await Connection.open(patient.address) as connection:
            connection.writer.write(sent)
            await connection.writer.drain()
    async with await Connection.open(patient.address) as connection:
        assert (await connection.ask()).status == 200
    assert "Traceback" not in patient.stderr


async def test_an_upgrade_is_not_taken_up(patient: Served) -> None:
    async with await Connection.open(patient.address) as connection:
        answer = await connection.ask("/", Connection="Upgrade", Upgrade="websocket")
        assert answer.status == 200
    assert "websockets" not in patient.stderr


@pytest.mark.parametrize("coalesces", [True, False])
def test_a_stream_that_is_complete_is_sent_in_one_packet(*, coalesces: bool) -> None:
    state = ConnectionLimiter(max_connections=1, max_unauthenticated=1, max_per_caller=1).open("127.0.0.1")
    connection = _CoalescingConnection(h11.SERVER)
    connection.state = state
    for _ in range(2):  # the second response begins like the first
        connection.receive_data(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n")
        assert isinstance(connection.next_event(), h11.Request)
        assert isinstance(connection.next_event(), h11.EndOfMessage)
        state.coalesces_response = coalesces
        events = h11.Response(status_code=200, headers=[]), h11.Data(data=b"event"), h11.EndOfMessage()
        packets = [connection.send(event) for event in events]
        assert [bool(packet) for packet in packets] == [not coalesces, not coalesces, True]
        assert b"".join(packets).endswith(b"\r\n\r\n5\r\nevent\r\n0\r\n\r\n")
        assert not state.coalesces_response
        connection.start_next_cycle()

"""Serving over HTTP as its clients and its supervisor see it: real processes, sockets and signals."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.http_server_process import PATIENCE, Answer, Connection, ask, serving

KINDS = pytest.mark.parametrize("workers", [1, 2])


async def test_it_says_where_it_listens_and_little_else(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        assert served.url == f"http://127.0.0.1:{served.address[1]}"
        answer = await ask(served.address, body=b"hello")
        assert (answer.status, answer.body) == (200, b"hello")
        assert set(answer.headers) == {"date", "content-length"}
        served.signal(signal.SIGTERM)
        assert served.end() == 0
        assert served.stdout == ""


@KINDS
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
async def test_a_signal_ends_it_and_the_application_is_left(
    tmp_path: Path, workers: int, number: int, code: int
) -> None:
    with serving(tmp_path, workers=workers) as served:
        async with await Connection.open(served.address) as idle:
            await idle.ask()
            served.signal(number)
            assert await idle.rest() == b""
        assert served.end() == code
        entered = served.stderr.count("entered")
        assert entered == served.stderr.count("left") == workers
        assert "Traceback" not in served.stderr


@KINDS
async def test_nothing_that_was_sent_is_lost_when_it_stops(tmp_path: Path, workers: int) -> None:
    answers: list[Answer] = []
    lost: list[str] = []

    async def client(number: int, address: tuple[str, int]) -> None:
        while True:
            try:
                connection = await Connection.open(address)
            except ConnectionRefusedError:
                return
            async with connection:
                try:
                    while not (answer := await connection.ask("/slow?seconds=0.002", b"x" * 100)).closes:
                        answers.append(answer)
                        await asyncio.sleep(0.002 * (number % 5))
                except (OSError, asyncio.IncompleteReadError) as error:
                    lost.append(repr(error))
                    return
                answers.append(answer)

    with serving(tmp_path, workers=workers) as served:
        clients = [asyncio.create_task(client(number, served.address)) for number in range(32)]
        while len(answers) < 200:
            await asyncio.sleep(0.01)
        served.signal(signal.SIGTERM)
        await asyncio.wait_for(asyncio.gather(*clients), PATIENCE)
        assert lost == []
        assert {answer.status for answer in answers} == {200}
        assert sum(answer.closes for answer in answers) >= 32
        assert served.end() == 0
        assert "Traceback" not in served.stderr


@KINDS
async def test_a_call_under_way_is_answered(tmp_path: Path, workers: int) -> None:
    with serving(tmp_path, workers=workers) as served:
        async with await Connection.open(served.address) as connection:
            connection.send("/slow?seconds=1")
            served.said("slow")
            served.signal(signal.SIGTERM)
            answer = await connection.receive()
            assert answer.status == 200
            assert answer.closes
        assert served.end() == 0


async def test_a_request_that_is_still_on_its_way_is_answered(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        async with await Connection.open(served.address) as connection:
            connection.writer.write(b"GET / HTTP/1.1\r\n")
            await connection.writer.drain()
            served.signal(signal.SIGTERM)
            with suppress(ConnectionRefusedError):
                while True:
                    await ask(served.address)
            connection.writer.write(b"Host: test\r\n\r\n")
            assert (await connection.receive()).status == 200
        assert served.end() == 0


async def test_a_stream_that_heeds_the_drain_does_not_hold_it_up(tmp_path: Path) -> None:
    with serving(tmp_path, grace=10 * PATIENCE) as served:
        async with await Connection.open(served.address) as connection:
            connection.send("/stream")
            await connection.reader.readuntil(b"hello\n")
            served.signal(signal.SIGTERM)
            assert b"bye\n\r\n0\r\n\r\n" in await connection.rest()
        assert served.end() == 0


@KINDS
async def test_what_does_not_end_is_cut_off(tmp_path: Path, workers: int) -> None:
    with serving(tmp_path, workers=workers, grace=0.5) as served:
        async with (
            await Connection.open(served.address) as stream,
            await Connection.open(served.address) as call,
        ):
            stream.send("/deaf")
            await stream.reader.readuntil(b"hello\n")
            call.send("/slow?seconds=1000")
            served.said("slow")
            served.signal(signal.SIGTERM)
            assert not (await stream.rest()).endswith(b"0\r\n\r\n")
            answer = await call.receive()
            assert answer.status == 503
            assert answer.closes
        assert served.end() == 0
        assert "Traceback" not in served.stderr
        assert "calls were cut off" in served.stderr
        assert served.stderr.count("left") == workers


@KINDS
async def test_a_second_signal_stops_at_once(tmp_path: Path, workers: int) -> None:
    with serving(tmp_path, workers=workers, grace=10 * PATIENCE) as served:
        async with await Connection.open(served.address) as connection:
            connection.send("/slow?seconds=1000")
            served.said("slow")
            served.signal(signal.SIGINT)
            served.said("stopping")
            served.signal(signal.SIGTERM)
            assert (await connection.receive()).status == 503
        assert served.end() == 130
        assert served.stderr.count("left") == workers
        assert "Traceback" not in served.stderr


async def test_a_process_that_hangs_ends_with_the_third_signal(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        async with await Connection.open(served.address) as connection:
            connection.send(f"/block?seconds={10 * PATIENCE}")
            served.said("blocked")
            while served.process.poll() is None:
                served.signal(signal.SIGTERM)
                await asyncio.sleep(0.1)
        assert served.end() == 1


async def test_an_application_that_fails_is_told_and_the_server_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        assert (await ask(served.address, "/broken")).status == 500
        assert (await ask(served.address, "/")).status == 200
        assert "RuntimeError: /broken" in served.stderr


async def test_one_connection_too_many_is_turned_away_and_no_other(tmp_path: Path) -> None:
    with serving(tmp_path, max_connections=2) as served:
        async with (
            await Connection.open(served.address) as one,
            await Connection.open(served.address) as two,
        ):
            assert [(await each.ask()).status for each in (one, two)] == [200, 200]
            answer = await ask(served.address)
            assert (answer.status, answer.closes) == (503, True)
            assert [(await each.ask()).status for each in (one, two)] == [200, 200]

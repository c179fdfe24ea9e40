"""Test serving over HTTP from outside: real processes, sockets and signals."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import pytest

from tests.support.http_server_process import PATIENCE, Answer, Connection, Served, ask, serving


async def test_it_says_where_it_listens_and_little_else(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        assert served.url == f"http://127.0.0.1:{served.address[1]}"
        answer = await ask(served.address, body=b"hello")
        assert (answer.status, answer.body) == (200, b"hello")
        assert set(answer.headers) == {"date", "content-length"}
        served.signal(signal.SIGTERM)
        assert served.end() == 0
        assert served.stdout == ""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 130)])
async def test_a_signal_ends_it_and_the_application_is_left(tmp_path: Path, number: int, code: int) -> None:
    with serving(tmp_path) as served:
        async with await Connection.open(served.address) as idle:
            await idle.ask()
            served.signal(number)
            assert await idle.rest() == b""
        assert served.end() == code
        assert served.stderr.count("entered") == served.stderr.count("left") == 1
        assert "Traceback" not in served.stderr


async def test_nothing_is_lost_when_clients_move_away_during_the_drain_delay(tmp_path: Path) -> None:
    """New connections are served during the delay, and a load balancer stops opening them before its end."""
    notice_after = 0.5
    answers: list[Answer] = []
    new_connections_while_draining = 0

    async def call_until_moved_away(number: int, address: tuple[str, int]) -> None:
        nonlocal new_connections_while_draining
        moved_away_at = float("inf")
        while time.monotonic() < moved_away_at:
            async with await Connection.open(address) as connection:
                new_connections_while_draining += moved_away_at < float("inf")
                while not (answer := await connection.ask("/slow?seconds=0.002", b"x" * 100)).closes:
                    answers.append(answer)
                    await asyncio.sleep(0.002 * (number % 5))
                answers.append(answer)
                moved_away_at = min(moved_away_at, time.monotonic() + notice_after)

    with serving(tmp_path, drain_delay=4 * notice_after) as served:
        clients = [asyncio.create_task(call_until_moved_away(number, served.address)) for number in range(32)]
        while len(answers) < 200:
            await asyncio.sleep(0.01)
        served.signal(signal.SIGTERM)
        await asyncio.wait_for(asyncio.gather(*clients), PATIENCE)
        assert {answer.status for answer in answers} == {200}
        assert new_connections_while_draining > 32
        assert served.end() == 0
        assert "Traceback" not in served.stderr


async def test_requests_on_open_connections_are_answered_without_a_drain_delay(tmp_path: Path) -> None:
    async def call_until_closed(address: tuple[str, int]) -> list[int]:
        async with await Connection.open(address) as connection:
            statuses = []
            while not (answer := await connection.ask("/slow?seconds=0.002")).closes:
                statuses.append(answer.status)
            return [*statuses, answer.status]

    with serving(tmp_path) as served:
        clients = [asyncio.create_task(call_until_closed(served.address)) for _ in range(32)]
        await asyncio.sleep(0.3)
        served.signal(signal.SIGTERM)
        for statuses in await asyncio.wait_for(asyncio.gather(*clients), PATIENCE):
            assert set(statuses) == {200}
        assert served.end() == 0


async def test_a_call_under_way_is_answered(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        async with await Connection.open(served.address) as connection:
            connection.send("/slow?seconds=1")
            served.said("slow")
            served.signal(signal.SIGTERM)
            answer = await connection.receive()
            assert answer.status == 200
            assert answer.closes
        assert served.end() == 0


async def accepts_connections(address: tuple[str, int]) -> bool:
    try:
        await ask(address)
    except ConnectionRefusedError:
        return False
    except (OSError, asyncio.IncompleteReadError):  # opened at the moment when the listener closed
        return True
    return True


async def test_a_request_that_is_still_on_its_way_is_answered(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        async with await Connection.open(served.address) as connection:
            connection.writer.write(b"GET / HTTP/1.1\r\n")
            await connection.writer.drain()
            served.signal(signal.SIGTERM)
            while await accepts_connections(served.address):
                pass
            connection.writer.write(b"Host: test\r\n\r\n")
            assert (await connection.receive()).status == 200
        assert served.end() == 0


async def test_a_stream_that_heeds_the_drain_does_not_hold_it_up(tmp_path: Path) -> None:
    with serving(tmp_path, grace_period=10 * PATIENCE) as served:
        async with await Connection.open(served.address) as connection:
            connection.send("/stream")
            await connection.reader.readuntil(b"hello\n")
            served.signal(signal.SIGTERM)
            assert b"bye\n\r\n0\r\n\r\n" in await connection.rest()
        assert served.end() == 0


async def test_what_does_not_end_is_cut_off(tmp_path: Path) -> None:
    with serving(tmp_path, grace_period=0.5) as served:
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
        assert served.stderr.count("left") == 1


async def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    with serving(tmp_path, grace_period=10 * PATIENCE) as served:
        async with await Connection.open(served.address) as connection:
            connection.send("/slow?seconds=1000")
            served.said("slow")
            served.signal(signal.SIGINT)
            served.said("stopping")
            served.signal(signal.SIGTERM)
            assert (await connection.receive()).status == 503
        assert served.end() == 130
        assert served.stderr.count("left") == 1
        assert "Traceback" not in served.stderr


async def test_a_second_signal_ends_the_drain_delay_too(tmp_path: Path) -> None:
    with serving(tmp_path, drain_delay=10 * PATIENCE) as served:
        async with await Connection.open(served.address) as connection:
            connection.send("/slow?seconds=1000")
            served.said("slow")
            served.signal(signal.SIGTERM)
            served.said("draining")
            assert (await ask(served.address)).status == 200
            served.signal(signal.SIGTERM)
            assert (await connection.receive()).status == 503
        assert served.end() == 0
        assert served.stderr.count("left") == 1
        assert "Traceback" not in served.stderr


async def test_a_process_that_hangs_ends_with_the_third_signal(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        async with await Connection.open(served.address) as connection:
            connection.send(f"/block?seconds={10 * PATIENCE}")
            served.said("blocked")
            while served.process.poll() is None:
                served.signal(signal.SIGTERM)
                await asyncio.sleep(0.1)
        assert served.end() == 0


async def test_a_process_that_hangs_ends_after_the_grace_time(tmp_path: Path) -> None:
    with serving(tmp_path, grace_period=0) as served:
        async with await Connection.open(served.address) as connection:
            connection.send(f"/hang?seconds={10 * PATIENCE}")
            served.said("hanging")
            served.signal(signal.SIGINT)
            assert served.end() == 130
        assert "a thread hangs; the process ends without it" in served.stderr


async def test_an_application_error_is_logged_and_the_server_continues(tmp_path: Path) -> None:
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


def test_an_application_that_cannot_start_ends_the_server(tmp_path: Path) -> None:
    served = Served(tmp_path, {"fail": True})
    try:
        assert served.end() == 1
    finally:
        served.kill()
    assert "RuntimeError: there is no application" in served.stderr
    assert "listening" not in served.stderr

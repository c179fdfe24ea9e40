"""Several workers: what they share, and what becomes of them when one of them dies, or their parent."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.http_server_process import PATIENCE, Connection, Served, ask, serving


async def worker_behind(connection: Connection) -> int:
    return int((await connection.ask("/pid")).body)


@pytest.mark.skipif(sys.platform != "linux", reason="workers share one queue there")
async def test_connections_opened_at_once_are_spread(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2) as served:
        async with AsyncExitStack() as stack:
            opening = (Connection.open(served.address) for _ in range(64))
            connections = await asyncio.gather(*opening)
            for connection in connections:
                await stack.enter_async_context(connection)
            shares = Counter(await asyncio.gather(*map(worker_behind, connections)))
        assert len(shares) == 2
        assert min(shares.values()) >= 13
        assert served.process.pid not in shares
        served.signal(signal.SIGTERM)
        assert served.end() == 0
        assert served.stdout == ""


async def test_a_worker_that_is_killed_is_replaced_and_takes_only_its_own_along(tmp_path: Path) -> None:
    stopping = asyncio.Event()
    unlucky: list[int] = []
    victims: list[int] = []
    answered: Counter[int] = Counter()

    async def keep_asking(connection: Connection, pid: int) -> None:
        async with connection:
            while not stopping.is_set():
                try:
                    answered[await worker_behind(connection)] += 1
                except (OSError, asyncio.IncompleteReadError):
                    unlucky.append(pid)
                    return

    async def keep_coming(served: Served) -> int:
        count = 0
        while not stopping.is_set():
            async with await Connection.open(served.address) as connection:
                try:
                    answered[await worker_behind(connection)] += 1
                    count += 1
                except (OSError, asyncio.IncompleteReadError):
                    # Whom it had taken cannot be saved; whom it had not is served by the next.
                    victims.append(1)
        return count

    with serving(tmp_path, workers=2) as served:
        opened = [await Connection.open(served.address) for _ in range(24)]
        pids = [await worker_behind(connection) for connection in opened]
        victim, other = set(pids)
        clients = [asyncio.create_task(keep_asking(*pair)) for pair in zip(opened, pids, strict=True)]
        comers = [asyncio.create_task(keep_coming(served)) for _ in range(4)]
        async with asyncio.timeout(PATIENCE):
            while answered.total() < 200:
                await asyncio.sleep(0.01)
            os.kill(victim, signal.SIGKILL)
            while sum(answered[pid] for pid in answered if pid not in {victim, other}) < 10:
                await asyncio.sleep(0.01)
            stopping.set()
            await asyncio.gather(*clients)
            assert min(await asyncio.gather(*comers)) > 0
        assert sorted(unlucky) == [victim] * pids.count(victim)
        assert len(victims) <= len(comers)
        assert "a worker died" in served.stderr
        served.signal(signal.SIGTERM)
        assert served.end() == 0


async def test_a_worker_that_is_stopped_alone_is_replaced_too(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2) as served:
        first, second = map(int, served.said(r"entered (\d+)", 2))
        os.kill(first, signal.SIGTERM)
        third = int(served.said(r"entered (\d+)", 3)[2])
        seen: set[int] = set()
        async with asyncio.timeout(PATIENCE):
            while seen != {second, third}:
                seen.add(int((await ask(served.address, "/pid")).body))
        served.signal(signal.SIGTERM)
        assert served.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_to_the_whole_group_counts_once(tmp_path: Path, number: int) -> None:
    with serving(tmp_path, workers=2) as served:
        async with await Connection.open(served.address) as connection:
            connection.send("/slow?seconds=1")
            served.said("slow")
            os.killpg(served.process.pid, number)
            assert (await connection.receive()).status == 200
        assert served.end() == (0 if number == signal.SIGTERM else 130)


async def test_workers_do_not_outlive_their_parent(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2) as served:
        async with await Connection.open(served.address) as connection:
            connection.send("/slow?seconds=1")
            served.said("slow")
            served.process.kill()
            assert (await connection.receive()).status == 200
        served.all_ended()
        assert served.stderr.count("left") == 2
        with pytest.raises(ConnectionRefusedError):
            await Connection.open(served.address)


async def test_a_worker_that_hangs_is_killed(tmp_path: Path) -> None:
    with serving(tmp_path, workers=2) as served:
        async with await Connection.open(served.address) as connection:
            connection.send(f"/block?seconds={10 * PATIENCE}")
            served.said("blocked")
            for _ in range(3):
                served.signal(signal.SIGTERM)
                await asyncio.sleep(0.1)
            assert await connection.rest() == b""
        assert served.end() == 0
        assert "killing what remains" in served.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_that_cannot_start_end_it(tmp_path: Path, workers: int) -> None:
    served = Served(tmp_path, {"workers": workers, "fail": True})
    try:
        assert served.end() == 1
    finally:
        served.kill()
    tries = 1 if workers == 1 else 5
    assert served.stderr.count("RuntimeError: there is no application") == tries
    assert "listening" not in served.stderr

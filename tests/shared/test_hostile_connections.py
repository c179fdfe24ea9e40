"""A store that is slow, silent or cut off: many commands at once, pauses, cancelled commands, and the end."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.redis_state import RedisState
from tests.support.channel_listeners import RecordingListener, listening
from tests.support.fixture_types import Clock
from tests.support.redis_servers import RedisServer, run_redis
from tests.support.store_proxy import PATIENT, StoreProxy, keep, send
from tests.support.tls_files import write_certificate

LONG = 60.0


async def test_more_callers_than_commands_at_once(proxy: StoreProxy, state: RedisState) -> None:
    """Those that wait for their turn are not taken for an outage, although the store is slow."""

    async def delay(reply: bytes) -> bytes:
        await asyncio.sleep(0.08)
        return reply

    await asyncio.gather(*(state.read("kind:a") for _ in range(20)))  # opens the connections
    proxy.change = delay
    state._timeout = 0.25
    await asyncio.gather(*(state.read("kind:a") for _ in range(64)))
    assert state.is_available


async def test_thousands_of_keys_at_once(shared_redis: RedisServer) -> None:
    state = RedisState(shared_redis.url)
    await state.check()
    keys = [f"kind:{number}" for number in range(3_000)]
    await asyncio.gather(*(state.write(key, key.encode(), seconds=LONG) for key in keys))
    entries = await asyncio.gather(*map(state.read, keys))
    assert [entry and entry.value.decode() for entry in entries] == keys
    assert state.is_available
    assert len(state._redis.connection_pool._available_connections) <= 17
    await state.aclose()


async def test_callers_that_wait_learn_of_an_outage_soon(proxy: StoreProxy, state: RedisState) -> None:
    """They wait for the first failure only, not for one each."""
    send(proxy, b"")
    state._timeout = 0.25
    started = time.monotonic()
    results = await asyncio.gather(
        *(state.read(f"kind:{number}") for number in range(1_000)), return_exceptions=True
    )
    assert {type(result) for result in results} == {StoreUnavailable}
    assert time.monotonic() - started < 1_000 / 16 * 0.25 / 2


@pytest.mark.parametrize("pause", [0.3, 0.8])
async def test_pauses_of_this_process(shared_redis: RedisServer, pause: float) -> None:
    """A busy process does not mistake its own pauses for an outage, also while it connects."""
    state = RedisState(shared_redis.url)
    for _ in range(2):
        commands = [asyncio.create_task(state.read(f"kind:{number}")) for number in range(32)]
        for _ in range(4):
            for _ in range(3):
                await asyncio.sleep(0)
            time.sleep(pause / 4)  # noqa: ASYNC251 - blocks the event loop
        await asyncio.sleep(0)
        time.sleep(pause)  # noqa: ASYNC251 - as above
        await asyncio.gather(*commands)
    assert state.is_available
    await state.aclose()


async def test_a_storm_of_cancelled_commands(proxy: StoreProxy, state: RedisState) -> None:
    """No task, no turn and no connection is lost."""

    async def delay(reply: bytes) -> bytes:
        await asyncio.sleep(0.02)
        return reply

    proxy.change = delay
    for number in range(20):
        commands = [asyncio.create_task(state.claim(f"kind:{each}", b"1", seconds=1)) for each in range(50)]
        await asyncio.sleep(0.001 * (number % 5))
        for command in commands:
            command.cancel()
        await asyncio.gather(*commands, return_exceptions=True)
    proxy.change = keep
    await asyncio.gather(*(state.read("kind:a") for _ in range(64)))
    assert state.is_available
    assert state._turns._value == 16
    while state._tasks:
        await asyncio.wait(state._tasks)
    assert len(state._redis.connection_pool._in_use_connections) == 0
    assert proxy.open_connections <= 100


async def test_a_cut_network(proxy: StoreProxy, state: RedisState, clock: Clock) -> None:
    """The first trial after it uses new connections; the old ones are closed."""
    await asyncio.gather(*(state.read("kind:a") for _ in range(16)))
    old = proxy.open_connections
    proxy.cut()
    state._timeout = 0.25
    with pytest.raises(StoreUnavailable, match="timed out"):
        await state.read("kind:a")
    state._timeout = PATIENT
    clock.time += 5
    await state.read("kind:a")
    async with asyncio.timeout(PATIENT):
        while proxy.open_connections >= old:
            await asyncio.sleep(0.05)
    assert state.is_available


async def test_tls_that_falls_silent(tmp_path: Path, clock: Clock) -> None:
    """The first trial does not wait until its peer closes the old connections, and neither does the end."""
    cert_file, _ = write_certificate(tmp_path)
    with run_redis(certificate=(cert_file, tmp_path / "localhost.key")) as server:
        async with StoreProxy(server.port).running() as proxy:
            url = f"rediss://localhost:{proxy.port}?ssl_ca_certs={cert_file}"
            state = RedisState(url, timeout=PATIENT, clock=clock)
            await asyncio.gather(*(state.read("kind:a") for _ in range(16)))
            connections: list[Any] = state._redis.connection_pool._available_connections
            assert len({id(each.ssl_context.get()) for each in connections}) == 1
            proxy.cut()
            state._timeout = 0.25
            with pytest.raises(StoreUnavailable, match="timed out"):
                await state.read("kind:a")
            state._timeout = PATIENT
            clock.time += 5
            await state.read("kind:a")
            assert state.is_available
            proxy.cut()
            await state.aclose()


async def test_closing_during_commands(proxy: StoreProxy, state: RedisState) -> None:
    """Commands of a store that replies bit by bit do not keep the server from ending."""

    async def drip(_: bytes) -> bytes:
        await asyncio.sleep(0.5)
        return b"+OK\r\n" if proxy.connections > 1 else b""

    proxy.change = drip
    commands = [asyncio.create_task(state.read("kind:a")) for _ in range(40)]
    await asyncio.sleep(0.1)
    async with asyncio.timeout(PATIENT / 5):
        await state.aclose()
        results = await asyncio.gather(*commands, return_exceptions=True)
    assert {type(result) for result in results} <= {StoreUnavailable}
    assert not state._tasks


@pytest.mark.parametrize("reply", [None, b"+OK\r\n", b":1\r\n", b"*1\r\n" * 3_000, b"-ERR no\r\n"])
async def test_a_server_that_does_not_support_subscriptions(
    proxy: StoreProxy, state: RedisState, reply: bytes | None
) -> None:
    """The listener tries again with growing pauses, and is not told that messages arrive."""

    async def refuse(data: bytes) -> bytes | None:
        return reply if b"subscribe" in data else data

    proxy.change = refuse
    listener = RecordingListener()
    task = asyncio.create_task(state.listen("changes", listener))
    before = proxy.connections
    await asyncio.sleep(1)
    assert proxy.connections - before <= 8
    assert listener.calls == []
    proxy.change = keep
    await listener.wait_for("subscribed")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_server_that_ends_subscriptions_at_once(
    proxy: StoreProxy, state: RedisState, caplog: pytest.LogCaptureFixture
) -> None:
    """The listener does not subscribe again without a pause, and the log says so once."""

    async def confirm_and_break(data: bytes) -> bytes:
        return data + b"!\r\n" if b"subscribe" in data else data

    proxy.change = confirm_and_break
    listener = RecordingListener()
    task = asyncio.create_task(state.listen("changes", listener))
    await listener.wait_for("lost", 4)
    before = proxy.connections
    await asyncio.sleep(1)
    assert proxy.connections - before <= 4, "the pauses have grown"
    assert [text for text in caplog.messages if "not cached" in text] == [
        (
            "results are not cached, as changes at other replicas are missed: "
            "its reply was not that of a Valkey or Redis server"
        )
    ]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_listener_behind_a_cut_network(proxy: StoreProxy, state: RedisState) -> None:
    async with listening(state) as listener:
        proxy.cut()
        await listener.wait_for("lost")
        await listener.wait_for("subscribed", 2)
        async with asyncio.timeout(PATIENT):
            while not state.is_available:
                await asyncio.sleep(0.01)
        await state.publish("changes")
        await listener.wait_for("message")


async def test_a_promoted_replica_has_lost_the_latest_changes(shared_redis: RedisServer) -> None:
    """What was claimed can be claimed again, and lists that are shorter take no entry of a later position."""
    state = RedisState(shared_redis.url, timeout=PATIENT)
    shared_redis.execute("FLUSHALL")
    assert await state.claim("plan-lock:a", b"1", seconds=LONG)
    append = partial(state.append, "plan-progress:a:0", seconds=LONG)
    assert await append(b"0", position=0)
    assert await append(b"1", position=1)
    shared_redis.execute("RPOP", "dockerhub-mcp:plan-progress:a:0")
    shared_redis.execute("DEL", "dockerhub-mcp:plan-lock:a")
    assert not await state.extend("plan-lock:a", b"1", seconds=LONG)
    assert not await append(b"2", position=2)
    assert await append(b"1 again", position=1)
    await state.aclose()

"""Faults of a real store, each for some seconds; afterwards the store works."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from tests.support.redis_servers import RedisServer


async def _pause(store: RedisServer, seconds: float) -> None:
    store.pause()
    await asyncio.sleep(seconds)
    store.resume()


async def _kill(store: RedisServer, seconds: float) -> None:
    store.kill()
    await asyncio.sleep(seconds)
    await asyncio.to_thread(store.start)


async def _restart(store: RedisServer, _: float) -> None:
    await asyncio.to_thread(store.restart)


async def _restore(store: RedisServer, seconds: float) -> None:
    store.execute("SAVE")
    await asyncio.sleep(seconds)
    await asyncio.to_thread(store.restart)


async def _empty(store: RedisServer, _: float) -> None:
    store.execute("FLUSHALL")


async def _delay(store: RedisServer, seconds: float) -> None:
    until = time.monotonic() + 2 * seconds
    while time.monotonic() < until:
        pause = 0.1 + seconds / 5  # 0.1 to 0.3 seconds
        store.execute("CLIENT", "PAUSE", int(pause * 1000), "ALL")
        await asyncio.sleep(pause + 0.02)


async def _reset_commands(store: RedisServer, seconds: float) -> None:
    """Close the connections of commands, some of which wait."""
    store.pause()
    await asyncio.sleep(seconds / 5)
    store.resume()
    store.execute("CLIENT", "KILL", "TYPE", "normal")


async def _reset_subscriptions(store: RedisServer, _: float) -> None:
    store.execute("CLIENT", "KILL", "TYPE", "pubsub")


FAULTS: dict[str, Callable[[RedisServer, float], Coroutine[Any, Any, None]]] = {
    "pause": _pause,
    "kill": _kill,
    "restart": _restart,
    "restore": _restore,
    "empty": _empty,
    "delay": _delay,
    "reset commands": _reset_commands,
    "reset subscriptions": _reset_subscriptions,
}

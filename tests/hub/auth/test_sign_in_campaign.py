"""Random campaigns: replicas limit, pause and recover as one process would, and reveal nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from random import Random
from typing import Any

import pytest

from dockerhub_mcp.hub.auth.sign_in_guard import FAILURE_WINDOW, MAX_FAILURES
from dockerhub_mcp.shared.local import LocalState
from dockerhub_mcp.shared.redis_state import RedisState
from tests.support.redis_servers import RedisServer
from tests.support.sharing_replicas import NEW_KEY, OLD_KEY, WatchedState
from tests.support.sign_in_campaign import (
    FAULTS,
    NAME,
    RIGHT,
    TIMEOUT,
    Call,
    Outcome,
    Plan,
    Player,
    draw_plan,
    find_longest_refusal,
)
from tests.support.virtual_time import virtual_time

ROTATED = [(NEW_KEY, OLD_KEY), (OLD_KEY, NEW_KEY), (OLD_KEY, NEW_KEY)]
_SLACK = 61.0  # seconds between two calls at most, which decide when a pause is noticed to have ended


@pytest.mark.parametrize("seed", [0, 3, 5, 7, 12, 13, 16, 20, 22])
async def test_replicas_are_no_worse_than_one_process(seed: int) -> None:
    plan = draw_plan(seed)
    with virtual_time():
        alone = Player(plan, [None], [()])
        expected = await alone.play()
        state = WatchedState(LocalState(asyncio.get_running_loop().time))
        replicas = Player(plan, [state] * 3, ROTATED)
        outcomes = await replicas.play()
    assert find_longest_refusal(outcomes) <= find_longest_refusal(expected) + _SLACK
    assert replicas.hub.sign_ins <= alone.hub.sign_ins + 2
    failures = replicas.hub.failures
    for first, fourth in zip(failures, failures[MAX_FAILURES:], strict=False):
        assert fourth - first >= FAILURE_WINDOW
    assert max(outcome.seconds for outcome in outcomes) <= TIMEOUT + 1
    assert not any(outcome.error for outcome in outcomes[-3:] if outcome.call.secret == RIGHT)
    check_secrecy("\n".join(outcome.error for outcome in outcomes), replicas)


def check_secrecy(text: str, player: Player) -> None:
    """Check that a text contains no secret and no bearer token."""
    for secret in (RIGHT, "wrong-", *player.hub.tokens):
        assert secret not in text


async def break_store(server: RedisServer, source: Random) -> None:
    """Pause, kill or empty a server for moments, again and again."""
    while True:
        await asyncio.sleep(source.uniform(0.1, 0.6))
        fault = source.choice(("pause", "kill", "restart"))
        if fault == "pause":
            server.pause()
        elif fault == "kill":
            server.kill()
        try:
            await asyncio.sleep(0 if fault == "restart" else source.uniform(0.1, 0.8))
        finally:
            if fault == "pause":
                server.resume()
            else:
                server.restart()


async def test_a_store_that_breaks_again_and_again_reveals_nothing_and_ends_no_call(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    source = Random(7)  # noqa: S311 - not for cryptography
    redis_server.execute("FLUSHALL")
    faults = [(number / 4, number / 4 + 0.1, source.choice(FAULTS)) for number in range(0, 20, 2)]
    plan = Plan(faults, [1.0, 2.0, 3.0], lifetime=600, has_expiry=True, latency=0.05, calls=[])
    states: list[Any] = [RedisState(redis_server.url) for _ in range(3)]
    player, outcomes, results = Player(plan, states, ROTATED, timeout=4.0), [], Counter[str]()
    breaking = asyncio.create_task(break_store(redis_server, source))
    tasks: list[asyncio.Task[Outcome]] = []
    try:
        async with asyncio.timeout(TIMEOUT * 4):
            while player.read_time() < 5:
                secret = RIGHT if source.random() < 0.7 else f"wrong-{source.randrange(9)}"
                call = Call(0, source.randrange(3), secret, f"{NAME}-{source.randrange(20)}")
                tasks.append(asyncio.create_task(player.make(call)))
                await asyncio.sleep(source.choice((0, 0.02, 0.05)))
                if source.random() < 0.05:
                    tasks[-1].cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        breaking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await breaking
    for outcome in outcomes:
        assert isinstance(outcome, Outcome | asyncio.CancelledError)
        results[outcome.error.partition(":")[0] if isinstance(outcome, Outcome) else "cancelled"] += 1
    assert results[""] > 10, results
    errors = [outcome.error for outcome in outcomes if isinstance(outcome, Outcome)]
    fields = [str(record.__dict__) for record in caplog.records]
    check_secrecy("\n".join([*errors, *fields, caplog.text]), player)
    dump = redis_server.dump()
    for text in (RIGHT, NAME, *player.hub.tokens):
        assert text.encode() not in dump
    for state in states:
        await state.aclose()

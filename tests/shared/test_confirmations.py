"""Test that an answer is accepted once over all replicas, and what a store that loses content does to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count

import pytest

from dockerhub_mcp.shared.confirmations import StoredAnswers
from dockerhub_mcp.shared.local import LocalState
from dockerhub_mcp.shared.redis_state import RedisState
from tests.support.fixture_types import Clock
from tests.support.redis_servers import RedisServer
from tests.support.shared_states import UnreliableState

PATIENCE = 60.0  # seconds; a safety margin for a busy machine
LOSSES: dict[str, Callable[[RedisServer], object]] = {
    "restarted": RedisServer.restart,
    "emptied": lambda server: server.execute("FLUSHALL"),
}


async def test_one_of_several_claims_is_the_first() -> None:
    state = UnreliableState()
    replicas = [StoredAnswers(state) for _ in range(3)]
    for number in range(20):
        claims = await asyncio.gather(*(each.claim(f"question {number}") for each in replicas))
        generation = await replicas[0].read_generation()
        assert sorted(claim or () for claim in claims) == [(False, generation)] * 2 + [(True, generation)]


async def test_a_claim_outlives_the_answer(clock: Clock) -> None:
    state = LocalState(clock)
    confirmations = StoredAnswers(state)
    generation = await confirmations.read_generation()
    assert await confirmations.claim("question") == (True, generation)
    clock.time += 659.0
    assert await confirmations.claim("question") == (False, generation)


async def test_without_the_store_it_is_unknown_whether_a_claim_is_the_first() -> None:
    state = UnreliableState()
    state.is_down = True
    assert await StoredAnswers(state).claim("question") is None
    assert state.commands == [("claim", "once:question")]
    assert await StoredAnswers(state).read_generation() is None


async def test_a_claim_whose_record_is_unknown_is_none() -> None:
    """The store may have been replaced between the two commands."""

    class State(UnreliableState):
        async def claim(self, key: str, value: bytes, *, seconds: float) -> bool:
            is_first = await super().claim(key, value, seconds=seconds)
            self.is_down = True
            return is_first

    assert await StoredAnswers(State()).claim("question") is None


@asynccontextmanager
async def connect(server: RedisServer) -> AsyncIterator[StoredAnswers]:
    """Return the record of a replica, which tries an unavailable store again at once."""
    state = RedisState(server.url, timeout=30, clock=count(step=10).__next__)
    yield StoredAnswers(state)
    await state.aclose()


async def claim_until_recorded(confirmations: StoredAnswers) -> tuple[bool, str]:
    """Claim until the store is available: the connections of before the loss are closed."""
    async with asyncio.timeout(PATIENCE):
        while (claimed := await confirmations.claim("question")) is None:
            await asyncio.sleep(0.01)
    return claimed


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("is_used", [False, True])
async def test_a_store_that_lost_its_content_is_another_record(
    redis_server: RedisServer, loss: str, is_used: bool
) -> None:
    """The first claim thereafter is the first as far as the record goes, so the record must tell."""
    async with connect(redis_server) as one, connect(redis_server) as other:
        before = await one.read_generation()
        assert before == await other.read_generation()
        if is_used:
            assert await one.claim("question") == (True, before)
        LOSSES[loss](redis_server)
        is_first, generation = await claim_until_recorded(other)
        assert is_first
        assert generation != before
        assert await claim_until_recorded(one) == (False, generation)


async def test_a_store_that_restarts_with_earlier_content_is_another_record(
    redis_server: RedisServer,
) -> None:
    """A snapshot brings back the store as it was before the answer was used."""
    async with connect(redis_server) as confirmations:
        before = await confirmations.read_generation()
        redis_server.execute("PEXPIRE", "dockerhub-mcp:generation", 10_000)
        assert await confirmations.read_generation() == before
        assert redis_server.execute("PTTL", "dockerhub-mcp:generation") > 600_000, "it outlives the questions"
        redis_server.execute("SAVE")
        assert await confirmations.claim("question") == (True, before)
        redis_server.restart()
        assert redis_server.execute("KEYS", "*") == [b"dockerhub-mcp:generation"]
        is_first, generation = await claim_until_recorded(confirmations)
        assert is_first
        assert generation != before

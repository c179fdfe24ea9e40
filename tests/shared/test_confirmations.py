"""Test that an answer is accepted once over all replicas."""

from __future__ import annotations

import asyncio

from dockerhub_mcp.shared.confirmations import AnsweredConfirmations
from dockerhub_mcp.shared.local import LocalState
from tests.support.fixture_types import Clock
from tests.support.shared_states import UnreliableState


async def test_one_of_several_claims_is_the_first() -> None:
    state = UnreliableState()
    replicas = [AnsweredConfirmations(state) for _ in range(3)]
    for number in range(20):
        claims = await asyncio.gather(*(each.claim(f"question {number}") for each in replicas))
        assert sorted(bool(claim) for claim in claims) == [False, False, True]


async def test_a_claim_outlives_the_answer(clock: Clock) -> None:
    state = LocalState(clock)
    confirmations = AnsweredConfirmations(state)
    assert await confirmations.claim("question") is True
    clock.time += 659.0
    assert await confirmations.claim("question") is False


async def test_without_the_store_it_is_unknown_whether_a_claim_is_the_first() -> None:
    state = UnreliableState()
    state.is_down = True
    assert await AnsweredConfirmations(state).claim("question") is None
    assert state.commands == [("claim", "once:question")]

"""Test the count of rejected credentials over all replicas."""

from __future__ import annotations

import pytest

from dockerhub_mcp.shared.failures import StoredFailures
from dockerhub_mcp.shared.keys import KeyRing
from dockerhub_mcp.shared.local import LocalState
from tests.support.fixture_types import Clock
from tests.support.shared_states import UnreliableState

KEYS = KeyRing([b"0123456789abcdef" * 2])


def replicas(state: LocalState, count: int = 3) -> list[StoredFailures]:
    return [StoredFailures(state, KEYS, limit=10, seconds=60.0) for _ in range(count)]


async def test_the_rejections_at_all_replicas_count(clock: Clock) -> None:
    windows = replicas(LocalState(clock))
    for number in range(10):
        assert await windows[number % 3].measure("192.0.2.1") is None
        assert await windows[number % 3].add("192.0.2.1") is None
        clock.time += 1.0
    for each in windows:
        assert await each.measure("192.0.2.1") == 50.0
        assert await each.add("192.0.2.1") == 50.0
        assert await each.measure("192.0.2.2") is None
    clock.time += 50.0
    assert await windows[0].measure("192.0.2.1") is None
    assert await windows[1].add("192.0.2.1") is None
    assert await windows[2].measure("192.0.2.1") == 1.0


async def test_the_store_sees_no_address() -> None:
    state = UnreliableState()
    [window] = replicas(state, 1)
    await window.measure("192.0.2.1")
    await window.add("192.0.2.1")
    await window.measure("192.0.2.2")
    kinds, digests = zip(*(key.split(":") for _, key in state.commands), strict=True)
    assert set(kinds) == {"throttle"}
    assert digests[0] == digests[1] != digests[2]
    assert all(len(digest) == 64 for digest in digests)


@pytest.mark.parametrize("rejections", [0, 20])
async def test_without_the_store_nothing_is_known(rejections: int) -> None:
    state = UnreliableState()
    [window] = replicas(state, 1)
    for _ in range(rejections):
        await window.add("192.0.2.1")
    state.is_down = True
    assert await window.measure("192.0.2.1") is None
    assert await window.add("192.0.2.1") is None

"""What every state does: in memory, and in a Redis server over TCP and over a Unix socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import pytest

from dockerhub_mcp.shared.local import LocalState
from dockerhub_mcp.shared.redis_state import RedisState
from dockerhub_mcp.shared.state import SharedState
from tests.support.channel_listeners import RecordingListener, listening
from tests.support.redis_servers import RedisServer

LONG = 60.0  # seconds; nothing expires within a test


class States(NamedTuple):
    """The state under test.

    Attributes:
        first: The state.
        second: The same, of another process where it is shared.
        advance: Lets seconds pass.
    """

    first: SharedState
    second: SharedState
    advance: Callable[[float], Awaitable[None]]


@pytest.fixture(params=["memory", "tcp", "unix"])
async def states(request: pytest.FixtureRequest) -> AsyncIterator[States]:
    """Return an empty state of each kind."""
    if request.param == "memory":
        now = 1000.0

        async def advance(seconds: float) -> None:
            nonlocal now
            now += seconds

        state = LocalState(lambda: now)
        yield States(state, state, advance)
        return
    server: RedisServer = request.getfixturevalue("shared_redis")
    server.execute("FLUSHALL")
    url = server.url if request.param == "tcp" else server.socket_url
    # A busy machine must not fail these tests.
    first, second = RedisState(url, timeout=30), RedisState(url, timeout=30)
    yield States(first, second, asyncio.sleep)
    await first.aclose()
    await second.aclose()


async def test_values(states: States) -> None:
    """A value is read by all, with the time that is left, until it is replaced or deleted."""
    assert await states.first.read("kind:a") is None
    await states.first.write("kind:a", b"\x00\xff one", seconds=LONG)
    entry = await states.second.read("kind:a")
    assert entry is not None
    assert entry.value == b"\x00\xff one"
    assert 0 < entry.seconds_left <= LONG
    await states.second.write("kind:a", b"", seconds=2 * LONG)
    replaced = await states.first.read("kind:a")
    assert replaced is not None
    assert replaced.value == b""
    assert replaced.seconds_left > LONG
    assert await states.first.read("kind:b") is None
    assert await states.first.delete("kind:a") is True
    assert await states.second.delete("kind:a") is False
    assert await states.second.read("kind:a") is None


async def test_a_value_expires(states: States) -> None:
    """A value is gone after its time, and the key can be claimed again."""
    await states.first.write("kind:a", b"1", seconds=0.05)
    await states.advance(0.1)
    assert await states.second.read("kind:a") is None
    assert await states.second.extend("kind:a", b"1", seconds=LONG) is False
    assert await states.second.claim("kind:a", b"2", seconds=LONG) is True


async def test_a_key_is_claimed_once(states: States) -> None:
    """Of many claims at the same time, one succeeds, and its value stays."""
    claims = [
        state.claim("once:x", str(number).encode(), seconds=LONG)
        for number, state in enumerate([states.first, states.second] * 20)
    ]
    results = await asyncio.gather(*claims)
    assert results.count(True) == 1
    entry = await states.first.read("once:x")
    assert entry is not None
    assert entry.value == str(results.index(True)).encode()


async def test_a_value_is_extended_by_its_owner_only(states: States) -> None:
    """A value lives on when extended with the same value; another value changes nothing."""
    await states.first.claim("turn:x", b"mine", seconds=1.0)
    assert await states.second.extend("turn:x", b"other", seconds=LONG) is False
    assert await states.first.extend("turn:x", b"mine", seconds=LONG) is True
    await states.advance(1.1)
    entry = await states.second.read("turn:x")
    assert entry is not None
    assert entry.value == b"mine"
    assert await states.first.extend("turn:none", b"mine", seconds=LONG) is False


async def test_a_value_is_deleted_only_if_it_is_the_expected_one(states: States) -> None:
    """Deleting with a value leaves another value in place."""
    await states.first.write("bearer:x", b"new", seconds=LONG)
    assert await states.first.delete("bearer:x", value=b"old") is False
    assert await states.second.read("bearer:x") is not None
    assert await states.second.delete("bearer:x", value=b"new") is True
    assert await states.first.read("bearer:x") is None
    assert await states.first.delete("bearer:x", value=b"new") is False


async def test_a_window_has_room_for_its_limit(states: States) -> None:
    """Members beyond the limit are refused with the time to wait, until one is removed."""
    for member in ("a", "b"):
        assert await states.first.add_to_window("tries:x", member, limit=2, seconds=LONG) == 0.0
    for state in states[:2]:
        assert 0 < await state.add_to_window("tries:x", "c", limit=2, seconds=LONG) <= LONG
        assert 0 < await state.measure_window("tries:x", limit=2, seconds=LONG) <= LONG
    assert await states.first.measure_window("tries:x", limit=3, seconds=LONG) == 0.0
    assert await states.first.measure_window("tries:y", limit=1, seconds=LONG) == 0.0
    await states.second.remove_from_window("tries:x", "none")
    await states.second.remove_from_window("tries:x", "a")
    assert await states.first.measure_window("tries:x", limit=2, seconds=LONG) == 0.0
    assert await states.second.add_to_window("tries:x", "c", limit=2, seconds=LONG) == 0.0
    assert await states.first.add_to_window("tries:x", "d", limit=2, seconds=LONG) > 0
    await states.first.remove_from_window("tries:none", "a")


async def test_the_wait_of_a_window_is_that_of_the_member_that_makes_room(states: States) -> None:
    """With more members than the limit, several must expire before there is room."""
    for member in ("a", "b", "c"):
        await states.first.add_to_window("tries:x", member, limit=3, seconds=LONG)
        await states.advance(0.2)
    waits = [await states.second.measure_window("tries:x", limit=limit, seconds=LONG) for limit in (3, 2, 1)]
    assert waits == sorted(waits)
    assert waits[2] > waits[0]
    assert waits[2] <= LONG - 0.2


async def test_members_of_a_window_expire(states: States) -> None:
    """A member counts for its time only, and a member added again counts from then on."""
    assert await states.first.add_to_window("tries:x", "a", limit=1, seconds=0.05) == 0.0
    await states.advance(0.1)
    assert await states.second.measure_window("tries:x", limit=1, seconds=0.05) == 0.0
    assert await states.second.add_to_window("tries:x", "b", limit=1, seconds=LONG) == 0.0
    assert await states.second.add_to_window("tries:x", "c", limit=1, seconds=LONG) > 0


async def test_parallel_additions_stay_within_the_limit(states: States) -> None:
    """Counting and adding is one step, whichever process does it."""
    waits = await asyncio.gather(
        *(
            state.add_to_window("throttle:x", str(number), limit=10, seconds=LONG)
            for number, state in enumerate([states.first, states.second] * 20)
        )
    )
    assert waits.count(0.0) == 10


async def test_lists(states: States) -> None:
    """Values are read in the order in which they were added, and expire together."""
    assert await states.first.read_list("plan-progress:x") == []
    for state, value in zip([states.first, states.second, states.first], [b"1", b"\x00", b"1"], strict=True):
        await state.append("plan-progress:x", value, seconds=LONG)
    assert await states.second.read_list("plan-progress:x") == [b"1", b"\x00", b"1"]
    assert await states.first.delete("plan-progress:x") is True
    assert await states.first.read_list("plan-progress:x") == []
    await states.first.append("plan-progress:y", b"1", seconds=0.05)
    await states.advance(0.1)
    assert await states.second.read_list("plan-progress:y") == []


async def test_the_generation_is_one_text(states: States) -> None:
    """Processes agree on it, whatever else they do, unless content is lost."""
    generations = await asyncio.gather(*(state.read_generation() for state in [*states[:2]] * 5))
    await states.first.write("kind:a", b"1", seconds=LONG)
    await states.second.delete("kind:a")
    assert {*generations, await states.second.read_generation()} == {generations[0]}
    assert len(generations[0]) >= 32


async def test_a_message_reaches_all_listeners(states: States) -> None:
    """A message reaches the listeners of its channel, those of the sender's process included."""
    async with listening(states.first) as first, listening(states.second) as second:
        async with listening(states.first, "other") as other:
            await states.first.publish("changes")
            await first.wait_for("message")
            await second.wait_for("message")
            await states.second.publish("changes")
            await first.wait_for("message", 2)
            assert second.calls[:2] == ["subscribed", "message"]
            await states.first.publish("other")
            await other.wait_for("message")
        assert other.calls == ["subscribed", "message"]
    await states.first.publish("changes")
    await states.first.check()
    assert states.first.is_available


async def test_a_listener_that_ended_hears_nothing(states: States) -> None:
    """After cancelling, neither messages nor the loss of the connection are reported."""
    async with listening(states.first) as listener:
        pass
    await states.second.publish("changes")
    assert isinstance(listener, RecordingListener)
    assert listener.calls == ["subscribed"]

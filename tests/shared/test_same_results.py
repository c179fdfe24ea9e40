"""Any sequence of operations has the same results in memory and in Redis."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dockerhub_mcp.shared.local import LocalState
from dockerhub_mcp.shared.redis_state import RedisState
from dockerhub_mcp.shared.state import Entry, SharedState
from tests.support.property_testing import examples
from tests.support.redis_servers import RedisServer

LONG = 600.0  # seconds; nothing expires
VALUES = st.sampled_from([b"", b"1", b"\xff\r\n"])
MEMBERS = st.sampled_from(["", "a", "b", "c"])
LIMITS = st.integers(1, 3)


def operation(name: str, key: str, *arguments: Any, **options: Any) -> st.SearchStrategy[Any]:
    """Return calls of a method on one of two keys of a kind."""
    keys = st.sampled_from([f"{key}:1", f"{key}:2"])
    return st.tuples(st.just(name), st.tuples(keys, *arguments), st.fixed_dictionaries(options))


SECONDS = st.just(LONG)
OPERATIONS = st.one_of(
    operation("read", "value"),
    operation("write", "value", VALUES, seconds=SECONDS),
    operation("claim", "value", VALUES, seconds=SECONDS),
    operation("extend", "value", VALUES, seconds=SECONDS),
    operation("delete", "value"),
    operation("delete", "value", value=VALUES),
    operation("add_to_window", "window", MEMBERS, limit=LIMITS, seconds=SECONDS),
    operation("remove_from_window", "window", MEMBERS),
    operation("measure_window", "window", limit=LIMITS, seconds=SECONDS),
    operation("delete", "window"),
    operation("append", "list", VALUES, position=st.integers(0, 3), seconds=SECONDS),
    operation("read_list", "list"),
    operation("delete", "list"),
)


async def run_operations(state: SharedState, operations: list[Any]) -> list[Any]:
    """Return the results of operations, without the seconds, which no two runs have in common."""
    results = []
    for name, arguments, options in operations:
        result = await getattr(state, name)(*arguments, **options)
        if isinstance(result, Entry):
            assert 0 < result.seconds_left <= LONG
            result = result.value
        elif isinstance(result, float):
            assert 0 <= result <= LONG
            result = result > 0
        results.append(result)
    await state.aclose()
    return results


@given(operations=st.lists(OPERATIONS, max_size=40))
@examples(60, suppress=(HealthCheck.function_scoped_fixture,))
def test_sequences_of_operations(shared_redis: RedisServer, operations: list[Any]) -> None:
    """Deleting, replacing, refusing and counting agree. Every key expires, and has the prefix."""
    shared_redis.execute("FLUSHALL")
    in_redis = asyncio.run(run_operations(RedisState(shared_redis.url, timeout=30), operations))
    assert asyncio.run(run_operations(LocalState(), operations)) == in_redis
    for key in shared_redis.execute("KEYS", "*"):
        assert key.startswith(b"dockerhub-mcp:")
        assert 0 < shared_redis.execute("PTTL", key) <= LONG * 1000

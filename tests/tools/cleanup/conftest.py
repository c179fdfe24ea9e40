"""Places that keep plans, and states that replicas share: in memory, and in a Redis server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from dockerhub_mcp.shared.local import LocalState
from dockerhub_mcp.shared.redis_state import RedisState
from dockerhub_mcp.tools.cleanup.plan_files import PlanDirectory
from dockerhub_mcp.tools.cleanup.plans import CleanupPlans
from tests.support.fixture_types import Clock
from tests.support.redis_servers import RedisServer, run_redis
from tests.support.shared_plans import SharedPlace, share_plans


@pytest.fixture(scope="session")
def redis_of_plans() -> Iterator[RedisServer]:
    with run_redis() as server:
        yield server


@pytest.fixture(params=["local", "redis"])
async def place(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[SharedPlace]:
    """Return an empty state of each kind."""
    async with AsyncExitStack() as stack:
        yield _create_place(request, clock, stack, request.param)


@pytest.fixture(params=["memory", "directory", "local", "redis"])
async def connect_store(
    request: pytest.FixtureRequest, clock: Clock, tmp_path: Path
) -> AsyncIterator[Callable[[], CleanupPlans]]:
    """Return what returns the plans of one more server, in an empty place of each kind."""
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            store = CleanupPlans()
            yield lambda: store
        elif request.param == "directory":
            yield lambda: CleanupPlans(PlanDirectory(tmp_path / "plans"))
        else:
            place = _create_place(request, clock, stack, request.param)
            yield lambda: share_plans(place.connect())


def _create_place(
    request: pytest.FixtureRequest, clock: Clock, stack: AsyncExitStack, kind: str
) -> SharedPlace:
    if kind == "local":
        local = LocalState(clock)

        async def expire(_: str) -> None:
            clock.time += 31

        return SharedPlace(lambda: local, expire)
    server: RedisServer = request.getfixturevalue("redis_of_plans")
    server.execute("FLUSHALL")

    def connect() -> RedisState:
        state = RedisState(server.url, timeout=30)  # a busy machine must not fail these tests
        stack.push_async_callback(state.aclose)
        return state

    return SharedPlace(connect, connect().delete)

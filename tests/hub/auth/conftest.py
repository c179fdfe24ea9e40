"""The state that replicas share: in memory, and in a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from dockerhub_mcp.shared.local import LocalState
from dockerhub_mcp.shared.redis_state import RedisState
from dockerhub_mcp.shared.state import SharedState
from tests.support.redis_servers import RedisServer, run_redis


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Return one server for all tests of this folder."""
    with run_redis() as server:
        yield server


@pytest.fixture(params=["memory", "redis"])
async def shared_state(request: pytest.FixtureRequest) -> AsyncIterator[SharedState]:
    """Return an empty state of each kind."""
    if request.param == "memory":
        yield LocalState()
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    server.execute("FLUSHALL")
    state = RedisState(server.url, timeout=10.0)  # the machine may be busy
    yield state
    await state.aclose()

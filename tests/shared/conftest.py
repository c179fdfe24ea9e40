"""A server for the tests of this folder, and the states to test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from dockerhub_mcp.shared.redis_state import RedisState
from tests.support.fixture_types import Clock
from tests.support.redis_servers import RedisServer, run_redis
from tests.support.store_proxy import PATIENT, StoreProxy


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    """Return one server for all tests that leave it running."""
    with run_redis() as server:
        yield server


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """Return a server for one test, which may stop it."""
    with run_redis() as server:
        yield server


@pytest.fixture
async def proxy(shared_redis: RedisServer) -> AsyncIterator[StoreProxy]:
    """Return a proxy before the server of all tests."""
    async with StoreProxy(shared_redis.port).running() as proxy:
        yield proxy


@pytest.fixture
async def state(proxy: StoreProxy, clock: Clock) -> AsyncIterator[RedisState]:
    """Return a state behind the proxy, connected; trials are made when the clock of the test says so."""
    state = RedisState(f"redis://127.0.0.1:{proxy.port}", timeout=PATIENT, clock=clock)
    await state.check()
    yield state
    await state.aclose()

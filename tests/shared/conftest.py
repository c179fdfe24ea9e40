"""A server for the tests of this folder, and the states to test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.redis_servers import RedisServer, run_redis


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

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from dockerhub_mcp.hub import Hub, RateLimit
from dockerhub_mcp.hub.methods import GetRepository
from dockerhub_mcp.sandbox import Sandbox

FULL = {"x-ratelimit-limit": "180", "x-ratelimit-remaining": "5", "x-ratelimit-reset": "1790000000"}


def test_the_limit_is_read_from_the_headers() -> None:
    assert RateLimit.from_headers(FULL) == RateLimit(180, 5, datetime.fromtimestamp(1_790_000_000, UTC))


@pytest.mark.parametrize("reset", ["", "soon", "9" * 30, "1" * 15, "-5", "60"])
def test_an_unreadable_reset_is_unknown(reset: str) -> None:
    assert RateLimit.from_headers(FULL | {"x-ratelimit-reset": reset}) == RateLimit(180, 5, None)


@pytest.mark.parametrize("name", ["x-ratelimit-limit", "x-ratelimit-remaining"])
def test_a_limit_without_numbers_is_none(name: str) -> None:
    assert RateLimit.from_headers({key: value for key, value in FULL.items() if key != name}) is None
    for value in ("many", "-7", "1e3", "nan", "", "1_8", "+5", "\u0663", "9" * 12):
        assert RateLimit.from_headers(FULL | {name: value}) is None
    for limit in ("0", "4"):  # fewer than are left
        assert RateLimit.from_headers(FULL | {"x-ratelimit-limit": limit}) is None


async def test_the_client_remembers_the_last_limit(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub()
    limits = [hub.rate_limit]
    for _ in range(2):
        await hub.send(GetRepository(repository="redis"))
        limits.append(hub.rate_limit)
    assert limits[0] is None
    assert [(limit.limit, limit.remaining) for limit in limits if limit] == [(180, 179), (180, 178)]
    assert all(limit.resets_at for limit in limits if limit)


async def test_a_response_without_a_limit_keeps_the_last_one(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub()
    await hub.send(GetRepository(repository="redis"))
    before = hub.rate_limit
    sandbox.faults.add(status=200, body='{"name": "redis"}')
    await hub.send(GetRepository(repository="redis"))
    assert hub.rate_limit is before


async def test_signed_in_callers_have_their_own_limit(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("owner")
    await hub.send(GetRepository(repository="redis"))
    assert hub.rate_limit is not None
    assert hub.rate_limit.limit == 600

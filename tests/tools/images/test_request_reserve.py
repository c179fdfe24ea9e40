"""A tenth of the Hub's rate limit is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from dockerhub_mcp.hub.transport.rate_limit import RateLimit
from dockerhub_mcp.tools.images.request_reserve import check_request_reserve
from dockerhub_mcp.tools.images.tag_listing import RateReserveReached

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def hub_with(remaining: int, resets_in: float | None) -> Any:
    resets_at = None if resets_in is None else NOW + timedelta(seconds=resets_in)
    return SimpleNamespace(rate_limit=RateLimit(600, remaining, resets_at))


@pytest.mark.parametrize(
    ("remaining", "resets_in", "in_flight"), [(61, 30, 0), (70, 30, 9), (0, -1, 0), (0, 0, 5)]
)
def test_requests_within_the_limit(remaining: int, resets_in: float, in_flight: int) -> None:
    check_request_reserve(hub_with(remaining, resets_in), NOW, in_flight=in_flight)


def test_no_limit_is_known() -> None:
    unknown: Any = SimpleNamespace(rate_limit=None)
    check_request_reserve(unknown, NOW)


@pytest.mark.parametrize(
    ("remaining", "resets_in", "in_flight", "advice"),
    [
        (60, 30, 0, "Call again in 30 s"),
        (70, 0.2, 10, "Call again in 1 s"),
        (0, None, 0, "Call again in a minute"),
        (0, 86_400, 0, "Call again in a minute"),  # no plausible end of a window of one minute
    ],
)
def test_the_last_tenth(remaining: int, resets_in: float | None, in_flight: int, advice: str) -> None:
    with pytest.raises(RateReserveReached, match=f"Only {remaining} of 600 requests are left.*{advice}"):
        check_request_reserve(hub_with(remaining, resets_in), NOW, in_flight=in_flight)

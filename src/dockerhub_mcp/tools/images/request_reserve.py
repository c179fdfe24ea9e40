"""Keep a tenth of the Hub's rate limit for other calls."""

from __future__ import annotations

from datetime import UTC, datetime

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.transport.rate_limit import RateLimit
from dockerhub_mcp.tools.images.tag_listing import RateReserveReached

_LONGEST_WINDOW = 120  # seconds; the Hub's is a minute, and a later end is no plausible one


def check_request_reserve(
    hub: Hub, now: datetime, *, in_flight: int = 0, what_is_left: str = " with the images that are left"
) -> None:
    """Refuse a further request of a call that may need many.

    Args:
        hub: The Hub client.
        now: The current time.
        in_flight: The requests that were sent and not answered yet.
        what_is_left: What to call again with, after a space; empty for the same call.

    Raises:
        RateReserveReached: Only a tenth of the limit is left in the current window.
    """
    limit = hub.rate_limit
    if (
        limit is None
        or limit.headroom > in_flight
        or (limit.resets_at is not None and limit.resets_at <= now)
    ):
        return
    what = f"Only {limit.remaining} of {limit.limit} requests are left in this minute; the rest is kept free."
    raise RateReserveReached(what, remedy=_describe_reset(limit, now, what_is_left))


def _describe_reset(limit: RateLimit, now: datetime, what_is_left: str) -> str:
    seconds = 0 if limit.resets_at is None else (limit.resets_at - now.astimezone(UTC)).total_seconds()
    seconds = max(1, round(seconds))
    if limit.resets_at is None or seconds > _LONGEST_WINDOW:
        return f"Call again in a minute{what_is_left}."
    return f"Call again in {seconds} s{what_is_left}."

"""The limits of the Hub and of its registry, in words."""

from __future__ import annotations

from dockerhub_mcp.hub.durations import format_window
from dockerhub_mcp.hub.transport.rate_limit import RateLimit
from dockerhub_mcp.registry import PullLimit

_LOW_DIVISOR = 10


def describe_rate_limit(limit: RateLimit | None) -> str:
    """Return how many requests to the Hub's API are left."""
    if limit is None:
        return "the Hub reported none"
    until = f", until {limit.resets_at:%H:%M:%S}Z" if limit.resets_at else ""
    return f"{limit.remaining} of {limit.limit} requests per minute are left{until}"


def is_rate_limit_low(limit: RateLimit) -> bool:
    """Tell whether a tenth of the rate limit or less is left."""
    return limit.remaining * _LOW_DIVISOR <= limit.limit


UNKNOWN_PULL_LIMIT = "this registry reports the limit only with the images that are read"
"""Why the pull limit is unknown where the registry cannot be asked for it."""


def describe_pull_limit(limit: PullLimit | None, *, is_docker: bool) -> str:
    """Return how many pulls are left, and what they are counted for.

    Args:
        limit: The limit; None where responses report no limit.
        is_docker: Whether the registry is Docker's own, with known rules.
    """
    if limit is None:
        return "no limit reported" + (", as for paid plans and sponsored images" if is_docker else "")
    return (
        f"about {limit.remaining} of {limit.limit} left{_format_window(limit.window_seconds)}, counted for "
        f"{describe_counted(limit)}"
    )


def describe_counted(limit: PullLimit) -> str:
    """Return what the pulls are counted for, without an address or an id."""
    if not limit.source:
        return "an account or address that the registry does not name"
    if "." in limit.source or ":" in limit.source:
        return "the IP address of this server, with everyone behind it"
    return "the account"


def _format_window(seconds: int) -> str:
    return "" if seconds <= 0 else f" per {format_window(seconds)}"

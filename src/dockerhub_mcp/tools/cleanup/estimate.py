"""Estimate how many requests applying a plan takes, and how long."""

from __future__ import annotations

import math

from dockerhub_mcp.hub.transport.rate_limit import RateLimit
from dockerhub_mcp.tools.cleanup.model import CleanupPlan

REQUESTS_PER_TAG = 2
"""One that reads the tag, and one that deletes it."""
_USUAL_LIMIT = 600  # requests per minute of a signed-in account
_TAGS_PER_SECOND = 8  # four at once, each with two requests of a quarter of a second


def describe_effort(plan: CleanupPlan, rate_limit: RateLimit | None) -> str:
    """Return how many requests applying a plan takes, and how long if a tenth of the limit is left free."""
    hub_requests = REQUESTS_PER_TAG * len(plan.tags)
    limit = rate_limit.limit if rate_limit is not None else _USUAL_LIMIT
    seconds = max(60 * hub_requests / (limit * 9 / 10), len(plan.tags) / _TAGS_PER_SECOND)
    seconds += len(plan.manifests) / _TAGS_PER_SECOND
    if not hub_requests:  # the limit is that of the Hub
        return f"about {len(plan.manifests):,} requests to the registry, {_format_duration(seconds)}"
    requests = f"about {hub_requests:,} requests to the Hub"
    if plan.manifests:
        requests += f" and {len(plan.manifests):,} to the registry"
    return f"{requests}, {_format_duration(seconds)} at {limit:,} requests per minute"


def _format_duration(seconds: float) -> str:
    return "less than a minute" if seconds < 60 else f"about {math.ceil(seconds / 60)} min"  # noqa: PLR2004

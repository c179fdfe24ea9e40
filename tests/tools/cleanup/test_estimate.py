"""What a plan says about the requests that applying it takes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dockerhub_mcp.tools.cleanup.estimate import describe_effort
from dockerhub_mcp.tools.cleanup.model import CleanupPlan, PlannedManifest, PlannedTag

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tags", "manifests", "effort"),
    [
        (30, 0, "about 60 requests to the Hub, less than a minute at 600 requests per minute"),
        (
            3000,
            5,
            "about 6,000 requests to the Hub and 5 to the registry, about 12 min at 600 requests per minute",
        ),
        (0, 100, "about 100 requests to the registry, less than a minute"),
    ],
)
def test_the_requests_are_those_of_tags_and_of_manifests(tags: int, manifests: int, effort: str) -> None:
    plan = CleanupPlan(
        "",
        "account",
        "milldale",
        "controller",
        {},
        NOW,
        tuple(PlannedTag(str(number), "", NOW) for number in range(tags)),
        tuple(PlannedManifest(str(number), "image") for number in range(manifests)),
    )
    assert describe_effort(plan, None) == effort

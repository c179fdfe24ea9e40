"""Repositories with names that the sample data lacks: dates as versions, prereleases and long-lived lines."""

from __future__ import annotations

from devtools.generate.frozen_clock import NOW
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.platforms import PLATFORM_SETS
from dockerhub_mcp.sandbox.state import RepositoryRecord, TagRecord
from dockerhub_mcp.sandbox.timestamps import CONTENT_EPOCH, DAY

SIZE = 60_000_000
AGES = {
    "seaglass/objectstore": {
        "RELEASE.2025-09-07T16-13-09Z": 32.0,
        "RELEASE.2025-09-06T17-38-46Z": 33.0,
        "RELEASE.2025-07-23T15-54-02Z": 78.0,
        "RELEASE.2024-12-18T13-15-44Z": 295.0,
        "edge": 1.0,
    },
    "seaglass/agent": {
        "v2.0.0-rc.10": 2.0,
        "v2.0.0-rc.9": 9.0,
        "v2.0.0-beta.3": 40.0,
        "v1.10.1": 5.0,
        "v1.10.0": 30.0,
        "v1.9.4-lts": 3.0,
        "v1.9.3-lts": 63.0,
        "v1.9.9": 90.0,
        "nightly-20251008": 1.0,
        "main-3f9c2ab": 0.5,
    },
}
"""The age of each tag in days, by repository."""


def add_samples(sandbox: Sandbox) -> None:
    """Add the repositories to a sandbox."""
    for name, ages in AGES.items():
        namespace, _, repository = name.partition("/")
        sandbox.state.add_repository(
            RepositoryRecord(
                id=sandbox.state.next_serial() + 10**6,
                namespace=namespace,
                name=repository,
                description="Tags of unusual forms",
                registered_at=NOW - 900 * DAY,
                updated_at=NOW - min(ages.values()) * DAY,
                make_tags=lambda ages=ages: [_make_tag(tag, age) for tag, age in ages.items()],  # type: ignore[misc]
            )
        )


def _make_tag(name: str, age_days: float) -> TagRecord:
    return TagRecord(
        name=name,
        build_key=name,
        pushed_at=NOW - age_days * DAY,
        pulled_at=NOW - min(age_days, 1) * DAY,
        platforms=PLATFORM_SETS["server"],
        size=SIZE,
        updater="ada",
        created_at=CONTENT_EPOCH - age_days * DAY,
    )

"""Builds in even intervals, as pipelines make them."""

from typing import NamedTuple

from dockerhub_mcp.sandbox.data.deterministic import derive_fraction
from dockerhub_mcp.sandbox.data.releases import NamedBuild, TagTemplate, build_named_tags
from dockerhub_mcp.sandbox.state import TagRecord
from dockerhub_mcp.sandbox.timestamps import DAY

TRIED_DAYS = 12
"""The days in which builds that are pulled at all are pulled for the last time."""


class BuildSeries(NamedTuple):
    """Builds in even intervals, the newest `age_days` old."""

    build_count: int
    age_days: float
    interval_days: float
    never_pulled: float = 1.0
    """The fraction of the builds that were never pulled."""


def build_series(template: TagTemplate, series: BuildSeries, names: list[str], now: float) -> list[TagRecord]:
    """Return a tag for each build of a series, the newest first; the names are as many as the builds."""
    builds = [
        NamedBuild(series.age_days + position * series.interval_days, name)
        for position, name in enumerate(names)
    ]
    tags = build_named_tags(template, builds, now)
    for tag in tags:
        fraction = derive_fraction("tried", tag.name)
        tried_at = min(tag.pushed_at + fraction * TRIED_DAYS * DAY, now)
        tag.pulled_at = None if fraction < series.never_pulled else tried_at
    return tags

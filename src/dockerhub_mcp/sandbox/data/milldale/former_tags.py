"""What the controller's repository stores without a tag: indexes, and images of one platform."""

from dataclasses import replace

from dockerhub_mcp.sandbox.data.milldale.derived_tags import build_platform_tags
from dockerhub_mcp.sandbox.data.milldale.series import BuildSeries, build_series
from dockerhub_mcp.sandbox.data.platforms import AMD64
from dockerhub_mcp.sandbox.data.releases import TagTemplate
from dockerhub_mcp.sandbox.state import TagRecord

MOVED = BuildSeries(60, 130.0, 1.0)
"""The indexes that the tag `nightly` pointed at before each night had a tag of its own."""
REPLACED = BuildSeries(30, 900.0, 20.0)
"""The images of one platform that were replaced by the next build."""
LEFT = BuildSeries(25, 300.0, 6.0)
"""The indexes that were deleted and left their images."""
UNFINISHED = BuildSeries(1, 0.01, 1.0)
"""A push in progress: the images of an index arrive before it."""
REBUILT_COUNT, REBUILT_PREFIX = 10, "3.7."
"""The releases that were pushed for one platform first, and then for all."""


def build_former_tags(template: TagTemplate, tags: list[TagRecord], now: float) -> list[TagRecord]:
    """Return the former tags of a repository with these tags."""
    single = template._replace(platforms=(AMD64,))
    without_index = [
        *_build_moved_tag(template, LEFT, "snapshot", now),
        *_build_moved_tag(template, UNFINISHED, "main", now),
    ]
    rebuilt = [tag for tag in tags if tag.name.startswith(REBUILT_PREFIX) and tag.build_key == f"{tag.name}/"]
    return [
        *_build_moved_tag(template, MOVED, "nightly", now),
        *_build_moved_tag(single, REPLACED, "cache", now),
        *(
            own
            for tag in without_index
            for own in build_platform_tags(template.namespace, template.name, tag)
        ),
        # An index of its own, of which the only image also belongs to the tagged index.
        *(replace(tag, platforms=(AMD64,)) for tag in rebuilt[:REBUILT_COUNT]),
    ]


def _build_moved_tag(template: TagTemplate, series: BuildSeries, name: str, now: float) -> list[TagRecord]:
    """Return what a tag pointed at before it was moved; the build keys have a number."""
    names = [f"{name}.{number}" for number in range(series.build_count)]
    return [replace(tag, name=name) for tag in build_series(template, series, names, now)]

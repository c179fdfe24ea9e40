"""Find the newest tags of each group, which are kept."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from dockerhub_mcp.tools.cleanup.selecting.rules import KeepGroup
from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag
from dockerhub_mcp.tools.tag_versions.dates import split_date
from dockerhub_mcp.tools.tag_versions.model import Family, TagVersion

_OLDEST = datetime.min.replace(tzinfo=UTC)
_MAJOR, _MINOR = 1, 2
_GroupKey = tuple[Family, tuple[int, ...]]


def find_newest_by_push(tags: Iterable[ListedTag], count: int) -> frozenset[str]:
    """Return the names of the tags that were pushed last; tags of signatures do not count."""
    images = (tag for tag in tags if not tag.subject)
    newest = heapq.nlargest(count, images, key=lambda tag: (tag.pushed_at or _OLDEST, tag.name))
    return frozenset(tag.name for tag in newest)


def find_newest_versions(versions: Iterable[TagVersion], count: int, per: KeepGroup) -> frozenset[str]:
    """Return the newest tags of each family, or of each major or minor version of one, in version order.

    The newest stable ones count apart, so that prereleases of the next version take none of their places.
    """
    groups: defaultdict[_GroupKey, list[TagVersion]] = defaultdict(list)
    for version in versions:
        groups[version.family, _get_series(version, per)].append(version)
    return frozenset(
        version.tag
        for group in groups.values()
        for counted in (group, [version for version in group if version.is_stable])
        for version in heapq.nlargest(count, counted, key=lambda version: version.sort_key)
    )


def _get_series(version: TagVersion, per: KeepGroup) -> tuple[int, ...]:
    """Return the numbers that the tags of a group share; of a date the year, or year and month."""
    depth = {"major": _MAJOR, "minor": _MINOR}.get(per, 0)
    if version.family.scheme == "calver" and len(version.release_texts[0]) > len("YYYY"):
        return split_date(version.release_texts[0])[:depth]
    return version.release[:depth]

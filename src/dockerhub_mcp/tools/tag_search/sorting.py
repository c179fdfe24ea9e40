"""The orders in which found tags are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dockerhub_mcp.tools.tag_search.criteria import Match, Order
from dockerhub_mcp.tools.tag_versions.model import TagVersion

_OLDEST = datetime.min.replace(tzinfo=UTC)
_NEWEST = datetime.max.replace(tzinfo=UTC)
_LAST = float("inf")


def sort_matches(matches: Sequence[Match], order: Order) -> list[Match]:
    """Return the tags in an order; those without the fact that it goes by come last."""
    if order == "version":
        versions = [match for match in matches if match.version is not None]
        others = [match for match in matches if match.version is None]
        return [*sorted(versions, key=version_key, reverse=True), *sort_matches(others, "newest")]
    if order == "exact":
        return sorted(matches, key=_exact_key)
    if order in {"largest", "smallest"}:
        sign = -1 if order == "largest" else 1
        return sorted(matches, key=lambda match: _LAST if (size := get_size(match)) is None else sign * size)
    if order == "oldest":
        return sorted(matches, key=lambda match: get_push_time(match) or _NEWEST)
    return sorted(matches, key=lambda match: get_push_time(match) or _OLDEST, reverse=True)


def version_key(match: Match) -> tuple[Any, ...]:
    """Return the key of a tag that is a version, from old to new over all families.

    The exact and plain names of a version are the greatest: 7.4.7, then 7.4.7-bookworm, then 7.4.
    """
    version = match.version
    if version is None:
        msg = f"{match.name} is no version"
        raise ValueError(msg)
    is_dated = version.family.scheme == "calver"
    return not is_dated, version.release, version.is_stable, -count_words(version), version.sort_key


def count_words(version: TagVersion) -> int:
    """Return the number of words around the numbers; a plain version has none."""
    return len(version.family.prefix) + len(version.family.suffix)


def get_size(match: Match) -> int | None:
    """Return the size of the chosen image in bytes, else the one that the Hub shows for the tag."""
    if match.image is not None:
        return match.image.size
    return None if match.facts is None or match.facts.platforms else match.facts.size


def get_push_time(match: Match) -> datetime | None:
    """Return when a tag was pushed, if known."""
    return None if match.facts is None else match.facts.pushed_at


def _exact_key(match: Match) -> tuple[Any, ...]:
    version = match.version
    if version is None:
        return 1, 0, 0, match.name
    return 0, -len(version.release), count_words(version), match.name

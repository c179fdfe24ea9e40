"""Groups of found tags: by series of releases, by image, by family of versions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dockerhub_mcp.tools.tag_search.criteria import Match
from dockerhub_mcp.tools.tag_search.sorting import get_push_time, sort_matches, version_key
from dockerhub_mcp.tools.tag_versions.model import TagVersion
from dockerhub_mcp.tools.tag_versions.selection import series_of

GroupKind = Literal["series", "digest", "family"]
_MAJOR_AND_MINOR = 2
_MONTH = re.compile(r"[0-9]+\.0[0-9]")  # the second number is a month, as in Ubuntu's 24.04


@dataclass(frozen=True, slots=True)
class TagGroup:
    """Tags with something in common.

    Attributes:
        name: The series, the digest, or the pattern of the family.
        matches: The tags; of a group by digest the most exact name first, else the newest version.
        last_pushed: The latest push; None where unknown.
    """

    name: str
    matches: tuple[Match, ...]
    last_pushed: datetime | None

    @property
    def newest(self) -> Match:
        """The newest version, a release if there is one; of a group by digest the most exact name."""
        return next((match for match in self.matches if not match.is_prerelease), self.matches[0])


def group_matches(matches: Sequence[Match], kind: GroupKind) -> tuple[list[TagGroup], list[Match]]:
    """Return the groups, the newest version or else the latest push first, and the tags of no group."""
    name_group = _NAMERS[kind](matches)
    grouped: defaultdict[str, list[Match]] = defaultdict(list)
    others = []
    for match in matches:
        if name := name_group(match):
            grouped[name].append(match)
        else:
            others.append(match)
    order: Literal["exact", "version"] = "exact" if kind == "digest" else "version"
    groups = [
        TagGroup(name, tuple(sort_matches(members, order)), _find_last_push(members))
        for name, members in grouped.items()
    ]
    return groups, others


def sort_groups(groups: Sequence[TagGroup], order: str) -> list[TagGroup]:
    """Return the groups by version, by the number of tags, or by the time of the latest push, if known."""
    if order == "count":
        return sorted(groups, key=lambda group: len(group.matches), reverse=True)
    if order == "version":
        versions = [group for group in groups if group.newest.version is not None]
        others = [group for group in groups if group.newest.version is None]
        return [*sorted(versions, key=lambda group: version_key(group.newest), reverse=True), *others]
    known = [(group.last_pushed, group) for group in groups if group.last_pushed is not None]
    known.sort(key=lambda pair: pair[0], reverse=order != "oldest")
    return [*(group for _, group in known), *(group for group in groups if group.last_pushed is None)]


def _find_last_push(matches: Iterable[Match]) -> datetime | None:
    return max((moment for match in matches if (moment := get_push_time(match)) is not None), default=None)


def _name_by_digest(_matches: Sequence[Match]) -> Callable[[Match], str]:
    return lambda match: "" if match.facts is None else match.facts.digest


def _name_by_family(_matches: Sequence[Match]) -> Callable[[Match], str]:
    return lambda match: "" if match.version is None else match.version.family.label


def _name_by_series(matches: Sequence[Match]) -> Callable[[Match], str]:
    """Return the namer of series: major and minor version, or the major version alone where that is enough.

    So `8.2.1` is of the series 8.2, and `16.10` of 16, as long as there is no `16.10.1`; `24.04` is a
    series. A tag that floats over several series, such as `8`, is of none.
    """
    depths = _find_series_depths(match.version for match in matches)

    def name_group(match: Match) -> str:
        version = match.version
        if version is None or version.family.is_base_system or version.family.is_unstable:
            return ""
        prefix = "".join(f"{word}-" for word in version.family.prefix)
        if version.family.scheme == "calver":
            return f"{prefix}{series_of(version).label}"
        depth = depths[version.family.prefix, version.release[0]]
        is_floating = len(version.release) < depth
        return "" if is_floating else f"{prefix}{'.'.join(version.release_texts[:depth])}"

    return name_group


def _find_series_depths(versions: Iterable[TagVersion | None]) -> dict[tuple[tuple[str, ...], int], int]:
    """Return by prefix and major version how many numbers name a series."""
    depths: dict[tuple[tuple[str, ...], int], int] = {}
    for version in versions:
        if version is None or version.family.scheme == "calver":
            continue
        key = version.family.prefix, version.release[0]
        is_month = _MONTH.fullmatch(".".join(version.release_texts)) is not None
        depth = _MAJOR_AND_MINOR if is_month else min(_MAJOR_AND_MINOR, max(1, len(version.release) - 1))
        depths[key] = max(depth, depths.get(key, 1))
    return depths


_NAMERS: dict[GroupKind, Callable[[Sequence[Match]], Callable[[Match], str]]] = {
    "series": _name_by_series,
    "digest": _name_by_digest,
    "family": _name_by_family,
}

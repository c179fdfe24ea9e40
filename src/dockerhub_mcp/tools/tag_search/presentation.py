"""The result of a search as the agent reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dockerhub_mcp.hub.api.filters import quote
from dockerhub_mcp.tools.images.tag_facts import TagFacts, TagListing
from dockerhub_mcp.tools.results.values import shorten_digests
from dockerhub_mcp.tools.tag_search.criteria import ABOVE_LATEST, Criteria, Match
from dockerhub_mcp.tools.tag_search.grouping import GroupKind, TagGroup
from dockerhub_mcp.tools.tag_search.models import FoundGroup, FoundTag
from dockerhub_mcp.tools.tag_search.sorting import get_push_time, get_size

_MAX_GROUP_NAMES = 8
_LINUX_PREFIX = "linux/"
_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+"


def describe_extent(listing: TagListing, name_part: str) -> list[str]:
    """Return notes on the tags that were not looked at, although nothing is missing in the result."""
    notes = []
    if name_part:
        notes.append(f"Only tags with {quote(name_part)} in their name were read; no others can match.")
    if hidden := len(listing.signature_tags):
        notes.append(f"{hidden:,} tags of signatures and other artifacts (sha256-...) are left out.")
    return notes


def present_tags(
    matches: Sequence[Match], criteria: Criteria, prerelease_digests: Mapping[str, str] | None = None
) -> tuple[list[FoundTag], list[str]]:
    """Return the rows of tags, and the platforms of most of them where they differ.

    Args:
        matches: The tags.
        criteria: What the search asked for.
        prerelease_digests: By digest, the name of a prerelease that is not listed.
    """
    usual, differences = _compare_platforms(matches)
    short = shorten_digests([_get_digest(match) for match in matches])
    rows = []
    for match in matches:
        facts = match.facts
        fields: dict[str, Any] = {
            "tag": match.name,
            "digest": _get_digest(match) or None,
            "platform_sizes": _get_sizes(match),
            "pushed": get_push_time(match),
            "other_platforms": differences.get(match.name),
            "remarks": _describe_remarks(match, criteria, prerelease_digests or {}) or None,
        }
        if criteria.unused_for is not None and facts is not None:
            fields["pulled"] = facts.pulled_at
        row = FoundTag(**fields)
        row.shorten_digest(short.get(_get_digest(match), ""))
        rows.append(row)
    return rows, usual


def present_groups(groups: Sequence[TagGroup], kind: GroupKind) -> list[FoundGroup]:
    """Return the rows of groups."""
    short = shorten_digests([group.name for group in groups]) if kind == "digest" else {}
    rows = []
    for group in groups:
        fields: dict[str, Any] = {
            kind: group.name,
            "tags": len(group.matches),
            "last_pushed": group.last_pushed,
        }
        if kind == "digest":
            names = [match.name for match in group.matches]
            more = len(names) - _MAX_GROUP_NAMES
            fields["names"] = names[:_MAX_GROUP_NAMES] + ([f"(+{more})"] if more > 0 else [])
            fields["platform_sizes"] = _get_sizes(group.matches[0])
        else:
            fields["newest"] = group.newest.name
            pushed = get_push_time(group.newest)
            if _day(pushed) != _day(group.last_pushed):
                fields["newest_pushed"] = pushed
        row = FoundGroup(**fields)
        row.shorten_digest(short.get(group.name, ""))
        rows.append(row)
    return rows


def _day(moment: Any) -> Any:
    return None if moment is None else moment.date()


def _get_digest(match: Match) -> str:
    return "" if match.facts is None else match.facts.digest


def _get_sizes(match: Match) -> dict[str, int | None] | None:
    size = get_size(match)
    if match.image is not None:
        return {match.image.platform: size}
    return None if size is None else {"unknown": size}


def _describe_remarks(match: Match, criteria: Criteria, prerelease_digests: Mapping[str, str]) -> str:
    remarks = []
    if match.is_prerelease and not criteria.stable:
        is_release_by_name = match.version is not None and match.version.is_stable
        remarks.append(ABOVE_LATEST if is_release_by_name else "prerelease")
    facts = match.facts
    if facts is None:
        remarks.append("only its name is known")
    elif facts.media_type.startswith(_SCHEMA_1):
        remarks.append("schema 1, which current engines cannot pull")
    elif facts.content_type not in {"", "image"}:
        remarks.append(facts.content_type)
    elif not facts.platforms:
        remarks.append("no images")
    if facts is not None and (prerelease := prerelease_digests.get(facts.digest)):
        remarks.append(f"same image as {prerelease}")
    return "; ".join(remarks)


def _compare_platforms(matches: Sequence[Match]) -> tuple[list[str], dict[str, list[str]]]:
    """Return the platforms of most tags, and by tag what others have beside or without them."""
    named = {
        match.name: _name_platforms(match.facts) for match in matches if match.facts and match.facts.platforms
    }
    counts = Counter(named.values())
    if len(counts) < 2:  # noqa: PLR2004 - all have the same
        return [], {}
    usual = counts.most_common(1)[0][0]
    differences = {
        name: [
            *(f"+{each}" for each in platforms if each not in usual),
            *(f"-{each}" for each in usual if each not in platforms),
        ]
        for name, platforms in named.items()
        if platforms != usual
    }
    return list(usual), differences


def _name_platforms(facts: TagFacts) -> tuple[str, ...]:
    return tuple(dict.fromkeys(image.platform.removeprefix(_LINUX_PREFIX) for image in facts.platforms))

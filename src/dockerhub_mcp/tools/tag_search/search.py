"""A search among the tags of a repository: a pure function, which may take a second for 10,000 tags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import anyio.to_thread

from dockerhub_mcp.tools.images.tag_facts import TagFacts, TagListing
from dockerhub_mcp.tools.tag_search.criteria import Criteria, Match
from dockerhub_mcp.tools.tag_search.families import describe_families
from dockerhub_mcp.tools.tag_search.filters import FilterReport, filter_tags
from dockerhub_mcp.tools.tag_search.grouping import GroupKind, TagGroup, group_matches, sort_groups
from dockerhub_mcp.tools.tag_search.sorting import sort_matches

_MAX_TAGS_INLINE = 300
"""The most tags that are searched in the event loop, within milliseconds; more are searched in a thread."""


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """What a search found.

    Attributes:
        matches: The tags, in the order of the search; also those that are in groups.
        groups: The groups, if groups were asked for.
        ungrouped: The tags of no group.
        report: What each criterion left.
        families: The families of the versions that were left, in words, where nothing matches.
    """

    matches: list[Match]
    groups: list[TagGroup]
    ungrouped: list[Match]
    report: FilterReport
    families: str = ""


async def search_tags(
    listing: TagListing, criteria: Criteria, group_by: GroupKind | None = None, group_order: str = ""
) -> SearchOutcome:
    """Search the tags of a listing without holding up the event loop."""
    search = partial(search_listing, listing, criteria, group_by, group_order)
    if len(listing.tags) + len(listing.further_names) <= _MAX_TAGS_INLINE:
        return search()
    return await anyio.to_thread.run_sync(search, abandon_on_cancel=True)


def search_listing(
    listing: TagListing, criteria: Criteria, group_by: GroupKind | None = None, group_order: str = ""
) -> SearchOutcome:
    """Return the tags of a listing that match, in order, and in groups if asked for.

    Args:
        listing: The tags.
        criteria: What to look for.
        group_by: What the tags of a group have in common; None for no groups.
        group_order: The order of the groups, or `count`; by default that of the tags.
    """
    parse = group_by is not None or criteria.order in {"version", "exact"}
    found, report = filter_tags(listing, criteria, parse=parse)
    matches = sort_matches(found, criteria.order)
    if not matches and criteria.chooses_versions:
        return SearchOutcome([], [], [], report, describe_families(match.name for match in report.versions))
    if group_by is None:
        return SearchOutcome(matches, [], [], report)
    groups, ungrouped = group_matches(matches, group_by)
    return SearchOutcome(matches, sort_groups(groups, group_order or criteria.order), ungrouped, report)


def merge_listings(whole: TagListing, part: TagListing) -> TagListing:
    """Return an incomplete listing with the tags of another one, of the names with a certain part.

    The result is complete where the other one is, as far as tags with this part are concerned.
    """
    tags: dict[str, TagFacts] = {tag.name: tag for tag in (*whole.tags, *part.tags)}
    merged = sorted(tags.values(), key=lambda tag: (tag.pushed_at is not None, tag.pushed_at), reverse=True)
    names = dict.fromkeys((*whole.further_names, *part.further_names))
    further = tuple(name for name in names if name not in tags)
    return replace(
        whole,
        tags=tuple(merged),
        is_complete=part.is_complete,
        incomplete_reason=part.incomplete_reason,
        further_names=() if part.is_complete else further,
        has_all_names=part.is_complete or whole.has_all_names,
    )

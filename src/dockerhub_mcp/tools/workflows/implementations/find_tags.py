"""Find tags by what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import anyio.to_thread

from dockerhub_mcp.hub.api.filters import quote
from dockerhub_mcp.hub.api.platforms import normalize_platform, split_architecture
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.images.tag_facts import TagListing
from dockerhub_mcp.tools.tag_search.criteria import Criteria, Match, Order
from dockerhub_mcp.tools.tag_search.families import describe_families
from dockerhub_mcp.tools.tag_search.globs import GlobSet, find_name_part
from dockerhub_mcp.tools.tag_search.models import FoundTags
from dockerhub_mcp.tools.tag_search.moments import (
    parse_duration,
    parse_moment,
)
from dockerhub_mcp.tools.tag_search.notes import explain_outcome
from dockerhub_mcp.tools.tag_search.presentation import describe_extent, present_groups, present_tags
from dockerhub_mcp.tools.tag_search.reading import Place, complete_facts, read_all, read_newest, read_tag
from dockerhub_mcp.tools.tag_search.search import SearchOutcome, search_tags
from dockerhub_mcp.tools.tag_versions.model import TagVersion
from dockerhub_mcp.tools.tag_versions.ranges import VersionRange
from dockerhub_mcp.tools.tag_versions.selection import parse_tag
from dockerhub_mcp.tools.validation import ArgumentsError
from dockerhub_mcp.tools.workflows.base import WorkflowResult
from dockerhub_mcp.tools.workflows.find_tags import FindTags


async def run(call: FindTags, context: ToolContext) -> WorkflowResult:
    """Read the tags, choose among them, and complete what is shown."""
    place = Place(call.namespace, call.repository)
    name_part, needs_others = _plan_reading(call)
    criteria = _build_criteria(call, context)
    listing, outcome = TagListing((), None, is_complete=False), None
    if _may_need_newest_only(call, criteria):
        listing = await read_newest(context, place, name_part=name_part)
        outcome = await search_tags(listing, criteria)
    if outcome is None or not _is_answered(call, listing, criteria, outcome):
        listing = await read_all(context, place, name_part=name_part, needs_others=needs_others)
        criteria = await _complete_criteria(call, context, place, criteria, listing)
        group_order = call.order or ("count" if call.group_by == "family" else "")
        outcome = await search_tags(listing, criteria, call.group_by, group_order)
    notes = _explain_like(call, listing, name_part)
    notes += explain_outcome(listing, criteria, outcome, call.group_by)
    notes += describe_extent(listing, "" if needs_others else name_part)
    shown = outcome.matches[: 0 if call.group_by else call.limit]
    shown = await complete_facts(context, place, shown, criteria)
    data = _build_result(call, listing, criteria, outcome, shown)
    if listing.is_complete or not _is_answered(call, listing, criteria, outcome):
        return WorkflowResult(data, notes, _describe_gap(listing, criteria))
    return WorkflowResult(data, [*notes, f"{listing.incomplete_reason} The others change nothing here."])


def _describe_gap(listing: TagListing, criteria: Criteria) -> str:
    """Return why the result is incomplete; empty if it is not."""
    reason = listing.incomplete_reason
    if reason and criteria.order == "oldest":
        reason = f"{reason} The oldest tags are missing: those listed are the oldest that were read."
    return reason


def _plan_reading(call: FindTags) -> tuple[str, bool]:
    """Return the part that all names have that may be found, and whether other tags matter as well.

    Of prereleases, only the tags around `latest` tell that they are some.
    """
    current = parse_tag(call.like) if call.like else None
    if (call.like and current is None) or call.same_as or call.digest:
        return "", True
    parts = [find_name_part(call.matching or [])]
    if current is not None:
        words = (*current.family.prefix, *current.family.flavour)
        parts += [word for word in words if word in (call.like or "") and len(word) > 1]
    return max(parts, key=len), _is_stable(call, current)


def _is_stable(call: FindTags, current: TagVersion | None) -> bool:
    """Return whether prereleases are left out: with `like`, unless that tag is one itself."""
    if call.stable is not None:
        return call.stable
    if current is not None:
        return current.is_stable and not current.family.is_unstable
    return call.version is not None


def _build_criteria(call: FindTags, context: ToolContext) -> Criteria:
    now, current = context.clock(), parse_tag(call.like) if call.like else None
    architecture, os = normalize_platform(call.architecture, call.os, [])
    default: Order = "version" if call.version or call.like else "newest"
    if call.same_as or call.digest:
        default = "exact"
    return Criteria(
        now,
        GlobSet(call.matching or ()),
        GlobSet(call.excluding or ()),
        VersionRange.parse(call.version) if call.version else None,
        current.family if current else None,
        call.digest or "",
        architecture=architecture or "",
        variant=split_architecture(call.architecture)[2] if call.architecture else "",
        os=os or "",
        pushed_before=parse_moment(call.pushed_before, now) if call.pushed_before else None,
        pushed_after=parse_moment(call.pushed_after, now) if call.pushed_after else None,
        unused_for=parse_duration(call.not_pulled_for) if call.not_pulled_for else None,
        stable=_is_stable(call, current),
        order=call.order or default,
    )


def _may_need_newest_only(call: FindTags, criteria: Criteria) -> bool:
    """Tell whether the first page may be enough: later ones only have older tags."""
    return (
        criteria.order == "newest"
        and not (call.group_by or call.same_as or call.digest or call.like)
        and not (criteria.stable or criteria.pushed_before)
    )


def _list_names(listing: TagListing) -> list[str]:
    return [*(tag.name for tag in listing.tags), *listing.further_names]


def _explain_like(call: FindTags, listing: TagListing, name_part: str) -> list[str]:
    """Say that the tag of `like` does not exist, where its name would have been read."""
    if not call.like or name_part not in call.like or not (listing.is_complete or listing.has_all_names):
        return []
    if call.like in _list_names(listing):
        return []
    return [f"There is no tag {quote(call.like)} itself."]


async def _complete_criteria(
    call: FindTags, context: ToolContext, place: Place, criteria: Criteria, listing: TagListing
) -> Criteria:
    """Add what depends on the tags of the repository.

    Raises:
        ArgumentsError: `like` is no version, or `same_as` has no digest.
        NotFound: The tag of `same_as` does not exist.
    """
    if call.like and criteria.family is None:
        names = _list_names(listing)
        families = await anyio.to_thread.run_sync(describe_families, names)
        here = f"Versions here: {families}." if families else "No tag here is one."
        msg = f"like: {quote(call.like)} is no version, so nothing can be compared with it. {here}"
        choices = ["one of these"] if families else []
        choices += [f"same_as={call.like!r} for the tags of its image"] if call.like in names else []
        raise ArgumentsError(f"{msg} Name {', or '.join(choices)}." if choices else msg)
    if not call.same_as:
        return criteria
    facts = await read_tag(context, place, call.same_as, listing)
    if not facts.digest:
        msg = f"same_as: the Hub tells no digest of {quote(call.same_as)}, as of many very old tags."
        raise ArgumentsError(msg)
    return replace(criteria, index_digest=facts.digest)


def _is_answered(call: FindTags, listing: TagListing, criteria: Criteria, outcome: SearchOutcome) -> bool:
    """Tell whether tags that were not read would change nothing in what is listed."""
    if listing.is_complete:
        return True
    if call.group_by:
        return False
    if criteria.order == "newest" and len(outcome.matches) >= call.limit:
        return True
    if criteria.order == "version" and listing.has_all_names and not criteria.needs_facts:
        return True
    return _reaches_pushes(listing, criteria)


def _reaches_pushes(listing: TagListing, criteria: Criteria) -> bool:
    """Tell whether the newest tags, which were read, are all that were pushed after the wanted moment."""
    oldest = listing.tags[-1].pushed_at if listing.tags else None
    after = criteria.pushed_after
    return after is not None and oldest is not None and oldest < after and not listing.further_names


def _build_result(
    call: FindTags,
    listing: TagListing,
    criteria: Criteria,
    outcome: SearchOutcome,
    shown: Sequence[Match],
) -> FoundTags:
    place = Place(call.namespace, call.repository)
    count, size = len(outcome.matches), len(outcome.groups if call.group_by else outcome.matches)
    is_exact = (
        listing.is_complete
        or _reaches_pushes(listing, criteria)
        or (listing.has_all_names and not criteria.needs_facts)
    )
    searched = len(listing.tags) + len(listing.further_names)
    total = None if listing.total is None else listing.total - len(listing.signature_tags)
    data = FoundTags(
        image=place.familiar_name,
        matches=count if is_exact else None,
        matches_at_least=None if is_exact else count,
        group_count=len(outcome.groups) if call.group_by else None,
        listed=call.limit if size > call.limit else None,
        searched=searched,
        repository_tags=total if total is not None and total > searched else None,
    )
    if call.group_by:
        data.groups = present_groups(outcome.groups[: call.limit], call.group_by)
        return data
    data.tags, usual = present_tags(shown, criteria, outcome.report.prerelease_digests)
    data.usual_platforms = usual or None
    first = shown[0] if shown else None
    is_choice = len(shown) == 1 or criteria.order in {"version", "exact", "smallest"}
    is_choice = is_choice and criteria.unused_for is None and criteria.pushed_before is None
    if is_choice and first is not None and first.facts is not None and first.facts.digest:
        data.pinned = f"{place.familiar_name}:{first.name}@{first.facts.digest}"
    return data

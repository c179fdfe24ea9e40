"""Sentences about a search: what was left out, and why nothing was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dockerhub_mcp.hub.api.filters import quote
from dockerhub_mcp.hub.api.platforms import describe_unknown_platform
from dockerhub_mcp.tools.images.tag_facts import TagListing
from dockerhub_mcp.tools.results.sanitize import inline
from dockerhub_mcp.tools.results.values import shorten_digests
from dockerhub_mcp.tools.tag_search.criteria import ABOVE_LATEST, Criteria, Match
from dockerhub_mcp.tools.tag_search.filters import FilterReport
from dockerhub_mcp.tools.tag_search.globs import looks_like_regex
from dockerhub_mcp.tools.tag_search.grouping import GroupKind
from dockerhub_mcp.tools.tag_search.search import SearchOutcome

_MAX_NAMES = 5
_MAX_PLATFORMS = 12
_UNGROUPED = {
    "series": "In no group, being of several series or of none",
    "digest": "In no group, having no digest",
    "family": "In no group, being no versions",
}


def explain_outcome(
    listing: TagListing, criteria: Criteria, outcome: SearchOutcome, group_by: GroupKind | None = None
) -> list[str]:
    """Return the notes on a search."""
    report, notes = outcome.report, []
    if criteria.digest and outcome.matches:
        notes += _explain_digest(criteria.digest, outcome.matches)
    if report.prereleases:
        notes.append(_describe_prereleases(report))
    if report.undecided:
        notes.append(f"Of {report.undecided:,} further tags only the names are known; they may match too.")
    if group_by and outcome.ungrouped:
        notes.append(f"{_UNGROUPED[group_by]}: {_list_names(outcome.ungrouped)}.")
    if not outcome.matches:
        notes += _explain_nothing(listing, criteria, outcome)
    return notes


def _list_names(matches: Sequence[Match]) -> str:
    names = ", ".join(inline(match.name) for match in matches[:_MAX_NAMES])
    more = f" and {len(matches) - _MAX_NAMES:,} more" if len(matches) > _MAX_NAMES else ""
    return f"{names}{more}"


def _describe_prereleases(report: FilterReport) -> str:
    above = sorted(report.unreleased_left_out, reverse=True)
    count, texts = report.prereleases - len(above), []
    if count:
        texts.append("1 prerelease is left out" if count == 1 else f"{count:,} prereleases are left out")
    if above:
        more = " and others" if len(above) > _MAX_NAMES else ""
        names = ", ".join(map(inline, above[:_MAX_NAMES]))
        texts.append(f"left out as {ABOVE_LATEST}: {names}{more}")
    text = "; ".join(texts)
    return f"{text[0].upper()}{text[1:]}; stable=false shows them."


def _explain_digest(prefix: str, matches: Sequence[Match]) -> list[str]:
    """Say where a digest is ambiguous, or that of an image instead of an index."""
    indexes = {
        match.facts.digest for match in matches if match.facts and match.facts.digest.startswith(prefix)
    }
    images = {
        image.digest: image.platform
        for match in matches
        for image in (match.facts.platforms if match.facts else ())
        if image.digest.startswith(prefix) and image.digest not in indexes
    }
    if len(found := sorted(indexes | images.keys())) > 1:
        short = ", ".join(shorten_digests(found[:_MAX_NAMES]).values())
        more = f" and {len(found) - _MAX_NAMES:,} more" if len(found) > _MAX_NAMES else ""
        return [f"Several digests begin like this: {short}{more}. Give more characters."]
    if images:
        (platform,) = images.values()
        return [f"It is the digest of the {inline(platform)} image in these tags, not that of their index."]
    return []


def _explain_nothing(listing: TagListing, criteria: Criteria, outcome: SearchOutcome) -> list[str]:
    notes = []
    if not listing.tags and not listing.further_names and not criteria.matching:
        return ["The repository has no tags of images."]
    if outcome.report.steps:
        steps = ", ".join(f"{title} {count:,}" for title, count in outcome.report.steps)
        notes.append(f"Tags left by each criterion in turn: {steps}.")
    if criteria.chooses_versions:
        families = outcome.families
        notes.append(f"Versions here: {families}." if families else "None of the tags is a version.")
    if criteria.digest or criteria.index_digest:
        notes.append("A tag moves on when a newer image is pushed; the older image may then have no tag.")
    if criteria.architecture or criteria.os:
        notes += describe_unknown_platform(criteria.architecture or None, criteria.os or None)
        notes += _describe_platforms(listing)
    if any(map(looks_like_regex, (*criteria.matching.globs, *criteria.excluding.globs))):
        notes.append("In a glob, '.*' is a dot and anything behind it; '*' alone is anything.")
    names = [glob for glob in criteria.matching.globs if "*" not in glob and "?" not in glob]
    if names and not criteria.chooses_versions and ("matching", 0) in outcome.report.steps:
        notes.append(f"A glob matches the whole name; {quote('*' + names[0] + '*')} finds it anywhere.")
    return notes


def _describe_platforms(listing: TagListing) -> list[str]:
    counts = Counter((image.os, image.architecture) for tag in listing.tags for image in tag.platforms)
    names = ", ".join(inline("/".join(pair)) for pair, _ in counts.most_common(_MAX_PLATFORMS))
    return [f"Platforms here: {names}."] if names else []

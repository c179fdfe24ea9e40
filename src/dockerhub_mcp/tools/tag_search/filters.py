"""Choose the tags that match the criteria of a search, counting what each criterion leaves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from dockerhub_mcp.tools.images.tag_facts import PlatformFacts, TagFacts, TagListing
from dockerhub_mcp.tools.tag_search.criteria import Criteria, Match
from dockerhub_mcp.tools.tag_versions.selection import find_unreleased, is_unstable_tag, parse_tag

LATEST = "latest"
_DEFAULT_PLATFORM = ("amd64", "linux")
_MAX_LATEST_LAG = timedelta(days=120)
"""How much older than a tag `latest` may be, for a higher version to count as not released yet."""
_MAX_LATEST_AGE = timedelta(days=365)
"""How old `latest` may be; an older one was left behind, and says nothing about higher versions."""


@dataclass(slots=True)
class FilterReport:
    """What the criteria left, one after the other.

    Attributes:
        steps: A criterion in words, and the number of tags that it left.
        prereleases: The number of prereleases that were left out.
        unreleased: The tags with a version above that of `latest`.
        unreleased_left_out: Those of them that were left out for it.
        prerelease_digests: By digest, the name of a prerelease that was left out.
        undecided: The number of tags of which only the name is known, and that may match.
        versions: The tags that are versions and match all criteria but those of versions.
    """

    steps: list[tuple[str, int]] = field(default_factory=list)
    prereleases: int = 0
    unreleased: frozenset[str] = frozenset()
    unreleased_left_out: tuple[str, ...] = ()
    prerelease_digests: dict[str, str] = field(default_factory=dict)
    undecided: int = 0
    versions: list[Match] = field(default_factory=list)

    def keep(self, title: str, matches: list[Match], is_kept: Callable[[Match], bool]) -> list[Match]:
        """Return the tags that a criterion keeps, and count them."""
        kept = [match for match in matches if is_kept(match)]
        self.steps.append((title, len(kept)))
        return kept


def filter_tags(listing: TagListing, criteria: Criteria, *, parse: bool) -> tuple[list[Match], FilterReport]:
    """Return the tags that match, in the order of the listing.

    Args:
        listing: The tags.
        criteria: What to look for.
        parse: Whether to tell versions even if no criterion is about them.
    """
    report = FilterReport()
    matches = [Match(tag.name, tag) for tag in listing.tags]
    matches += [Match(name, None) for name in listing.further_names]
    if criteria.matching:
        matches = report.keep("matching", matches, lambda match: criteria.matching.matches(match.name))
    if criteria.excluding:
        matches = report.keep("excluding", matches, lambda match: not criteria.excluding.matches(match.name))
    if criteria.needs_facts:
        report.undecided = sum(match.facts is None for match in matches)
        matches = [match for match in matches if match.facts is not None]
    for title, is_kept in _build_fact_filters(criteria):
        matches = report.keep(title, matches, is_kept)
    if parse or criteria.stable or criteria.chooses_versions:
        matches = _filter_versions(matches, listing.tags, criteria, report)
    return [replace(match, image=choose_image(match.facts, criteria)) for match in matches], report


def _filter_versions(
    matches: list[Match], tags: tuple[TagFacts, ...], criteria: Criteria, report: FilterReport
) -> list[Match]:
    report.unreleased = _find_unreleased(tags, {match.name for match in matches}, criteria.now)
    matches = [_tell_version(match, report.unreleased) for match in matches]
    family, version = criteria.family, criteria.version
    if criteria.chooses_versions:
        report.versions = [match for match in matches if match.version is not None]
        matches = report.versions
    if family is not None:
        matches = report.keep("like", matches, lambda match: match.version.family == family)  # type: ignore[union-attr]
    if version is not None:
        matches = report.keep("version", matches, lambda match: version.contains(match.version))  # type: ignore[arg-type]
    if criteria.stable:
        left_out = [match for match in matches if match.is_prerelease]
        report.prereleases = len(left_out)
        report.prerelease_digests = {
            match.facts.digest: match.name for match in left_out if match.facts and match.facts.digest
        }
        report.unreleased_left_out = tuple(
            match.name for match in left_out if match.name in report.unreleased and _is_release_by_name(match)
        )
        matches = report.keep("stable", matches, lambda match: not match.is_prerelease)
    return matches


def choose_image(facts: TagFacts | None, criteria: Criteria) -> PlatformFacts | None:
    """Return the image that sizes are about: of the platform that was asked for, else linux/amd64.

    Of several variants the highest counts, as it does for a client that names none.
    """
    images = facts.platforms if facts is not None else ()
    if criteria.names_platform:
        found = [image for image in images if criteria.accepts_image(image)]
        usual = [image for image in found if not criteria.os and image.os == "linux"]
        usual = usual or [image for image in found if image.architecture == _DEFAULT_PLATFORM[0]]
        return max(usual or found, key=lambda image: image.platform, default=None)
    usual = [image for image in images if (image.architecture, image.os) == _DEFAULT_PLATFORM]
    return next(iter(usual or images), None)


def _is_release_by_name(match: Match) -> bool:
    return match.version is not None and match.version.is_stable


def _build_fact_filters(criteria: Criteria) -> Iterator[tuple[str, Callable[[Match], bool]]]:
    """Yield the criteria on facts, each with its name."""
    for title, is_kept in _iter_fact_filters(criteria):
        yield title, partial(_test_facts, is_kept)


def _test_facts(is_kept: Callable[[TagFacts], bool], match: Match) -> bool:
    return match.facts is not None and is_kept(match.facts)


def _iter_fact_filters(criteria: Criteria) -> Iterator[tuple[str, Callable[[TagFacts], bool]]]:
    if wanted := criteria.index_digest:
        yield "same_as", lambda tag: tag.digest == wanted
    if prefix := criteria.digest:
        yield "digest", lambda tag: any(digest.startswith(prefix) for digest in tag.iter_digests())
    if criteria.names_platform:
        yield "platform", lambda tag: any(map(criteria.accepts_image, tag.platforms))
    if before := criteria.pushed_before:
        yield "pushed_before", lambda tag: tag.pushed_at is not None and tag.pushed_at < before
    if after := criteria.pushed_after:
        yield "pushed_after", lambda tag: tag.pushed_at is not None and tag.pushed_at >= after
    if criteria.unused_for is not None:
        oldest = _subtract(criteria.now, criteria.unused_for)
        yield "not_pulled_for", lambda tag: _is_unused_since(tag, oldest)


def _is_unused_since(tag: TagFacts, moment: datetime) -> bool:
    """Tell whether a tag was last pulled before a moment, or never and was pushed before it."""
    used_at = tag.pulled_at or tag.pushed_at
    return used_at is not None and used_at < moment


def _subtract(moment: datetime, duration: timedelta) -> datetime:
    try:
        return moment - duration
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _tell_version(match: Match, unreleased: frozenset[str]) -> Match:
    version = parse_tag(match.name)
    is_unstable = is_unstable_tag(match.name) if version is None else not version.is_stable
    return Match(match.name, match.facts, version, None, is_unstable or match.name in unreleased)


def _find_unreleased(tags: tuple[TagFacts, ...], names: Collection[str], now: datetime) -> frozenset[str]:
    """Return those names with a version above that of `latest`, unless `latest` was left behind."""
    latest = next((tag for tag in tags if tag.name == LATEST), None)
    if latest is None or not latest.digest or latest.pushed_at is None:
        return frozenset()
    if now - latest.pushed_at > _MAX_LATEST_AGE:
        return frozenset()
    newest = latest.pushed_at + _MAX_LATEST_LAG
    return find_unreleased(
        (tag.name, tag.digest)
        for tag in tags
        if tag.digest == latest.digest
        or (tag.name in names and tag.pushed_at is not None and tag.pushed_at <= newest)
    )

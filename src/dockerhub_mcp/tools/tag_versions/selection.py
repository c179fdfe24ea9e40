"""Order tags, and choose among them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import takewhile

from dockerhub_mcp.tools.tag_versions.dates import is_year_and_month, split_date
from dockerhub_mcp.tools.tag_versions.model import Family, NewerTags, TagVersion
from dockerhub_mcp.tools.tag_versions.parsing import is_unstable_tag, parse_tag

__all__ = [
    "Series",
    "find_newer",
    "find_unreleased",
    "group_by_family",
    "is_unstable_tag",
    "parse_tag",
    "series_of",
]

_LATEST = "latest"


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """A series of releases that a project maintains, such as `8.2`. Sorts from old to new.

    Attributes:
        numbers: The numbers, for sorting: major and minor version, or year and month.
        label: The series as the tag writes it, such as `8.2` or `24.04`.
    """

    numbers: tuple[int, ...]
    label: str


def group_by_family(tags: Iterable[str]) -> dict[Family, list[TagVersion]]:
    """Return the tags that are versions by family, each from new to old; the largest family first."""
    families: defaultdict[Family, list[TagVersion]] = defaultdict(list)
    for tag in dict.fromkeys(tags):
        if (version := parse_tag(tag)) is not None:
            families[version.family].append(version)
    for versions in families.values():
        versions.sort(key=lambda version: version.sort_key, reverse=True)
    return dict(sorted(families.items(), key=lambda item: (-len(item[1]), item[0].label)))


def series_of(version: TagVersion) -> Series:
    """Return the series of a version: major and minor version, or the major version alone.

    For dates, it is year and month, such as `2026.02` for `20260201`, or the year alone.
    """
    if version.family.scheme == "calver" and len(version.release_texts[0]) > len("YYYY"):
        year, month = split_date(version.release_texts[0])[:2]
        return Series((year, month), f"{year}.{month:02}")
    return Series(version.release[:2], ".".join(version.release_texts[:2]))


def find_newer(tag: str, candidates: Iterable[str], *, unreleased: Collection[str] = ()) -> NewerTags:
    """Return the newest tags of the family of `tag`; empty where `tag` is no version.

    From a stable tag, only stable ones are chosen. From a prerelease, those of the same release are chosen
    as well, and from a tag of a family without stable tags (`nightly-20260101`), all tags of this family.

    Args:
        tag: The tag in use.
        candidates: The tags to choose from.
        unreleased: Tags to treat as prereleases, see `find_unreleased`.
    """
    current = parse_tag(tag)
    if current is None:
        return NewerTags()
    versions = (version for version in map(parse_tag, candidates) if version is not None)
    return find_newer_versions(current, versions, unreleased=unreleased)


def find_newer_versions(
    current: TagVersion, candidates: Iterable[TagVersion], *, unreleased: Collection[str] = ()
) -> NewerTags:
    """Return the newest tags of the family of a version, chosen as `find_newer` does.

    Args:
        current: The version in use.
        candidates: The versions to choose from.
        unreleased: Tags to treat as prereleases, see `find_unreleased`.
    """
    newer = sorted(
        (
            version
            for version in candidates
            if version.is_newer_than(current) and _is_acceptable(version, current, unreleased)
        ),
        key=lambda version: version.sort_key,
        reverse=True,
    )
    return NewerTags(
        patch=next((each.tag for each in newer if each.release[:2] == current.release[:2]), ""),
        minor=next((each.tag for each in newer if each.release[:1] == current.release[:1]), ""),
        major=next((each.tag for each in newer), ""),
    )


def _is_acceptable(version: TagVersion, current: TagVersion, unreleased: Collection[str]) -> bool:
    if version.tag in unreleased and current.tag not in unreleased:
        return False
    if version.is_stable or version.family.is_unstable:
        return True
    return not current.is_stable and version.release == current.release


def find_unreleased(digests: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the tags with a version above the one that shares its digest with `latest`, by any name.

    Such a tag is a prerelease in most repositories; in some, `latest` is a long-term release, as wherever
    versions are dates, of which none is above another. Versions with the same scheme, prefix and flavour are
    compared, as far as both have numbers: `9` is above `8.4.1`, but `8` and `8.4.1.2` are not.

    Args:
        digests: Pairs of tag and digest, `latest` among them. Nothing is found without it, or if no version
            has its digest.
    """
    by_tag = dict(digests)
    latest = by_tag.get(_LATEST, "")
    if not latest:
        return frozenset()
    released: defaultdict[object, list[TagVersion]] = defaultdict(list)
    others: list[TagVersion] = []
    dated: set[object] = set()
    for tag, digest in by_tag.items():
        if (version := parse_tag(tag)) is None:
            continue
        if version.family.scheme == "calver" or is_year_and_month(version.release_texts):
            dated.add(_comparison_group(version))
        if digest == latest:
            released[_comparison_group(version)].append(version)
        else:
            others.append(version)
    return frozenset(
        version.tag
        for version in others
        if _comparison_group(version) not in dated
        and (references := released.get(_comparison_group(version)))
        and all(_is_above(version.release, reference.release) for reference in references)
    )


def _comparison_group(version: TagVersion) -> object:
    family = version.family
    return family.prefix, family.scheme, family.date_format, family.flavour


def _is_above(release: tuple[int, ...], reference: tuple[int, ...]) -> bool:
    """Tell whether the first number that differs is greater."""
    pairs = list(zip(release, reference, strict=False))
    equal = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
    return equal < len(pairs) and pairs[equal][0] > pairs[equal][1]

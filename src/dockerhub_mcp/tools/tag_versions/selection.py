"""Parse tags, order them, and choose among them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dockerhub_mcp.tools.tag_versions.model import Family, NewerTags, TagVersion


def parse_tag(tag: str) -> TagVersion | None:
    """Return the version that a tag is; None if it is none. It takes linear time and raises nothing."""
    raise NotImplementedError


def is_unstable_tag(tag: str) -> bool:
    """Tell whether a tag names a prerelease, a branch or a snapshot, whether or not it is a version."""
    raise NotImplementedError


def group_by_family(tags: Iterable[str]) -> dict[Family, list[TagVersion]]:
    """Return the tags that are versions by family, each from new to old; the largest family first."""
    raise NotImplementedError


def find_newer(tag: str, candidates: Iterable[str], *, unreleased: Collection[str] = ()) -> NewerTags:
    """Return the newest tags of the family of `tag`; empty where `tag` is no version.

    Args:
        tag: The tag in use; from a stable one only stable ones are chosen.
        candidates: The tags to choose from.
        unreleased: Tags to treat as prereleases, see `find_unreleased`.
    """
    raise NotImplementedError


def find_unreleased(digests: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the tags with a version above the one that shares its digest with `latest`, whatever their name.

    Args:
        digests: Pairs of tag and digest, `latest` among them; without it, nothing is found.
    """
    raise NotImplementedError

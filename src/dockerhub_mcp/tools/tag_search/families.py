"""Families of versions in words."""

from __future__ import annotations

from collections.abc import Iterable

from dockerhub_mcp.tools.results.sanitize import inline
from dockerhub_mcp.tools.tag_versions.selection import group_by_family

_MAX_FAMILIES = 6


def describe_families(names: Iterable[str]) -> str:
    """Return the largest families of the tags that are versions; an empty text without any.

    Each has its pattern, its count and its newest tag.
    """
    families = list(group_by_family(names).items())
    parts = [
        f"{inline(family.label)} ({len(versions):,}, newest {inline(versions[0].tag)})"
        for family, versions in families[:_MAX_FAMILIES]
    ]
    more = len(families) - _MAX_FAMILIES
    return "; ".join([*parts, *([f"and {more} more"] if more > 0 else [])])

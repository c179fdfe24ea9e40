"""Repositories for tests of clean-up rules, without a server."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from dockerhub_mcp.tools.cleanup.selecting.rules import CleanupRules, DeleteRules, KeepRules
from dockerhub_mcp.tools.cleanup.selecting.selection import Selection, select_tags
from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag, RepositorySnapshot, TaggedImage
from dockerhub_mcp.tools.tag_search.globs import GlobSet
from tests.support.tag_listings import NOW, make_digest

__all__ = ["NOW", "make_digest", "make_listed_tag", "make_rules", "make_snapshot", "select", "select_names"]


def make_listed_tag(
    name: str,
    image: int,
    *,
    age: float | None = 365,
    pulled: float | None = None,
    parts: Iterable[int] = (),
    is_inactive: bool = False,
) -> ListedTag:
    """Return a tag.

    Args:
        name: The name.
        image: The number of its manifest; tags with the same have the same digest.
        age: The days since it was pushed; None for a tag without a push date.
        pulled: The days since it was pulled; None for never.
        parts: The numbers of the images in its index.
        is_inactive: Whether the Hub calls it inactive.
    """
    return ListedTag(
        name,
        make_digest(image),
        None if age is None else NOW - timedelta(days=age),
        None if pulled is None else NOW - timedelta(days=pulled),
        100,
        tuple(TaggedImage(make_digest(part), 100) for part in parts),
        is_inactive,
        bool(tuple(parts)),
    )


def make_snapshot(*tags: ListedTag | str, **options: Any) -> RepositorySnapshot:
    """Return a repository; a tag given by its name is a year old and has an image of its own."""
    made = tuple(
        make_listed_tag(tag, number) if isinstance(tag, str) else tag for number, tag in enumerate(tags, 1)
    )
    return RepositorySnapshot(made, **options)


def make_rules(max_delete: int = 100, **rules: Any) -> CleanupRules:
    """Return rules from the words of `plan_tag_cleanup`, with times in days."""
    days = {"older_than", "not_pulled_for", "keep_pulled_within", "keep_younger_than"}
    globs = {"delete_matching", "delete_excluding", "keep_matching"}
    values: dict[str, Any] = {
        name: timedelta(days=value) if name in days else GlobSet(value) if name in globs else value
        for name, value in rules.items()
    }
    undated = values.pop("undated", None)
    keep = {name.removeprefix("keep_"): values.pop(name) for name in list(values) if name.startswith("keep_")}
    if undated is not None:
        keep["undated"] = undated
    delete = {name.removeprefix("delete_"): value for name, value in values.items()}
    return CleanupRules(DeleteRules(**delete), KeepRules(**keep), max_delete)


def select(snapshot: RepositorySnapshot, **rules: Any) -> Selection:
    """Return what rules select at the time of the tests."""
    return select_tags(snapshot, make_rules(**rules), NOW)


def select_names(*tags: ListedTag | str, **rules: Any) -> list[str]:
    """Return the names of the tags that are deleted, in order."""
    return [tag.name for tag in select(make_snapshot(*tags), **rules).deleted]

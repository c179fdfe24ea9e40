"""Tell which tags the delete rules match, and which rule keeps a tag by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from dockerhub_mcp.tools.cleanup.selecting.newest import find_newest_by_push, find_newest_versions
from dockerhub_mcp.tools.cleanup.selecting.rules import CleanupRules, DeleteRules, KeepRules, subtract
from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag, RepositorySnapshot
from dockerhub_mcp.tools.tag_versions.model import Family, TagVersion
from dockerhub_mcp.tools.tag_versions.selection import is_unstable_tag, parse_tag

Matches = Callable[[ListedTag], bool]


class KeepReason(StrEnum):
    """Why a tag is kept, in the order in which the reasons count."""

    NOT_MATCHED = "no delete rule matches"
    IMMUTABLE = "immutable"
    PERHAPS_IMMUTABLE = "perhaps immutable"
    UNDATED = "no push date"
    MATCHING = "keep_matching"
    NEWEST = "keep_newest"
    PULLED = "keep_pulled_within"
    YOUNG = "keep_younger_than"
    SAME_DIGEST = "same digest as a kept tag"
    PART = "part of a kept image"
    SIGNATURE = "signature or attestation of a kept image"
    UNKNOWN_SUBJECT = "signature of an image that was not found"
    LEFT_OVER = "more than max_delete"
    UNREAD = "could not be read"


class TagVersions:
    """The versions of the tags of a repository, unread tags included.

    Args:
        snapshot: What was read of the repository.
    """

    def __init__(self, snapshot: RepositorySnapshot) -> None:
        names = [*(tag.name for tag in snapshot.tags if not tag.subject), *snapshot.unread_names]
        self.by_name: Mapping[str, TagVersion] = {
            name: version for name in names if (version := parse_tag(name)) is not None
        }
        self._newest_stable: dict[Family, TagVersion] = {}
        for version in self.by_name.values():
            newest = self._newest_stable.get(version.family)
            if version.is_stable and (newest is None or version.sort_key > newest.sort_key):
                self._newest_stable[version.family] = version

    def is_superseded(self, tag: ListedTag) -> bool:
        """Tell whether there is a newer stable tag of the same family."""
        version = self.by_name.get(tag.name)
        newest = None if version is None else self._newest_stable.get(version.family)
        return version is not None and newest is not None and newest.is_newer_than(version)


def list_delete_rules(rules: CleanupRules, versions: TagVersions, now: datetime) -> list[tuple[str, Matches]]:
    """Return the delete rules that are set, each with the name of its argument."""
    return list(_iter_delete_rules(rules.delete, versions, now))


def _iter_delete_rules(
    delete: DeleteRules, versions: TagVersions, now: datetime
) -> Iterator[tuple[str, Matches]]:
    if globs := delete.matching:
        yield "delete_matching", lambda tag: globs.matches(tag.name)
    if others := delete.excluding:
        yield "delete_excluding", lambda tag: not others.matches(tag.name)
    if delete.older_than is not None:
        pushed_before = subtract(now, delete.older_than)
        yield "older_than", lambda tag: tag.pushed_at is None or tag.pushed_at < pushed_before
    if delete.not_pulled_for is not None:
        used_before = subtract(now, delete.not_pulled_for)
        yield "not_pulled_for", lambda tag: _is_unused_since(tag, used_before)
    if delete.only_unstable:
        yield "only_unstable", lambda tag: not tag.subject and is_unstable_tag(tag.name)
    if delete.only_superseded:
        yield "only_superseded", versions.is_superseded
    if delete.only_inactive:
        yield "only_inactive", lambda tag: tag.is_inactive


def _is_unused_since(tag: ListedTag, moment: datetime) -> bool:
    """Tell whether a tag was last pulled before a moment, or never and was pushed before it.

    A tag without both times is old; `undated` decides on it.
    """
    used_at = tag.pulled_at or tag.pushed_at
    return used_at is None or used_at < moment


def find_direct_reasons(
    tags: Iterable[ListedTag],
    snapshot: RepositorySnapshot,
    rules: CleanupRules,
    versions: TagVersions,
    now: datetime,
) -> dict[str, KeepReason]:
    """Return those of the tags that a rule keeps, with the first reason; the newest count among all tags."""
    keeping = list(_iter_keep_rules(snapshot, rules.keep, versions, now))
    reasons: dict[str, KeepReason] = {}
    for tag in tags:
        reason = next((reason for reason, matches in keeping if matches(tag)), None)
        if reason is not None:
            reasons[tag.name] = reason
    return reasons


def _iter_keep_rules(
    snapshot: RepositorySnapshot, keep: KeepRules, versions: TagVersions, now: datetime
) -> Iterator[tuple[KeepReason, Matches]]:
    yield KeepReason.IMMUTABLE, lambda tag: tag.name in snapshot.immutable
    yield KeepReason.PERHAPS_IMMUTABLE, lambda tag: tag.name in snapshot.perhaps_immutable
    if keep.undated == "keep":
        yield KeepReason.UNDATED, lambda tag: tag.pushed_at is None
    yield KeepReason.MATCHING, lambda tag: keep.matching.matches(tag.name)
    if keep.newest:
        newest = _find_newest(snapshot, keep, versions)
        yield KeepReason.NEWEST, lambda tag: tag.name in newest
    if keep.pulled_within is not None:
        pulled_since = subtract(now, keep.pulled_within)
        yield KeepReason.PULLED, lambda tag: tag.pulled_at is not None and tag.pulled_at >= pulled_since
    pushed_since = subtract(now, keep.younger_than)
    yield KeepReason.YOUNG, lambda tag: tag.pushed_at is not None and tag.pushed_at >= pushed_since


def _find_newest(snapshot: RepositorySnapshot, keep: KeepRules, versions: TagVersions) -> frozenset[str]:
    if keep.newest_per == "repository":
        return find_newest_by_push(snapshot.tags, keep.newest)
    return find_newest_versions(versions.by_name.values(), keep.newest, keep.newest_per)

"""Choose the tags that a clean-up deletes: a pure function of what was read, the rules and the time.

Every tag that stays is a kept tag, whether a keep rule keeps it or no delete rule matches it, and protects
what it needs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dockerhub_mcp.tools.cleanup.selecting.matching import (
    KeepReason,
    Matches,
    TagVersions,
    find_direct_reasons,
    list_delete_rules,
)
from dockerhub_mcp.tools.cleanup.selecting.protection import TagGraph
from dockerhub_mcp.tools.cleanup.selecting.rules import CleanupRules
from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag, RepositorySnapshot

_OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a clean-up deletes and what it keeps.

    Attributes:
        deleted: The tags to delete, the oldest first.
        kept: The reason of each tag that stays, by name; unread tags included.
        matched: How many tags each delete rule matches by itself, by the name of its argument.
        matched_by_all: How many tags all delete rules match.
        left_over: How many tags would be deleted as well but for `max_delete`.
        takes_every_tag: Whether nothing but tags of signatures would stay without `max_delete`.
    """

    deleted: tuple[ListedTag, ...]
    kept: Mapping[str, KeepReason]
    matched: Mapping[str, int]
    matched_by_all: int
    left_over: int
    takes_every_tag: bool

    def count_kept(self) -> Counter[KeepReason]:
        """Return how many tags each reason keeps."""
        return Counter(self.kept.values())


def find_candidates(
    snapshot: RepositorySnapshot, rules: CleanupRules, versions: TagVersions, now: datetime
) -> tuple[list[ListedTag], dict[str, int]]:
    """Return the tags that all delete rules match, and how many each of the rules matches.

    Without a delete rule, no tag is matched.
    """
    deleting: Sequence[tuple[str, Matches]] = list_delete_rules(rules, versions, now)
    matched = {name: sum(map(matches, snapshot.tags)) for name, matches in deleting}
    if not deleting:
        return [], matched
    return [tag for tag in snapshot.tags if all(matches(tag) for _, matches in deleting)], matched


def select_tags(snapshot: RepositorySnapshot, rules: CleanupRules, now: datetime) -> Selection:
    """Return what a clean-up deletes and keeps; keep always wins.

    Args:
        snapshot: What was read of the repository.
        rules: The rules.
        now: The current time.
    """
    versions = TagVersions(snapshot)
    candidates, matched = find_candidates(snapshot, rules, versions, now)
    names = {tag.name for tag in candidates}
    kept = {tag.name: KeepReason.NOT_MATCHED for tag in snapshot.tags if tag.name not in names}
    kept |= dict.fromkeys(snapshot.unread_names, KeepReason.UNREAD)
    kept |= find_direct_reasons(candidates, snapshot, rules, versions, now)
    graph = TagGraph(snapshot.tags)
    if not snapshot.is_complete or snapshot.has_unknown_contents:  # what was not read may have the image
        kept |= {
            tag.name: KeepReason.UNKNOWN_SUBJECT
            for tag in candidates
            if tag.subject and tag.name not in kept and not graph.has_subject(tag)
        }
    kept |= graph.find_protected(kept)
    eligible = [tag for tag in candidates if tag.name not in kept]
    eligible.sort(key=lambda tag: (tag.pushed_at or _OLDEST, tag.name))
    deleted = _take_oldest(eligible, graph, rules.max_delete)
    kept |= {tag.name: KeepReason.LEFT_OVER for tag in eligible if tag.name not in deleted}
    return Selection(
        tuple(tag for tag in eligible if tag.name in deleted),
        kept,
        matched,
        len(candidates),
        len(eligible) - len(deleted),
        _takes_every_tag(snapshot, eligible),
    )


def _take_oldest(eligible: Sequence[ListedTag], graph: TagGraph, limit: int) -> set[str]:
    """Return the names of the oldest tags that fit into the limit.

    Tags that need each other, such as those of one digest, are taken together or left together.
    """
    if len(eligible) <= limit:
        return {tag.name for tag in eligible}
    taken: set[str] = set()
    for tag in eligible:
        if tag.name in taken:
            continue
        holders = graph.find_holders(tag, limit) - taken
        if len(taken) + len(holders) <= limit:
            taken |= holders
    return taken


def _takes_every_tag(snapshot: RepositorySnapshot, eligible: Sequence[ListedTag]) -> bool:
    """Tell whether no tag that was read of an image would stay; of tags of signatures alone, whether none.

    An unread tag stays. Where names may be missing, those that were read count as all.
    """
    if not eligible or snapshot.unread_names:
        return False
    names = {tag.name for tag in eligible}
    images = [tag for tag in snapshot.tags if not tag.subject] or snapshot.tags
    return all(tag.name in names for tag in images)

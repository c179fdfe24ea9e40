"""A plan as the agent reads it: groups with counts, bytes and a few examples, in 6,000 characters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from dockerhub_mcp.tools.cleanup.results import DeletedGroup, KeptGroup
from dockerhub_mcp.tools.cleanup.selecting.matching import KeepReason
from dockerhub_mcp.tools.cleanup.selecting.rules import DeleteRules
from dockerhub_mcp.tools.cleanup.selecting.sizes import HeldBytes, SizeMeter
from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag
from dockerhub_mcp.tools.tag_search.globs import GlobSet
from dockerhub_mcp.tools.tag_versions.selection import is_unstable_tag, parse_tag

_MAX_GROUPS = 8
_MAX_EXAMPLES = 4
_MAX_EXAMPLE_CHARS = 1600
"""The most characters of all examples together."""
_MAX_LABEL_CHARS = 60
_OTHERS = "others"
_NOTES = {
    KeepReason.IMMUTABLE: "immutable, which the Hub would refuse to delete",
    KeepReason.PERHAPS_IMMUTABLE: "may be immutable, which could not be decided",
    KeepReason.UNDATED: "no push date; undated=old treats them as old",
    KeepReason.UNREAD: "only the name could be read",
}


_COUNTED = {
    KeepReason.NOT_MATCHED: "that no delete rule matches",
    KeepReason.UNDATED: "without a push date",
    KeepReason.MATCHING: "by keep_matching",
    KeepReason.NEWEST: "by keep_newest",
    KeepReason.PULLED: "by keep_pulled_within",
    KeepReason.YOUNG: "by keep_younger_than",
    KeepReason.SAME_DIGEST: "with the digest of a kept tag",
    KeepReason.PART: "of images in a kept index",
    KeepReason.SIGNATURE: "of signatures and attestations of kept images",
    KeepReason.UNKNOWN_SUBJECT: "of signatures of images that were not found",
    KeepReason.LEFT_OVER: "beyond max_delete",
    KeepReason.UNREAD: "that could not be read",
}


def describe_counted(reason: KeepReason) -> str:
    """Return a reason to follow a number of tags, as in `12 by keep_newest`."""
    return _COUNTED.get(reason, str(reason))


class ExamplePicker:
    """Picks examples until the texts of all of them are long enough."""

    def __init__(self) -> None:
        self._left = _MAX_EXAMPLE_CHARS

    def pick(self, names: Iterable[str]) -> list[str]:
        """Return a few of the names, in order."""
        picked: list[str] = []
        for name in names:
            if len(picked) >= _MAX_EXAMPLES or len(name) + 3 > self._left:
                break
            picked.append(name)
            self._left -= len(name) + 3
        return picked


def group_deleted(
    deleted: Sequence[ListedTag], staying: Iterable[ListedTag], rules: DeleteRules, picker: ExamplePicker
) -> tuple[list[DeletedGroup], HeldBytes]:
    """Return the deleted tags in groups, the largest first, and the bytes that only they hold.

    The groups are the globs of `delete_matching` if there are several, else patterns of versions.
    """
    groups: defaultdict[str, list[ListedTag]] = defaultdict(list)
    name_group = _name_by_glob(rules.matching) if len(rules.matching.globs) > 1 else _name_by_pattern
    for tag in deleted:
        groups[name_group(tag)].append(tag)
    ranked = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    shown, rest = ranked[:_MAX_GROUPS], ranked[_MAX_GROUPS:]
    if rest:
        shown.append((_OTHERS, [tag for _, tags in rest for tag in tags]))
    meter, total, rows = SizeMeter(staying), HeldBytes(), []
    for name, tags in shown:
        held = meter.measure(tags)
        total.total += held.total
        total.has_unknown |= held.has_unknown
        examples = picker.pick(tag.name for tag in tags)
        size = None if held.has_unknown and not held.total else held.total
        rows.append(DeletedGroup(deleted=name, tags=len(tags), max_bytes=size, examples=examples))
    return rows, total


def group_kept(kept: Mapping[str, KeepReason], picker: ExamplePicker) -> list[KeptGroup]:
    """Return the tags that stay by reason; those that no delete rule matches come last."""
    groups: defaultdict[KeepReason, list[str]] = defaultdict(list)
    for name in sorted(kept):
        groups[kept[name]].append(name)
    ranked = [reason for reason in KeepReason if reason is not KeepReason.NOT_MATCHED]
    return [
        KeptGroup(
            kept_because=_NOTES.get(reason, str(reason)),
            tags=len(groups[reason]),
            examples=picker.pick(groups[reason]),
        )
        for reason in (*ranked, KeepReason.NOT_MATCHED)
        if reason in groups
    ]


def _name_by_glob(globs: GlobSet) -> Callable[[ListedTag], str]:
    each = [(glob, GlobSet([glob])) for glob in globs.globs]

    def name_group(tag: ListedTag) -> str:
        return next((_cut(glob) for glob, matcher in each if matcher.matches(tag.name)), _OTHERS)

    return name_group


def _name_by_pattern(tag: ListedTag) -> str:
    if tag.subject:
        return "signatures and attestations"
    if (version := parse_tag(tag.name)) is not None:
        return _cut(version.family.label)
    return "branches and snapshots" if is_unstable_tag(tag.name) else "names without a version"


def _cut(label: str) -> str:
    return label if len(label) <= _MAX_LABEL_CHARS else f"{label[:_MAX_LABEL_CHARS]}…"

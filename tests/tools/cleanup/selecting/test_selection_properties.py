"""What holds for every repository and every set of rules."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.tools.cleanup.reading.kept_manifests import find_kept_digests
from dockerhub_mcp.tools.cleanup.selecting.matching import KeepReason
from dockerhub_mcp.tools.cleanup.selecting.selection import Selection
from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag, RepositorySnapshot
from tests.support.cleanup_tags import NOW, make_digest, make_listed_tag, make_snapshot, select
from tests.support.property_testing import examples

_MANIFESTS = 30
_DAYS = [0.5, 3, 40, 200, 900]
_NAMES = [
    *("latest", "main", "pr-1", "pr-2", "nightly-20260101", "nightly-20260201"),
    *("1", "1.0", "1.1", "1.0.0", "1.0.1", "1.1.0", "1.1.0-rc1", "2.0.0", "v1.0.0", "1.0.0-alpine"),
    *(f"sha-{number:07x}" for number in (0xABCDEF1, 0x1234567)),
    *(make_digest(number).replace(":", "-") + suffix for number in range(4) for suffix in ("", ".sig")),
]
_GLOBS = ["*", "1*", "*-rc*", "pr-*", "latest", "sha256-*", "nothing"]
_days = st.sampled_from(_DAYS)
_globs = st.lists(st.sampled_from(_GLOBS), max_size=2)


@st.composite
def _snapshots(draw: st.DrawFn) -> RepositorySnapshot:
    """Draw a repository, in which few tags need others, so that there is something to delete."""
    source = random.Random(draw(st.integers(0, 2**32)))  # noqa: S311 - not for cryptography
    numbers = [*range(5), *range(_MANIFESTS)]  # signatures are about the first ones
    names = source.sample(_NAMES, source.randint(0, 14))
    tags = [
        make_listed_tag(
            name,
            source.choice(numbers),
            age=source.choice([None, *_DAYS, *_DAYS]),
            pulled=source.choice([None, None, *_DAYS]),
            parts=source.choices(numbers, k=source.choice([0, 0, 1, 2])),
            is_inactive=source.random() < 0.5,
        )
        for name in names
    ]
    return make_snapshot(
        *tags,
        unread_names=("3.0.0", "unread")[: source.choice([0, 0, 1, 2])],
        has_all_names=source.random() < 0.7,
        immutable=frozenset(name for name in names if source.random() < 0.05),
        perhaps_immutable=frozenset(name for name in names if source.random() < 0.05),
    )


_true = st.sampled_from([True])
_DELETE_RULES: dict[str, st.SearchStrategy[Any]] = {
    "delete_matching": _globs,
    "delete_excluding": _globs,
    "older_than": _days,
    "not_pulled_for": _days,
    "only_unstable": _true,
    "only_superseded": _true,
    "only_inactive": _true,
}
_KEEP_RULES: dict[str, st.SearchStrategy[Any]] = {
    "keep_matching": _globs,
    "keep_newest": st.integers(0, 3),
    "keep_newest_per": st.sampled_from(["family", "major", "minor", "repository"]),
    "keep_pulled_within": _days,
    "keep_younger_than": _days,
    "undated": st.sampled_from(["keep", "old"]),
}


@st.composite
def _rules(draw: st.DrawFn) -> dict[str, Any]:
    """Draw one or two delete rules, so that something is deleted in most examples, and some keep rules."""
    deleting = draw(st.lists(st.sampled_from([*_DELETE_RULES]), min_size=1, max_size=2, unique=True))
    keeping = draw(st.lists(st.sampled_from([*_KEEP_RULES]), max_size=3, unique=True))
    drawn = {name: draw((_DELETE_RULES | _KEEP_RULES)[name]) for name in [*deleting, *keeping]}
    return {"max_delete": draw(st.sampled_from([1, 3, 100])), **drawn}


def _split(snapshot: RepositorySnapshot, selection: Selection) -> tuple[list[ListedTag], list[ListedTag]]:
    """Return the tags that are deleted, and those that stay."""
    deleted = {tag.name for tag in selection.deleted}
    return list(selection.deleted), [tag for tag in snapshot.tags if tag.name not in deleted]


@given(_snapshots(), _rules())
@examples(120)
def test_nothing_that_a_staying_tag_needs_is_deleted(
    snapshot: RepositorySnapshot, rules: dict[str, Any]
) -> None:
    deleted, staying = _split(snapshot, select(snapshot, **rules))
    needed = {digest for tag in staying for digest in (tag.digest, *(part.digest for part in tag.images))}
    for tag in deleted:
        assert tag.digest not in needed
        if tag.name.startswith("sha256-"):
            assert "sha256:" + tag.name.removeprefix("sha256-")[:64] not in needed


@given(_snapshots(), _rules())
@examples(120)
def test_all_manifests_that_staying_tags_and_signatures_need_are_kept(
    snapshot: RepositorySnapshot, rules: dict[str, Any]
) -> None:
    deleted, staying = _split(snapshot, select(snapshot, **rules))
    kept = find_kept_digests(staying, deleted)
    for tag in staying:
        assert {tag.digest, *(part.digest for part in tag.images)} <= kept
    for tag in deleted:
        if any(tag.digest == each.subject for each in staying):
            assert {tag.digest, *(part.digest for part in tag.images)} <= kept


@given(_snapshots(), st.integers(1, 8))
@examples(120)
def test_a_limit_separates_no_tags_that_need_each_other(snapshot: RepositorySnapshot, limit: int) -> None:
    snapshot = make_snapshot(*snapshot.tags)
    rules = {"keep_matching": [], "keep_younger_than": 0, "undated": "old"}
    deleted, staying = _split(snapshot, select(snapshot, delete_matching=["*"], max_delete=limit, **rules))
    needed = {digest for tag in staying for digest in (tag.digest, *(part.digest for part in tag.images))}
    assert not any({tag.digest, tag.subject} & needed for tag in deleted)


@given(_snapshots(), _rules())
@examples(120)
def test_keep_beats_delete(snapshot: RepositorySnapshot, rules: dict[str, Any]) -> None:
    selection = select(snapshot, **rules)
    kept_globs = rules.get("keep_matching", ["latest"])
    young = NOW - timedelta(days=rules.get("keep_younger_than", 1))
    for tag in selection.deleted:
        assert tag.name not in snapshot.immutable | snapshot.perhaps_immutable
        assert not any(fnmatchcase(tag.name, glob) for glob in kept_globs)
        assert tag.pushed_at is None or tag.pushed_at < young
        assert tag.pushed_at is not None or rules.get("undated") == "old"
        if "keep_pulled_within" in rules and tag.pulled_at is not None:
            assert tag.pulled_at < NOW - timedelta(days=rules["keep_pulled_within"])


@given(_snapshots(), _rules())
@examples(80)
def test_only_what_every_delete_rule_matches_is_deleted(
    snapshot: RepositorySnapshot, rules: dict[str, Any]
) -> None:
    checks: dict[str, Callable[[ListedTag, Any], bool]] = {
        "delete_matching": lambda tag, globs: not globs or any(fnmatchcase(tag.name, each) for each in globs),
        "delete_excluding": lambda tag, globs: not any(fnmatchcase(tag.name, each) for each in globs),
        "older_than": lambda tag, days: tag.pushed_at is None or tag.pushed_at < NOW - timedelta(days=days),
        "only_inactive": lambda tag, wanted: tag.is_inactive or not wanted,
    }
    for tag in select(snapshot, **rules).deleted:
        assert all(check(tag, rules[name]) for name, check in checks.items() if name in rules)


@given(_snapshots(), _rules())
@examples(80)
def test_every_tag_is_deleted_or_kept_for_one_reason(
    snapshot: RepositorySnapshot, rules: dict[str, Any]
) -> None:
    selection = select(snapshot, **rules)
    deleted = [tag.name for tag in selection.deleted]
    names = {*(tag.name for tag in snapshot.tags), *snapshot.unread_names}
    assert len(deleted) == len(set(deleted)) <= rules["max_delete"]
    assert set(deleted) | set(selection.kept) == names
    assert not set(deleted) & set(selection.kept)
    assert selection.left_over == selection.count_kept()[KeepReason.LEFT_OVER]


@given(_snapshots(), _rules(), st.randoms(use_true_random=False))
@examples(60)
def test_the_selection_is_a_function_of_what_was_read(
    snapshot: RepositorySnapshot, rules: dict[str, Any], shuffler: random.Random
) -> None:
    tags = list(snapshot.tags)
    shuffler.shuffle(tags)
    shuffled = make_snapshot(
        *tags,
        unread_names=snapshot.unread_names,
        has_all_names=snapshot.has_all_names,
        immutable=snapshot.immutable,
        perhaps_immutable=snapshot.perhaps_immutable,
    )
    first, second = select(snapshot, **rules), select(shuffled, **rules)
    assert first.deleted == second.deleted
    assert first.takes_every_tag == second.takes_every_tag
    assert set(first.kept) == set(second.kept)


@given(_snapshots(), _rules(), _globs, st.integers(0, 3))
@examples(60)
def test_a_further_keep_rule_never_deletes_more(
    snapshot: RepositorySnapshot, rules: dict[str, Any], globs: list[str], newest: int
) -> None:
    rules["max_delete"] = 100
    before = {tag.name for tag in select(snapshot, **rules).deleted}
    stricter = rules | {
        "keep_matching": [*rules.get("keep_matching", ["latest"]), *globs],
        "keep_newest": rules.get("keep_newest", 0) + newest,
    }
    assert {tag.name for tag in select(snapshot, **stricter).deleted} <= before


@given(_snapshots(), _rules())
@examples(60)
def test_a_tag_stays_for_another_one_only_if_that_one_stays(
    snapshot: RepositorySnapshot, rules: dict[str, Any]
) -> None:
    selection = select(snapshot, **rules)
    _, staying = _split(snapshot, selection)
    tags = {tag.name: tag for tag in snapshot.tags}
    for name, reason in selection.kept.items():
        others = [tag for tag in staying if tag.name != name]
        if reason is KeepReason.SAME_DIGEST:
            assert any(tag.digest == tags[name].digest for tag in others)
        elif reason is KeepReason.PART:
            assert any(part.digest == tags[name].digest for tag in others for part in tag.images)
        elif reason is KeepReason.SIGNATURE:
            subject = "sha256:" + name.removeprefix("sha256-")[:64]
            assert any(subject in {tag.digest, *(each.digest for each in tag.images)} for tag in staying)

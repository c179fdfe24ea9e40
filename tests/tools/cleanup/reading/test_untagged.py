"""Which manifests without a tag are deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.tools.cleanup.model import PlannedManifest
from dockerhub_mcp.tools.cleanup.reading.inventory import StoredManifest
from dockerhub_mcp.tools.cleanup.reading.untagged import choose_manifests
from tests.support.cleanup_tags import NOW, make_digest, make_rules
from tests.support.property_testing import examples


def make_stored(
    number: int,
    *,
    kind: str = "image",
    age: float | None = 300,
    pulled: float | None = None,
    is_tagged: bool = False,
) -> StoredManifest:
    """Return a manifest of the list, with the days since it was pushed and pulled."""
    return StoredManifest(
        make_digest(number),
        "index" if kind == "index" else "image",
        is_tagged,
        None if age is None else NOW - timedelta(days=age),
        None if pulled is None else NOW - timedelta(days=pulled),
        100,
    )


def choose(
    *stored: StoredManifest, released: tuple[int, ...] = (), kept: tuple[int, ...] = (), **rules: Any
) -> list[int]:
    """Return the numbers of the chosen manifests."""
    by_digest = {make_digest(each): PlannedManifest(make_digest(each), "image", 100) for each in released}
    chosen = choose_manifests(by_digest, stored, set(map(make_digest, kept)), make_rules(**rules), NOW)
    return [int(each.digest[7:13]) for each in chosen]


def test_untagged_manifests_that_nothing_needs_are_chosen_indexes_first() -> None:
    stored = (make_stored(1), make_stored(2, kind="index"), make_stored(3, is_tagged=True), make_stored(4))
    assert choose(*stored, kept=(4,)) == [2, 1]


@pytest.mark.parametrize("age", [None, 0.5, -1])
def test_manifests_that_may_be_new_stay(age: float | None) -> None:
    assert choose(make_stored(1, age=age)) == []
    assert choose(make_stored(1, age=age), released=(1,)) == []
    assert choose(make_stored(1, age=age), keep_younger_than=0) == []


def test_rules_on_age_and_pulls_hold_for_manifests() -> None:
    stored = (make_stored(1, age=300, pulled=10), make_stored(2, age=100), make_stored(3, age=300))
    assert sorted(choose(*stored)) == [1, 2, 3]
    assert choose(*stored, older_than=200, not_pulled_for=100) == [3]
    assert sorted(choose(*stored, keep_pulled_within=30)) == [2, 3]
    assert choose(*stored, keep_younger_than=200, keep_pulled_within=30) == [3]


def test_manifests_of_deleted_tags_are_chosen_without_the_list() -> None:
    assert choose(released=(1, 2), kept=(2,)) == [1]
    assert choose(make_stored(1, pulled=3), released=(1,), keep_pulled_within=30) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.booleans(), st.booleans(), st.none() | st.floats(-1, 900)),
        unique_by=lambda each: each[0],
        max_size=15,
    ),
    st.sets(st.integers(0, 20)),
    st.sets(st.integers(0, 20)),
)
@examples(200)
def test_no_kept_tagged_or_young_manifest_is_ever_chosen(
    drawn: list[tuple[int, bool, bool, float | None]], released: set[int], kept: set[int]
) -> None:
    stored = [
        make_stored(number, kind="index" if is_index else "image", is_tagged=is_tagged, age=age)
        for number, is_index, is_tagged, age in drawn
    ]
    chosen = choose(*stored, released=tuple(released), kept=tuple(kept))
    assert len(chosen) == len(set(chosen))
    assert not set(chosen) & kept
    for number, _, is_tagged, age in drawn:
        if number in chosen:
            assert age is not None
            assert age > 1
            assert number in released or not is_tagged

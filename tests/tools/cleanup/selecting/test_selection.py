"""Which tags a clean-up deletes, rule by rule."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dockerhub_mcp.tools.cleanup.selecting.matching import KeepReason
from tests.support.cleanup_tags import (
    NOW,
    make_digest,
    make_listed_tag,
    make_snapshot,
    select,
    select_names,
)


def test_delete_rules_are_combined_with_and() -> None:
    tags = (
        make_listed_tag("dev-1", 1, age=200),
        make_listed_tag("dev-2", 2, age=20),
        make_listed_tag("1.0.0", 3, age=200),
    )
    assert select_names(*tags, delete_matching=["dev-*"], older_than=180) == ["dev-1"]
    assert select_names(*tags, delete_excluding=["dev-*"]) == ["1.0.0"]


def test_nothing_is_deleted_without_a_delete_rule() -> None:
    assert select_names("1.0", "1.1", keep_newest=1) == []


def test_a_glob_matches_whole_names_only() -> None:
    assert select_names("dev", "develop", "1-dev", delete_matching=["dev"]) == ["dev"]


@pytest.mark.parametrize(
    ("pulled", "age", "is_deleted"),
    [(100, 10, True), (10, 200, False), (None, 200, True), (None, 10, False)],
)
def test_a_tag_that_was_never_pulled_needs_the_age_by_its_push(
    pulled: float | None, age: float, is_deleted: bool
) -> None:
    tag = make_listed_tag("a", 1, age=age, pulled=pulled)
    assert select_names(tag, "b", not_pulled_for=90, delete_matching=["a"]) == (["a"] if is_deleted else [])


def test_unstable_tags_are_prereleases_branches_and_snapshots() -> None:
    names = ["1.0.0-rc1", "nightly-20260101", "main", "pr-12", "1.0.0", "stable"]
    deleted = select_names(*names, only_unstable=True)
    assert {"1.0.0-rc1", "nightly-20260101", "main"} <= set(deleted)
    assert not {"1.0.0", "stable"} & set(deleted)


def test_superseded_needs_a_newer_stable_tag_of_the_same_family_and_precision() -> None:
    names = ["1.0.0", "1.1.0", "1.2.0-rc1", "2.0", "1.0.0-alpine", "1.3.0-rc1"]
    assert sorted(select_names(*names, only_superseded=True)) == ["1.0.0"]
    assert sorted(select_names(*names, "1.3.0", only_superseded=True)) == [
        "1.0.0",
        "1.1.0",
        "1.2.0-rc1",
        "1.3.0-rc1",
    ]


def test_only_inactive_takes_the_status_of_the_hub() -> None:
    tags = (make_listed_tag("a", 1, is_inactive=True), make_listed_tag("b", 2))
    assert select_names(*tags, only_inactive=True) == ["a"]


def test_keep_newest_counts_over_all_tags_whatever_the_delete_rules_match() -> None:
    tags = (
        make_listed_tag("1.0.0", 1, age=400),
        make_listed_tag("1.1.0", 2, age=300),
        make_listed_tag("1.2.0", 3, age=5),
    )
    assert select_names(*tags, older_than=180, keep_newest=2) == ["1.0.0"]
    assert select_names(*tags, older_than=180, keep_newest=1) == ["1.0.0", "1.1.0"]


@pytest.mark.parametrize(
    ("per", "deleted"),
    [
        ("family", ["1.0.0", "1.0.1", "1.1.0", "2.0.0", "x"]),
        ("major", ["1.0.0", "1.0.1", "2.0.0", "x"]),
        ("minor", ["1.0.0", "x"]),
        ("repository", ["1.0.0", "1.0.1", "1.1.0", "2.0.0", "2.1.0"]),
    ],
)
def test_keep_newest_per_group(per: str, deleted: list[str]) -> None:
    names = ["1.0.0", "1.0.1", "1.1.0", "2.0.0", "2.1.0"]
    tags = [make_listed_tag(name, number, age=100 - number) for number, name in enumerate(names, 1)]
    tags.append(make_listed_tag("x", 9, age=50))
    found = select_names(*tags, delete_matching=["*"], keep_newest=1, keep_newest_per=per)
    assert found == deleted


def test_prereleases_take_no_place_of_stable_versions() -> None:
    names = ["1.0.0", "1.1.0", "1.2.0-rc.1", "1.2.0-rc.2", "1.2.0-rc.3"]
    deleted = select_names(*names, delete_matching=["*"], keep_newest=2)
    assert deleted == ["1.2.0-rc.1"]


def test_version_order_counts_and_not_the_time_of_the_push() -> None:
    tags = (make_listed_tag("1.10.0", 1, age=300), make_listed_tag("1.9.0", 2, age=10))
    assert select_names(*tags, delete_matching=["*"], keep_newest=1) == ["1.9.0"]


def test_dates_are_grouped_by_year_and_month() -> None:
    names = ["20260101", "20260115", "20260201", "20250101"]
    deleted = select_names(*names, delete_matching=["*"], keep_newest=1, keep_newest_per="minor")
    assert deleted == ["20260101"]
    deleted = select_names(*names, delete_matching=["*"], keep_newest=1, keep_newest_per="major")
    assert sorted(deleted) == ["20260101", "20260115"]


def test_signatures_do_not_count_as_newest_pushes() -> None:
    signature = f"sha256-{'e' * 64}.sig"
    tags = (make_listed_tag("a", 1, age=50), make_listed_tag(signature, 2, age=2))
    deleted = select_names(*tags, delete_matching=["*"], keep_newest=1, keep_newest_per="repository")
    assert deleted == [signature]


def test_latest_is_kept_with_the_version_that_it_is() -> None:
    tags = (make_listed_tag("latest", 1), make_listed_tag("1.2", 1), make_listed_tag("1.1", 2))
    selection = select(make_snapshot(*tags), delete_matching=["*"])
    assert [tag.name for tag in selection.deleted] == ["1.1"]
    assert selection.kept == {"latest": KeepReason.MATCHING, "1.2": KeepReason.SAME_DIGEST}


def test_two_tags_on_one_index_stay_together() -> None:
    tags = (make_listed_tag("a", 1, parts=[11]), make_listed_tag("b", 1, parts=[11]))
    assert select_names(*tags, delete_matching=["a"]) == []
    assert select_names(*tags, "c", delete_matching=["a", "b"]) == ["a", "b"]


def test_an_image_that_is_tagged_alone_stays_with_its_index() -> None:
    tags = (make_listed_tag("1.0", 1, parts=[11, 12]), make_listed_tag("1.0-arm64", 12))
    selection = select(make_snapshot(*tags), delete_matching=["*-arm64"])
    assert selection.kept["1.0-arm64"] is KeepReason.PART
    assert not selection.deleted


def test_an_index_may_go_while_its_image_stays() -> None:
    tags = (make_listed_tag("old", 1, parts=[11]), make_listed_tag("arm64", 11))
    assert select_names(*tags, delete_matching=["old"]) == ["old"]


@pytest.mark.parametrize("suffix", ["", ".sig", ".att", ".sbom"])
@pytest.mark.parametrize("subject", [1, 11])
def test_signatures_of_a_kept_image_stay(suffix: str, subject: int) -> None:
    signature = make_digest(subject).replace(":", "-") + suffix
    tags = (make_listed_tag("1.0", 1, parts=[11]), make_listed_tag(signature, 50), "other")
    assert select_names(*tags, delete_matching=["sha256-*"]) == []
    assert select_names(*tags, delete_matching=["sha256-*", "1.0"]) == ["1.0", signature]


def test_a_chain_of_protection_is_followed_to_its_end() -> None:
    signature = make_digest(12).replace(":", "-") + ".att"
    tags = (
        make_listed_tag("kept", 1, age=1, parts=[11]),
        make_listed_tag("nested", 11, parts=[12]),
        make_listed_tag(signature, 13),
        make_listed_tag("copy-of-signature", 13),
    )
    assert select_names(*tags, older_than=180) == []


def test_undated_tags_have_their_own_reason() -> None:
    tags = (make_listed_tag("ancient", 1, age=None, pulled=3000), "b")
    selection = select(make_snapshot(*tags), delete_matching=["ancient"], older_than=30)
    assert selection.kept["ancient"] is KeepReason.UNDATED
    assert select_names(*tags, delete_matching=["ancient"], older_than=30, undated="old") == ["ancient"]


def test_immutable_tags_stay_and_those_that_may_be() -> None:
    snapshot = make_snapshot("a", "b", "c", immutable=frozenset({"a"}), perhaps_immutable=frozenset({"b"}))
    selection = select(snapshot, delete_matching=["*"], keep_matching=[])
    assert [tag.name for tag in selection.deleted] == ["c"]
    assert list(selection.kept.values()) == [KeepReason.IMMUTABLE, KeepReason.PERHAPS_IMMUTABLE]


def test_young_tags_and_tags_pulled_lately_stay() -> None:
    tags = (
        make_listed_tag("young", 1, age=0.5),
        make_listed_tag("used", 2, pulled=3),
        make_listed_tag("old", 3, pulled=300),
    )
    selection = select(make_snapshot(*tags), delete_matching=["*"], keep_pulled_within=30)
    assert selection.kept == {"young": KeepReason.YOUNG, "used": KeepReason.PULLED}
    assert select_names(*tags, delete_matching=["young"], keep_younger_than=0) == ["young"]


def test_a_limit_takes_the_oldest_first_and_tags_of_one_digest_together() -> None:
    tags = (
        make_listed_tag("new", 1, age=100),
        make_listed_tag("old", 2, age=300),
        make_listed_tag("older", 3, age=400),
        make_listed_tag("alias-of-older", 3, age=50),
    )
    selection = select(make_snapshot(*tags, "kept"), delete_excluding=["kept"], max_delete=2)
    assert [tag.name for tag in selection.deleted] == ["older", "alias-of-older"]
    assert selection.left_over == 2
    selection = select(make_snapshot(*tags, "kept"), delete_excluding=["kept"], max_delete=1)
    assert [tag.name for tag in selection.deleted] == ["old"]


def test_every_tag_is_taken_whatever_the_limit() -> None:
    assert select(make_snapshot("a", "b", "c"), delete_matching=["*"], max_delete=1).takes_every_tag
    assert not select(make_snapshot("a", "latest"), delete_matching=["*"]).takes_every_tag
    assert not select(make_snapshot(), delete_matching=["*"]).takes_every_tag
    signature = f"sha256-{'e' * 64}"
    assert select(make_snapshot("a", signature), delete_matching=["a"]).takes_every_tag
    assert not select(
        make_snapshot("a", unread_names=("b",), has_all_names=True), delete_matching=["*"]
    ).takes_every_tag


def test_of_an_incomplete_list_signatures_of_unknown_images_stay() -> None:
    signature = f"sha256-{'e' * 64}.sig"
    tags = ("a", signature, "b")
    assert signature in select_names(*tags, delete_matching=["sha256-*"])
    selection = select(make_snapshot(*tags, unread_names=("c",)), delete_matching=["sha256-*"])
    assert selection.kept[signature] is KeepReason.UNKNOWN_SUBJECT
    assert selection.kept["c"] is KeepReason.UNREAD


def test_unread_names_count_as_versions() -> None:
    snapshot = make_snapshot("1.0.0", "1.1.0", unread_names=("1.2.0",))
    assert [tag.name for tag in select(snapshot, delete_matching=["*"], keep_newest=1).deleted] == [
        "1.0.0",
        "1.1.0",
    ]
    assert [tag.name for tag in select(snapshot, only_superseded=True).deleted] == ["1.0.0", "1.1.0"]


def test_each_rule_is_counted_by_itself() -> None:
    tags = (make_listed_tag("dev-1", 1, age=200), make_listed_tag("dev-2", 2, age=20), "1.0")
    selection = select(make_snapshot(*tags), delete_matching=["dev-*"], older_than=180)
    assert selection.matched == {"delete_matching": 2, "older_than": 2}
    assert selection.matched_by_all == 1


def test_durations_beyond_all_time_match_nothing_and_keep_everything() -> None:
    tags = ("a", "b")
    huge = timedelta.max.days
    assert select_names(*tags, older_than=huge) == []
    assert select_names(*tags, delete_matching=["a"], keep_younger_than=huge) == []
    assert NOW.tzinfo is not None

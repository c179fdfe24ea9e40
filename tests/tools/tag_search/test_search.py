"""Searches among made-up tags: criteria, order, groups, and turns for other tasks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dockerhub_mcp.tools.images.tag_facts import TagListing
from dockerhub_mcp.tools.tag_search.criteria import Criteria, Order
from dockerhub_mcp.tools.tag_search.globs import GlobSet
from dockerhub_mcp.tools.tag_search.grouping import GroupKind
from dockerhub_mcp.tools.tag_search.notes import explain_outcome
from dockerhub_mcp.tools.tag_search.presentation import present_tags
from dockerhub_mcp.tools.tag_search.search import merge_listings, search_listing, search_tags
from dockerhub_mcp.tools.tag_versions.ranges import VersionRange
from dockerhub_mcp.tools.tag_versions.selection import parse_tag
from tests.support.tag_listings import NOW, make_digest, make_image, make_listing, make_tag


def search(listing: TagListing, **criteria: Any) -> list[str]:
    return [match.name for match in search_listing(listing, Criteria(NOW, **criteria)).matches]


def explain(listing: TagListing, **criteria: Any) -> str:
    wanted = Criteria(NOW, **criteria)
    return "\n".join(explain_outcome(listing, wanted, search_listing(listing, wanted)))


def choose(version: str) -> dict[str, Any]:
    return {"version": VersionRange.parse(version), "stable": True, "order": "version"}


# Versions


def test_a_range_drops_what_is_no_version_and_orders_by_version() -> None:
    listing = make_listing("latest", "7.4", "7.4.9", "7.4.10", "8.0.1", "7.2.1", "7.4.10-alpine", "main")
    assert search(listing, **choose("<8")) == ["7.4.10", "7.4.10-alpine", "7.4.9", "7.4", "7.2.1"]


def test_dates_are_no_versions_of_a_range() -> None:
    assert search(make_listing("20260127", "3.22", "3.21"), **choose(">=3")) == ["3.22", "3.21"]


def test_stable_drops_prereleases_and_says_so() -> None:
    listing = make_listing("8.0.0", "8.1.0-rc.1", "8.1.0-rc.2")
    assert search(listing, **choose(">=8")) == ["8.0.0"]
    assert "2 prereleases are left out; stable=false shows them." in explain(listing, **choose(">=8"))
    unstable = choose(">=8") | {"stable": False}
    assert search(listing, **unstable) == ["8.1.0-rc.2", "8.1.0-rc.1", "8.0.0"]


def test_a_release_with_the_image_of_a_prerelease_is_marked() -> None:
    listing = make_listing(make_tag("26", image=1), make_tag("26-ea", image=1), make_tag("25", image=2))
    criteria = Criteria(NOW, **choose(">=17"))
    outcome = search_listing(listing, criteria)
    rows, _ = present_tags(outcome.matches, criteria, outcome.report.prerelease_digests)
    assert [(row.tag, row.remarks) for row in rows] == [("26", "same image as 26-ea"), ("25", None)]


def test_versions_above_latest_are_prereleases_whatever_their_name() -> None:
    listing = make_listing(
        make_tag("latest", image=1), make_tag("8.4.1", image=1), make_tag("9.0.0", image=2), "8.3.0"
    )
    assert search(listing, **choose(">=8")) == ["8.4.1", "8.3.0"]
    assert "Left out as above latest, perhaps a prerelease: 9.0.0; stable=false shows them." in explain(
        listing, **choose(">=8")
    )
    outcome = search_listing(listing, Criteria(NOW, order="version"))
    rows, _ = present_tags(outcome.matches, Criteria(NOW, order="version"))
    assert {row.tag: row.remarks for row in rows}["9.0.0"] == "above latest, perhaps a prerelease"


@pytest.mark.parametrize(
    ("latest_age", "age"), [(200, 10), (900, 890)], ids=["much older than the version", "old itself"]
)
def test_a_latest_that_was_left_behind_says_nothing_about_higher_versions(latest_age: int, age: int) -> None:
    listing = make_listing(
        make_tag("latest", image=1, age=latest_age),
        make_tag("8.4.1", image=1, age=latest_age),
        make_tag("9.0.0", image=2, age=age),
    )
    assert search(listing, **choose(">=8")) == ["9.0.0", "8.4.1"]


def test_artifacts_and_old_formats_are_marked() -> None:
    tags = (
        replace(make_tag("chart"), content_type="helm"),
        replace(make_tag("old"), media_type="application/vnd.docker.distribution.manifest.v1+prettyjws"),
        replace(make_tag("empty"), platforms=()),
    )
    rows, _ = present_tags(search_listing(make_listing(*tags), Criteria(NOW)).matches, Criteria(NOW))
    assert [row.remarks for row in rows] == [
        "helm",
        "schema 1, which current engines cannot pull",
        "no images",
    ]


def test_a_family_is_compared_within_itself() -> None:
    version = parse_tag("8.2-alpine3.21")
    assert version is not None
    names = ["8.2-alpine3.22", "8.4-alpine3.22", "8.4-alpine", "8.4.1-alpine3.22", "8.4-bookworm"]
    family = {"family": version.family, "order": "version"}
    assert search(make_listing(*names), **family) == ["8.4-alpine3.22", "8.2-alpine3.22"]


def test_a_range_that_matches_nothing_names_the_families() -> None:
    listing = make_listing("8.0.0", "8.1.0", "8.1", "8.1-alpine", "latest")
    text = explain(listing, **choose(">=9"))
    assert "N.N.N (2, newest 8.1.0)" in text
    assert "N.N-alpine (1, newest 8.1-alpine)" in text
    assert "in turn: version 0, stable 0." in text
    assert "None of the tags is a version." in explain(make_listing("latest", "main"), **choose(">=9"))


def test_order_by_version_keeps_tags_that_are_no_versions_behind() -> None:
    listing = make_listing("main", "8.0", "latest", "9.0")
    assert search(listing, order="version") == ["9.0", "8.0", "main", "latest"]


# Names


def test_names_are_matched_and_excluded() -> None:
    listing = make_listing("8.2", "8.2-alpine", "8.2-alpine3.22", "8.2-slim")
    assert search(listing, matching=GlobSet(["8.2-*"]), excluding=GlobSet(["*-alpine*"])) == ["8.2-slim"]


def test_a_glob_without_wildcards_that_matches_nothing_is_explained() -> None:
    text = explain(make_listing("8.2-alpine"), matching=GlobSet(["alpine"]))
    assert "'*alpine*' finds it anywhere" in text
    assert "'.*' is a dot" in explain(make_listing("8"), matching=GlobSet(["alpine.*"]))


# Digests

INDEX, AMD64, ARM64 = make_digest(1), f"sha256:{'b' * 64}", f"sha256:{'c' * 64}"
IMAGES = (make_image("linux/amd64", digest=AMD64), make_image("linux/arm64/v8", digest=ARM64))


def test_a_digest_is_that_of_the_index_or_of_an_image() -> None:
    listing = make_listing(make_tag("8.2", image=1, platforms=IMAGES), make_tag("8.1", image=2))
    assert search(listing, digest=INDEX[:19]) == ["8.2"]
    assert search(listing, digest=ARM64) == ["8.2"]
    assert "It is the digest of the linux/arm64/v8 image" in explain(listing, digest=ARM64)
    assert "digest of the" not in explain(listing, digest=INDEX)
    assert search(listing, digest=f"sha256:{'d' * 64}") == []
    assert "A tag moves on" in explain(listing, digest=f"sha256:{'d' * 64}")


def test_an_ambiguous_digest_is_said_to_be_so() -> None:
    first, second = f"sha256:{'e' * 60}0000", f"sha256:{'e' * 60}1111"
    tags = replace(make_tag("1"), digest=first), replace(make_tag("2"), digest=second)
    text = explain(make_listing(*tags), digest=f"sha256:{'e' * 12}")
    assert "Several digests begin like this: " in text
    assert "Give more characters." in text
    assert f"{'e' * 60}0000, {'e' * 60}1111" in text


def test_the_names_of_an_image_have_the_most_exact_version_first() -> None:
    names = ["latest", "8", "8.2.3-trixie", "8.2", "8.2.3", "trixie"]
    listing = make_listing(*(make_tag(name, image=1) for name in names), "7.4.7")
    found = search(listing, index_digest=INDEX, order="exact")
    assert found == ["8.2.3", "8.2.3-trixie", "8.2", "8", "latest", "trixie"]


# Platforms and sizes

SMALL, LARGE = make_image("linux/arm64/v8", size=10), make_image("linux/arm64/v8", size=90)


@pytest.mark.parametrize(("order", "names"), [("smallest", ["a", "b", "c"]), ("largest", ["b", "a", "c"])])
def test_sizes_are_those_of_the_platform(order: Order, names: list[str]) -> None:
    unknown = make_image("linux/arm64/v8", size=None)
    listing = make_listing(
        make_tag("a", platforms=[make_image("linux/amd64", size=999), SMALL]),
        make_tag("b", platforms=[make_image("linux/amd64", size=1), LARGE]),
        make_tag("c", platforms=[unknown]),
        make_tag("d", platforms=[make_image("linux/amd64", size=5)]),
    )
    assert search(listing, architecture="arm64", order=order) == names


def test_of_several_variants_the_highest_counts_unless_one_is_named() -> None:
    six, seven = make_image("linux/arm/v6", size=6), make_image("linux/arm/v7", size=7)
    listing = make_listing(make_tag("both", platforms=[seven, six]), make_tag("one", platforms=[seven]))
    rows, _ = present_tags(
        search_listing(listing, Criteria(NOW, architecture="arm")).matches, Criteria(NOW, architecture="arm")
    )
    assert [row.platform_sizes for row in rows] == [{"linux/arm/v7": 7}] * 2
    named = Criteria(NOW, architecture="arm", variant="v6")
    rows, _ = present_tags(search_listing(listing, named).matches, named)
    assert [(row.tag, row.platform_sizes) for row in rows] == [("both", {"linux/arm/v6": 6})]


def test_the_operating_system_is_that_of_the_same_image() -> None:
    windows = make_image("windows(10.0.20348.1)/amd64")
    listing = make_listing(
        make_tag("w", platforms=[windows, make_image("linux/arm64")]), make_tag("l", platforms=[SMALL])
    )
    assert search(listing, os="windows") == ["w"]
    assert search(listing, os="windows", architecture="arm64") == []
    assert "Platforms here: linux/arm64, windows/amd64." in explain(
        listing, os="windows", architecture="arm64"
    )
    assert "architecture 'sparc'" in explain(listing, architecture="sparc")


def test_platforms_are_shown_where_they_differ() -> None:
    usual = [make_image("linux/amd64"), make_image("linux/arm64/v8")]
    listing = make_listing(
        make_tag("a", platforms=usual),
        make_tag("b", platforms=[*usual]),
        make_tag("c", platforms=[make_image("linux/amd64"), make_image("linux/riscv64")]),
    )
    rows, platforms = present_tags(search_listing(listing, Criteria(NOW)).matches, Criteria(NOW))
    assert platforms == ["amd64", "arm64/v8"]
    assert [row.other_platforms for row in rows] == [None, None, ["+riscv64", "-arm64/v8"]]
    same = make_listing(make_tag("a", platforms=usual), make_tag("b", platforms=usual))
    rows, platforms = present_tags(search_listing(same, Criteria(NOW)).matches, Criteria(NOW))
    assert (platforms, [row.other_platforms for row in rows]) == ([], [None, None])


# Dates


def test_pushes_before_and_after() -> None:
    listing = make_listing(make_tag("new", age=1), make_tag("middle", age=20), make_tag("old", age=300))
    assert search(listing, pushed_after=NOW - timedelta(days=30)) == ["new", "middle"]
    assert search(listing, pushed_before=NOW - timedelta(days=10)) == ["middle", "old"]
    assert search(listing, pushed_after=NOW - timedelta(days=20)) == ["new", "middle"], "at the moment itself"
    assert search(listing, order="oldest") == ["old", "middle", "new"]


def test_a_tag_that_was_never_pulled_counts_by_its_push() -> None:
    listing = make_listing(
        make_tag("used", age=300, pulled=5),
        make_tag("unused", age=300, pulled=100),
        make_tag("never", age=300),
        make_tag("fresh", age=5),
        replace(make_tag("unknown"), pushed_at=None),
    )
    criteria = Criteria(NOW, unused_for=timedelta(days=90))
    outcome = search_listing(listing, criteria)
    assert [match.name for match in outcome.matches] == ["unused", "never"]
    rows, _ = present_tags(outcome.matches, criteria)
    assert [row.pulled for row in rows] == [NOW - timedelta(days=100), None]
    assert "pulled" in rows[1].model_fields_set, "so that it is shown as never"
    assert search(listing, unused_for=timedelta.max) == []


# Names without facts


def test_names_without_facts_match_by_name_only() -> None:
    listing = make_listing("8.0.1", further_names=["7.4.1", "6.0.0", "main"])
    assert search(listing, **choose("<8")) == ["7.4.1", "6.0.0"]
    with_digest = Criteria(NOW, architecture="amd64")
    outcome = search_listing(listing, with_digest)
    assert [match.name for match in outcome.matches] == ["8.0.1"]
    assert "Of 3 further tags only the names are known; they may match too." in "\n".join(
        explain_outcome(listing, with_digest, outcome)
    )


def test_a_part_completes_a_listing() -> None:
    whole = replace(
        make_listing(make_tag("latest", age=1), further_names=["8-alpine", "7"]), incomplete_reason="cut"
    )
    part = make_listing(make_tag("8-alpine", age=3))
    merged = merge_listings(whole, part)
    assert [tag.name for tag in merged.tags] == ["latest", "8-alpine"]
    assert (merged.is_complete, merged.incomplete_reason, merged.further_names) == (True, "", ())
    cut = merge_listings(whole, replace(part, is_complete=False, incomplete_reason="cut too"))
    assert (cut.is_complete, cut.incomplete_reason, cut.further_names) == (False, "cut too", ("7",))


# Groups


def group(
    listing: TagListing, kind: GroupKind, order: str = "", **criteria: Any
) -> list[tuple[str, int, str]]:
    outcome = search_listing(listing, Criteria(NOW, **criteria), kind, order)
    return [(each.name, len(each.matches), each.newest.name) for each in outcome.groups]


def test_a_series_is_a_major_and_minor_version() -> None:
    listing = make_listing(
        make_tag("8.2.1", age=1),
        make_tag("8.2.0", age=9),
        make_tag("8.2", age=1),
        make_tag("8", age=1),
        make_tag("8.2.1-alpine", age=1),
        make_tag("8.0.9", age=5),
        make_tag("latest", age=1),
    )
    assert group(listing, "series") == [("8.2", 4, "8.2.1"), ("8.0", 1, "8.0.9")]
    outcome = search_listing(listing, Criteria(NOW), "series")
    assert [match.name for match in outcome.ungrouped] == ["8", "latest"]
    text = "\n".join(explain_outcome(listing, Criteria(NOW), outcome, "series"))
    assert "In no group, being of several series or of none: 8, latest." in text


def test_a_series_is_a_major_version_where_releases_have_two_numbers() -> None:
    listing = make_listing(
        make_tag("16.10", age=1), make_tag("16.9", age=90), make_tag("9.6.24", age=900), "16"
    )
    assert group(listing, "series") == [("16", 3, "16.10"), ("9.6", 1, "9.6.24")]


@pytest.mark.parametrize(
    ("names", "series"),
    [
        (["24.04", "22.04"], ["24.04", "22.04"]),
        (["2026.2.1", "2026.2.0", "2025.12.3"], ["2026.2", "2025.12"]),
        (["bookworm-20260202", "bookworm-20260101"], ["bookworm-2026.02", "bookworm-2026.01"]),
        (["main-1477808", "main-528c62a"], []),
    ],
)
def test_series_of_other_schemes(names: list[str], series: list[str]) -> None:
    assert [name for name, _, _ in group(make_listing(*names), "series", "version")] == series


def test_the_newest_of_a_series_is_a_release_if_there_is_one() -> None:
    listing = make_listing("8.2.1", "8.2.2-rc.1", "8.4.0-rc.1")
    assert group(listing, "series", "version") == [("8.4", 1, "8.4.0-rc.1"), ("8.2", 2, "8.2.1")]


def test_images_are_groups_of_their_names() -> None:
    listing = make_listing(
        make_tag("latest", image=1),
        make_tag("8.2", image=1),
        make_tag("8.0", image=2),
        replace(make_tag("old"), digest=""),
    )
    assert group(listing, "digest") == [(make_digest(1), 2, "8.2"), (make_digest(2), 1, "8.0")]


def test_families_are_ordered_by_their_size_on_request() -> None:
    listing = make_listing("1.0.1", "1.0.2", "1.0", "1.0.1-alpine")
    assert group(listing, "family", "count")[0] == ("N.N.N", 2, "1.0.2")
    assert {name for name, _, _ in group(listing, "family")} == {"N.N.N", "N.N", "N.N.N-alpine"}


# Time


async def test_other_tasks_get_their_turns_while_many_tags_are_searched() -> None:
    suffixes = ["", "-alpine3.22", "-bookworm", "-rc.1"]
    names = [f"{n // 400}.{n // 20 % 20}.{n % 20}{suffix}" for n in range(2_500) for suffix in suffixes]
    listing, turns = make_listing("latest", *names), 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    other = asyncio.create_task(take_turns())
    outcome = await search_tags(listing, Criteria(NOW, **choose(">=2")), "series")
    other.cancel()
    assert len(outcome.groups) > 20
    assert turns > 20


@pytest.mark.parametrize(("glob", "is_hinted"), [("lat", True), ("latest", False)])
def test_the_hint_on_globs_is_given_where_no_name_matches(glob: str, is_hinted: bool) -> None:
    listing = make_listing("latest", "8.2")
    text = explain(listing, matching=GlobSet([glob]), pushed_after=NOW + timedelta(days=1))
    assert ("A glob matches the whole name" in text) is is_hinted

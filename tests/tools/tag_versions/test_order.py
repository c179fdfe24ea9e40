"""Families of tags and their order."""

from __future__ import annotations

import sys
from itertools import combinations
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.tools.tag_versions.selection import group_by_family, is_unstable_tag, parse_tag, series_of
from dockerhub_mcp.tools.tag_versions.tokens import split_tag
from tests.support.property_testing import examples

NEW_AND_OLD = """
8.0-alpine3.20-amd64 8.0-alpine3.18-amd64
21.0.4_9-jdk 21.0.4_7-jdk
4.0.13.2932-ls275 4.0.13.2932-ls274
1.10.0 1.9.9
16.10 16.9
18.04 16.04
v1.30.1 v1.30.0-rc.2
1.0.0 1.0.0-rc.10
1.0.0-rc.10 1.0.0-rc.9
1.0.0-rc.9 1.0.0-beta.9
2026.11.1 2025.12.9
2026-02-01 2026-01-31
RELEASE.2026-02-01T00-00-00Z RELEASE.2026-01-31T23-00-00Z
bookworm-20260202-slim bookworm-20260101-slim
16.4-2 16.4-1
13.2.0-cudnn8-runtime-ubuntu22.04 13.2.0-cudnn8-runtime-ubuntu20.04
8.0-windowsservercore-ltsc2022 8.0-windowsservercore-ltsc2019
1.2.4-arm64 1.2.3_arm64
8.2.1-debian-12-r3 8.2.1-debian-11-r50
17.5.1-ce.0 17.5.0-rc42.ce.0
8u432-b06-jdk 8u422-b05-jdk
1.1.1w 1.1.1v
27.0.0.Final 27.0.0.Beta1
"""
DIFFERENT_FAMILIES = """
1.15-alpine-perl 1.12-alpine
v20210804 v3
20260127 3.22
bookworm-20260202 bookworm-20260202-slim
2026.1 11.2
1.2.3-arm64 1.2.3-amd64
3-alpine 3-slim
3-alpine 3-alpine3.24
1.2.3 1.2
202601 20260127
1.2.3-2 1.2.3-20260101
v1.2 1.2
"""
NO_VERSIONS = [
    "",
    "latest",
    "main",
    "0a1b2c3",
    "sha-0a1b2c3",
    "٣.١",
    "1" * 130,
    "alpine3.20",
    "stable-alpine",
]
UNSTABLE = """
1.2.3-0a1b2c3 nightly-20260101 pr-12 3.13.0b2-slim 22-ea-7-jdk 3.9.0-SNAPSHOT main 0a1b2c3 sha-0a1b2c3 edge
20240101-abcdef 1.2.3-5-g0a1b2c3 1.0-M3
"""
STABLE = (
    "21.0.4_9-jdk 4.0.13.2932-ls275 27-git 8u432-b06-jdk 1.1.1w 26.1.0.Final latest 3-alpine stable-alpine"
)
LABELS = {
    "1.2.3-alpine3.22": "N.N.N-alpineN",
    "v1.2": "vN.N",
    "bookworm-20260202-slim": "bookworm-YYYYMMDD-slim",
    "2026.11.1": "YYYY.N.N",
    "8.2.1-debian-12-r3": "N.N.N-debian-N-rN",
    "RELEASE.2026-02-01T00-00-00Z": "release-YYYY-MM-DDThh-mm-ssZ",
}
SERIES = {
    "8.2.1": "8.2",
    "8-alpine": "8",
    "24.04": "24.04",
    "2026.11.1": "2026.11",
    "bookworm-20260202-slim": "2026.02",
}
PIECES = [
    "1", "2", "10", "1.2", "1.10", "v1.2", "2026", "20260101", "2026-02-01", "alpine", "alpine3.20", "rc", "rc1", "b2",
    "-", "_", ".", "dev", "0a1b2c3", "arm64", "x86_64", "r3", "slim", "Final", "T", "v", "u", "01",
]  # fmt: skip
TAGS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
SEPARATED = st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("-".join)


def _rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()]


@pytest.mark.parametrize(("new", "old"), _rows(NEW_AND_OLD))
def test_order(new: str, old: str) -> None:
    newer, older = parse_tag(new), parse_tag(old)
    assert newer is not None
    assert older is not None
    assert newer.family == older.family
    assert newer.sort_key > older.sort_key
    assert newer.is_newer_than(older)
    assert not older.is_newer_than(newer)


@pytest.mark.parametrize(("one", "other"), _rows(DIFFERENT_FAMILIES))
def test_different_families(one: str, other: str) -> None:
    first, second = parse_tag(one), parse_tag(other)
    assert first is not None
    assert second is not None
    assert first.family != second.family
    assert not first.is_newer_than(second)
    assert first.family.label != second.family.label


@pytest.mark.parametrize("tag", NO_VERSIONS)
def test_no_version(tag: str) -> None:
    assert parse_tag(tag) is None


@pytest.mark.parametrize("tag", UNSTABLE.split())
def test_unstable(tag: str) -> None:
    assert is_unstable_tag(tag)


@pytest.mark.parametrize("tag", STABLE.split())
def test_stable(tag: str) -> None:
    assert not is_unstable_tag(tag)


@pytest.mark.parametrize(("tag", "label"), LABELS.items())
def test_label(tag: str, label: str) -> None:
    version = parse_tag(tag)
    assert version is not None
    assert version.family.label == label


@pytest.mark.parametrize(("tag", "label"), SERIES.items())
def test_series(tag: str, label: str) -> None:
    version = parse_tag(tag)
    assert version is not None
    assert series_of(version).label == label


def test_one_version_spelt_apart_is_not_newer() -> None:
    one, other = parse_tag("1.2.3_arm64"), parse_tag("1.2.3-arm64")
    assert one is not None
    assert other is not None
    assert one.family == other.family
    assert not one.is_newer_than(other)
    assert not other.is_newer_than(one)
    assert one.sort_key != other.sort_key


def test_families_are_sorted_from_large_to_small_and_new_to_old() -> None:
    families = group_by_family(["latest", "1.9", "2-alpine", "1.10", "1.10"])
    assert [family.label for family in families] == ["N.N", "N-alpine"]
    assert [[version.tag for version in versions] for versions in families.values()] == [
        ["1.10", "1.9"],
        ["2-alpine"],
    ]


@examples(300)
@given(st.lists(TAGS | SEPARATED, max_size=12, unique=True))
def test_order_is_total(tags: list[str]) -> None:
    forwards, backwards = group_by_family(tags), group_by_family(tags[::-1])
    assert forwards == backwards
    for versions in forwards.values():
        for index, newer in enumerate(versions):
            for older in versions[index + 1 :]:
                assert newer.sort_key > older.sort_key
                assert not older.is_newer_than(newer)


@examples(500)
@given(st.text(max_size=140) | TAGS | SEPARATED | st.text("0123456789abcdefv.-_", max_size=128))
def test_any_text_is_split_without_loss(tag: str) -> None:
    parse_tag(tag)
    is_unstable_tag(tag)
    tokens = split_tag(tag)
    if tokens:
        # Each character is in exactly one token.
        assert "".join(token.text for token in tokens) == tag.lower()


def _count_steps(tag: str) -> int:
    """Return the number of lines of Python that parsing a tag executes."""
    steps = 0

    def count(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal steps
        steps += event == "line"
        return count

    previous = sys.gettrace()
    sys.settrace(count)
    try:
        parse_tag(tag)
    finally:
        sys.settrace(previous)
    return steps


@pytest.mark.parametrize("piece", ["-1", "-a", "-rc1", ".1", "-dev", "z1", "_0a1b2c3"])
def test_parsing_takes_linear_time(piece: str) -> None:
    single, double = (_count_steps("1" + piece * (size // len(piece))) for size in (60, 120))
    assert 0 < double <= single * 2.2


@examples(200)
@given(st.lists(TAGS | SEPARATED, max_size=12, unique=True))
def test_keys_of_all_families_can_be_compared(tags: list[str]) -> None:
    versions = [version for tag in tags if (version := parse_tag(tag)) is not None]
    keys = [version.sort_key for version in versions]
    assert all((one < other) != (other < one) for one, other in combinations(keys, 2))
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("tag", "is_version"),
    [
        ("main-1477808", False),
        ("feature-dev-1477808", False),
        ("main-528c62a", False),
        ("main-147780", True),
        ("main-20251101", True),
        ("release-1477808", True),
    ],
)
def test_a_number_behind_a_branch_that_may_be_a_commit_is_no_version(tag: str, is_version: bool) -> None:
    assert (parse_tag(tag) is not None) is is_version
    assert is_unstable_tag(tag) is not tag.startswith("release")

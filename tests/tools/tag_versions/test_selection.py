"""Choosing newer tags, and finding unreleased ones."""

from __future__ import annotations

import pytest

from dockerhub_mcp.tools.tag_versions.model import NewerTags
from dockerhub_mcp.tools.tag_versions.selection import find_newer, find_unreleased

CASES = [
    ("3.8.0", "3.8.0b1 3.8.0 3.8.1 3.9.0rc1 3.9 4", ("3.8.1", "3.8.1", "3.8.1")),
    (
        "8.2-alpine3.21",
        "8.2-alpine3.22 8.4-alpine3.22 9.0-alpine3.22 8.4-alpine 8.4.1-alpine3.22 8.4-bookworm 9.1-rc1-alpine3.22",
        ("8.2-alpine3.22", "8.4-alpine3.22", "9.0-alpine3.22"),
    ),
    (
        "1.25-alpine",
        "1.27-alpine 1.27-alpine3.20 1.27-alpine-slim 1.28.0-alpine",
        ("", "1.27-alpine", "1.27-alpine"),
    ),
    ("3", "4 3.1 5-rc1", ("", "", "4")),
    ("3.9.0rc1", "3.9.0rc2 3.10.0a1", ("3.9.0rc2", "3.9.0rc2", "3.9.0rc2")),
    ("nightly-20260101", "nightly-20260102 20260103", ("", "", "nightly-20260102")),
    ("3.13-dev", "3.14-dev 3.14", ("", "3.14-dev", "3.14-dev")),
    ("latest", "1.0", ("", "", "")),
]


@pytest.mark.parametrize(("tag", "candidates", "newer"), CASES)
def test_newer(tag: str, candidates: str, newer: tuple[str, str, str]) -> None:
    assert find_newer(tag, candidates.split()) == NewerTags(*newer)


def test_unreleased_tags_are_not_chosen() -> None:
    assert find_newer("8.2", ["8.4", "9.0"], unreleased={"9.0"}) == NewerTags("", "8.4", "8.4")


def test_tags_above_latest_are_unreleased() -> None:
    digests = {"latest": "a", "8.4.1": "a", "8": "a", "9": "b", "8.4": "c", "8.3.9": "d", "9.0-alpine": "e"}
    assert find_unreleased(digests.items()) == {"9"}


@pytest.mark.parametrize(
    "digests", [{"8": "a", "9": "b"}, {"latest": "c", "9": "b"}, {"latest": "", "8": "", "9": "b"}]
)
def test_nothing_is_unreleased_without_a_version_beside_latest(digests: dict[str, str]) -> None:
    assert find_unreleased(digests.items()) == frozenset()


@pytest.mark.parametrize(
    "digests",
    [
        {"latest": "a", "24.04": "a", "25.04": "b", "25.10": "c"},
        {"latest": "a", "2024.04": "a", "2025.10": "b"},
        {"latest": "a", "noble-20251101": "a", "noble-20251115": "b"},
    ],
)
def test_a_later_date_is_not_unreleased(digests: dict[str, str]) -> None:
    assert find_unreleased(digests.items()) == frozenset()


def test_two_digits_alone_are_no_date() -> None:
    digests = {"latest": "a", "11.8": "a", "12.1": "b", "12.10": "c"}
    assert find_unreleased(digests.items()) == {"12.1", "12.10"}

"""Kind: a pattern, a digest or a reference where the Hub filters by a part of a name."""

from __future__ import annotations

import pytest

from dockerhub_mcp.hub.api.name_filters import (
    normalize_repository_filter,
    normalize_tag_filter,
    validate_tag_name,
)
from dockerhub_mcp.hub.api.namespaces import normalize_namespace

DIGEST = "sha256:" + "5f" * 32

SAME = {
    "8.2": "8.2",
    "*alpine*": "alpine",
    ".*alpine.*": "alpine",
    "*": None,
    "**": None,
    ".*": None,
    "redis:8.2": "8.2",
    "library/redis:8.2": "8.2",
    "docker.io/library/redis:8.2": "8.2",
    "8.2-Alpine_x": "8.2-Alpine_x",
    "5f" * 32: "5f" * 32,  # legal as a tag name
}
WIDER = {
    "8.*": "8.",
    "*alpine": "alpine",
    "8.2*": "8.2",
    "8.*-alpine": "-alpine",
    "8.?": "8.",
    r"^8\.": "8.",
    "^8.*": "8",
    "latest$": "latest",
    r"^8\.2-alpine$": "8.2-alpine",
    "alpine.*": "alpine",
    "/^v1/": "v1",
    "v[0-9]*-rc": "-rc",
}
IMPOSSIBLE = {
    DIGEST: "is a digest",
    "@" + DIGEST: "is a digest",
    "sha512:" + "0" * 20: "is a digest",
    "(8|9)": "is a pattern",
    r"\w+": "is a pattern",
    "8.2,8.4": "call once for each",
    "8.2 alpine": "no tag name contains ' '",
    "nginx:1": "no tag name contains ':'",
    "acme/app": "no tag name contains '/'",
}


def test_patterns_with_the_meaning_of_a_substring_are_sent_without_a_note() -> None:
    for given, expected in SAME.items():
        notes: list[str] = []
        assert normalize_tag_filter(given, "redis", notes) == expected, given
        assert notes == [], given


def test_patterns_that_match_less_than_their_substring_are_noted() -> None:
    for given, expected in WIDER.items():
        notes: list[str] = []
        assert normalize_tag_filter(given, "redis", notes) == expected, given
        assert len(notes) == 1, given
        assert f"containing {expected!r}" in notes[0], given


def test_a_pattern_without_a_certain_part_lists_all_names_with_a_note() -> None:
    for given in ("[0-9]+", r"\d+", r"^\d*$", "[0-9].[0-9]", "?", "[a-z]*"):
        notes: list[str] = []
        assert normalize_tag_filter(given, "redis", notes) in {None, "."}, given
        assert len(notes) == 1, given


def test_filters_that_no_tag_name_can_match_are_refused() -> None:
    for given, message in IMPOSSIBLE.items():
        with pytest.raises(ValueError, match=r".") as caught:
            normalize_tag_filter(given, "redis", [])
        assert message in str(caught.value), given
        assert len(str(caught.value)) < 200, given


def test_repository_filters_are_in_lower_case_and_without_the_namespace() -> None:
    notes: list[str] = []
    for given, expected in {
        "Storefront": "storefront",
        "acme/storefront": "storefront",
        "ACME/Store": "store",
        "*api*": "api",
        "*": None,
    }.items():
        assert normalize_repository_filter(given, "Acme", notes) == expected, given
    assert notes == []
    with pytest.raises(ValueError, match="give namespace='other' and name='app'"):
        normalize_repository_filter("other/app", "acme", [])
    with pytest.raises(ValueError, match="no repository name contains ':'"):
        normalize_repository_filter("app:1.0", "acme", [])


def test_exact_tag_names_are_neither_digests_nor_patterns() -> None:
    for name in ("latest", "8.2-alpine", "5f" * 32, "latest?x=1#y", "a b"):
        assert validate_tag_name(name) == name
    with pytest.raises(ValueError, match="compare their digests"):
        validate_tag_name(DIGEST)
    for name, hint in {"8.*": "name='8'", "*-alpine": "name='alpine'", "*": "lists the tags"}.items():
        with pytest.raises(ValueError, match=r"one exact tag name") as caught:
            validate_tag_name(name)
        assert hint in str(caught.value)


def test_addresses_of_a_namespace_are_reduced_to_it() -> None:
    for given in (
        "ACME",
        "acme/",
        "@acme",
        "docker.io/acme",
        "https://hub.docker.com/u/acme",
        "https://hub.docker.com/u/acme?page=2",
        "hub.docker.com/orgs/acme/",
        "https://hub.docker.com/r/Acme",
    ):
        assert normalize_namespace(given) == "acme", given
    assert normalize_namespace("_") == "library"
    assert normalize_namespace("ÜBER") == "ÜBER"
    with pytest.raises(ValueError, match="without repository, such as 'acme'"):
        normalize_namespace("acme/app")

"""Kind: a word of the Hub in another case, spelling or number."""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.hub.api.filters import (
    BADGE_ALIASES,
    BADGES,
    CONTENT_TYPES,
    TYPE_ALIASES,
    describe_unknown_values,
    find_alias,
    normalize_list,
    normalize_slug,
)
from dockerhub_mcp.hub.methods import ListOrgMembers, ListRepositories, ListTags, SearchRepositories


def test_badges_are_found_under_their_usual_names() -> None:
    for given, expected in {
        "verified publisher": "verified_publisher",
        "Verified-Publisher": "verified_publisher",
        "verified": "verified_publisher",
        "Docker Official Image": "official",
        "OSS": "open_source",
        "Docker-Sponsored Open Source": "open_source",
        "DHI": "hardened",
        "official, verified": "official,verified_publisher",
        "official,official": "official",
        "gold": "gold",
    }.items():
        assert normalize_list(given, find_alias(BADGE_ALIASES)) == expected, given
    assert normalize_list(["Official", "oss"], find_alias(BADGE_ALIASES)) == "official,open_source"
    assert normalize_list(5, find_alias(BADGE_ALIASES)) == 5
    assert set(BADGE_ALIASES.values()) <= set(BADGES)


def test_types_are_found_under_their_usual_names() -> None:
    for given, expected in {
        "Images": "image",
        "Helm Charts": "helm",
        "PLUGINS": "plugin",
        "rpm": "rpm",
    }.items():
        assert normalize_list(given, find_alias(TYPE_ALIASES)) == expected, given


def test_categories_are_turned_into_slugs() -> None:
    for given in (
        "Databases & Storage",
        "databases and storage",
        "databases-and-storage",
        "Databases&Storage",
    ):
        assert normalize_slug(given) == "databases-and-storage", given


def test_choices_may_differ_in_case_and_separators() -> None:
    cases: list[tuple[Any, dict[str, Any], str, str]] = [
        (ListOrgMembers, {"org_name": "acme", "role": "Owner"}, "role", "owner"),
        (ListOrgMembers, {"org_name": "acme", "type": "ALL"}, "type", "all"),
        (ListRepositories, {"ordering": "Most Pulled"}, "ordering", "most_pulled"),
        (ListTags, {"repository": "redis", "ordering": "name-descending"}, "ordering", "name_descending"),
        (SearchRepositories, {"query": "x", "sort": "Pull Count"}, "sort", "pull_count"),
        (SearchRepositories, {"query": "x", "sort": "pull_count", "order": "DESC"}, "order", "desc"),
    ]
    for method, arguments, name, expected in cases:
        call = method.model_validate(arguments)
        assert getattr(call, name) == expected, arguments
        assert call.notes == (), arguments


def test_unknown_values_are_named_with_the_nearest_or_with_all() -> None:
    assert describe_unknown_values("badges", None, BADGES) == []
    assert describe_unknown_values("badges", "official", BADGES) == []
    assert "did you mean official" in describe_unknown_values("badges", "oficial", BADGES)[0]
    assert "there are image, plugin" in describe_unknown_values("content_types", "rpm", CONTENT_TYPES)[0]

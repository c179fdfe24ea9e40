"""Columns mean what they say: sizes, platforms and states, in texts and data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dockerhub_mcp.hub.models import Image
from dockerhub_mcp.sandbox import Sandbox
from tests.support.faulty_hub import Telling
from tests.support.fixture_types import MakeHub
from tests.support.recorded_results import TAGS, ask, ask_tags, image, items_of, table_of
from tests.support.result_text import parse_cell, parse_result

SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
SEVERAL = [
    image("linux/amd64", 47_000_000),
    image("linux/arm/v6", 31_000_000),
    image("linux/arm/v7", 29_000_000),
    image("linux/arm64/v8", 40_000_000),
    image("windows/amd64", 2_000_000_000, os_version="10.0.17763.5576"),
    image("windows/amd64", 1_900_000_000, os_version="10.0.20348.2322"),
    image("unknown/unknown", 9_999),
]


@pytest.fixture
def telling(sandbox: Sandbox, make_hub: MakeHub) -> Telling:
    return Telling(sandbox, make_hub)


# Sizes


@pytest.mark.parametrize(
    ("filters", "title", "cell", "other"),
    [
        ({"architecture": "arm64"}, "size (linux/arm64/v8)", "40MB", "none"),
        ({"architecture": "arm"}, "platform_sizes", "linux/arm/v6=31MB linux/arm/v7=29MB", "none"),
        ({"architecture": "amd64", "os": "linux"}, "size (linux/amd64)", "47MB", "3B"),
        ({"os": "windows"}, "platform_sizes", '"windows(10.0.17763.5576)/amd64"=2.0GB "windows(10.0.20348.2322)/amd64"=1.9GB', "none"),
    ],
)  # fmt: skip
async def test_under_a_filter_the_size_is_that_of_the_platform(
    telling: Telling, filters: dict[str, str], title: str, cell: str, other: str
) -> None:
    tag = {"name": "8", "full_size": 47_000_000, "images": SEVERAL}
    single = {"name": "7", "full_size": 3, "images": [image("linux/amd64", 3)]}
    result = await ask_tags(telling, tag, single, **filters)
    table = table_of(result)
    assert [row[title] for row in table.rows] == [cell, other]
    assert "full_size" not in result.text
    assert "platforms" not in table.columns
    data = items_of(result)[0]
    matching = [Image(**each) for each in SEVERAL]
    assert "full_size" not in data
    assert data["platform_sizes"] == {
        each.platform: each.size
        for each in matching
        if each.matches(filters.get("architecture"), filters.get("os"))
    }


async def test_an_unknown_size_of_a_platform_is_not_zero(telling: Telling) -> None:
    tags = [{"name": name, "images": [image("linux/arm/v6", None), *SEVERAL[2:3]]} for name in ("8", "9")]
    assert "linux/arm/v6=unknown" in (await ask_tags(telling, *tags, architecture="arm")).text


async def test_a_selected_size_stands_beside_that_of_the_filter(telling: Telling) -> None:
    tags = [{"name": name, "full_size": 47_000_000 + len(name), "images": SEVERAL} for name in ("8", "8.2")]
    result = await ask_tags(telling, *tags, architecture="arm64", fields=["name", "full_size"])
    for text in ("full_size (one platform)", "linux/arm64/v8", "40MB"):
        assert text in result.text


async def test_without_a_filter_the_text_says_that_the_size_is_of_one_platform(telling: Telling) -> None:
    tag = {"name": "8", "full_size": 47_000_000, "images": SEVERAL}
    for tags in ([tag], [tag, {**tag, "name": "9"}], [tag, {"name": "9", "full_size": 5}]):
        assert "full_size (one platform)" in (await ask_tags(telling, *tags)).text
    bare = await ask(telling, "get_tag", {"name": "8", "full_size": 47_000_000}, **TAGS, tag="latest")
    assert "full_size: 47000000 (47MB, one platform)" in bare.text
    each = await ask(telling, "get_tag", tag, **TAGS, tag="latest")
    assert "full_size" not in each.text  # the table has the size of each platform
    assert len(table_of(each, "images").rows) == len(SEVERAL) - 1


async def test_a_filter_that_the_hub_ignored_changes_no_column(telling: Telling) -> None:
    tag = {"name": "8", "full_size": 47_000_000, "images": SEVERAL[:1]}
    table = table_of(await ask_tags(telling, tag, architecture="riscv64"))
    assert (table.of("full_size"), table.of("platforms")) == (["47MB"], ["amd64"])


async def test_zero_and_missing_sizes_differ(telling: Telling) -> None:
    for size, shown in ((0, "0B"), (None, ""), (999_600_000, "1.0GB"), (-5, "-5B"), (999, "999B")):
        body = {"results": [{"name": "a", "storage_size": size}, {"name": "b", "storage_size": 10_000}]}
        table = table_of(await ask(telling, "list_repositories", body, namespace="acme"))
        assert table.of("storage_size") == [shown, "10kB"]


# Platforms and states


async def test_windows_images_show_their_version(telling: Telling) -> None:
    tag = {"name": "8", "images": SEVERAL}
    for result in (await ask_tags(telling, tag), await ask(telling, "get_tag", tag, **TAGS, tag="latest")):
        for text in (result.text, json.dumps(result.structured_content)):
            assert "windows(10.0.17763.5576)/amd64" in text
            assert "windows(10.0.20348.2322)/amd64" in text
            assert "unknown" not in text


REMARKS: list[tuple[dict[str, Any], str]] = [
    ({"images": []}, "no images"),
    ({"images": None}, "no images"),
    ({"images": [], "content_type": "helm"}, "no images"),
    ({"media_type": SCHEMA_1}, "schema 1, which current engines cannot pull"),
    ({"media_type": SCHEMA_1.replace("prettyjws", "json")}, "schema 1, which current engines cannot pull"),
    ({"images": [SEVERAL[0], image("linux/arm/v7", 1, status="inactive")]}, "inactive: linux/arm/v7"),
    ({"images": [image("linux/amd64", 1, status="inactive")]}, "all images inactive"),
    ({"images": [image("linux/amd64", 1, status="stale"), SEVERAL[1]]}, "stale: linux/amd64"),
    ({"images": SEVERAL[-1:]}, "attestations only"),
    ({"images": SEVERAL[-1:], "content_type": "helm"}, ""),
    ({"images": SEVERAL[:1]}, ""),
    ({"images": [image("linux/amd64", 1, status="inactive")], "tag_status": "inactive"}, ""),
    ({}, ""),
]


async def test_what_is_unusual_about_a_tag_is_told(telling: Telling) -> None:
    for fields, remark in REMARKS:
        tag = {"name": "8", "tag_status": "active", "content_type": "image", **fields}
        listed = await ask_tags(telling, tag)
        single = await ask(telling, "get_tag", tag, **TAGS, tag="latest")
        assert parse_result(single.text).fields.get("remarks", "").strip('"') == remark, fields
        assert (single.structured_content or {}).get("remarks", "") == remark, fields
        assert items_of(listed)[0].get("remarks", "") == remark, fields
        assert ("remarks" in listed.text) is bool(remark), fields
        assert remark in listed.text, fields


async def test_an_inactive_platform_is_marked_in_the_table_of_images(telling: Telling) -> None:
    tag = {"name": "8", "images": [SEVERAL[0], image("linux/arm/v7", 1, status="inactive")]}
    single = await ask(telling, "get_tag", tag, **TAGS, tag="latest")
    assert table_of(single, "images").of("status") == ["", "inactive"]


async def test_the_status_of_a_repository_is_named(telling: Telling) -> None:
    for fields, shown in (
        ({"status": 6, "status_description": "archived"}, "archived"),
        ({"status": 6}, "archived"),
        ({"status": 6, "status_description": "active"}, "archived"),
        ({"status": 1, "status_description": "active", "archived": True}, "archived"),
        ({"status": 0}, "inactive"),
        ({"status": 4}, "status 4"),
        ({"status": 1}, None),
        ({}, None),
    ):
        body = {"name": "storefront", "namespace": "acme", **fields}
        single = await ask(telling, "get_repository", body, **TAGS)
        listed = await ask(telling, "list_repositories", {"results": [body]}, namespace="acme")
        assert (single.structured_content or {}).get("status_description") == shown
        assert items_of(listed)[0].get("status_description") == shown
        for result in (single, listed):
            assert ("status_description" in result.text) is (shown is not None), fields
            assert (shown or "") in result.text


async def test_a_repository_with_schema_1_images_says_so(telling: Telling) -> None:
    body = {"name": "storefront", "media_types": [None, "application/octet-stream", SCHEMA_1]}
    result = await ask(telling, "get_repository", body, **TAGS)
    assert parse_cell(parse_result(result.text).fields["remarks"]).startswith("has images of schema 1")


async def test_immutable_rules_that_are_off_are_not_shown_as_rules(telling: Telling) -> None:
    for enabled, shown in ((False, "enabled=false"), (True, 'enabled=true rules=".*"')):
        settings = {"enabled": enabled, "rules": [".*"]}
        body = {"name": "storefront", "immutable_tags_settings": settings}
        result = await ask(telling, "get_repository", body, **TAGS)
        assert parse_result(result.text).fields["immutable_tags_settings"] == shown
        assert (result.structured_content or {})["immutable_tags_settings"] == settings


async def test_a_rule_that_matches_no_tag_says_so(telling: Telling) -> None:
    result = await ask(telling, "verify_immutable_tags", {"tags": []}, **TAGS, regex="x")
    assert parse_result(result.text).fields["tags"] == '"no tag matches"'

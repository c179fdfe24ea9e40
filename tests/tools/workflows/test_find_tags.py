"""The tool find_tags on the sandbox: real questions, bad input, and trouble."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.state import TagRecord
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.failures import failures_named
from tests.support.fixture_types import Clock, MakeHub
from tests.support.image_calls import make_image_context
from tests.support.tool_calls import call, make_context

MAX_TOKENS = 1000
REDIS = ("library", "redis")


def data_of(result: ToolResult) -> dict[str, Any]:
    assert not result.is_error, result.text
    assert result.structured_content is not None
    return result.structured_content


def tags_of(result: ToolResult) -> list[str]:
    return [row["tag"] for row in data_of(result)["tags"]]


def count_tokens(result: ToolResult) -> int:
    return len(result.text.encode()) // 4


def count_requests(sandbox: Sandbox) -> int:
    return sum("/auth/" not in request.path for request in sandbox.requests)


def find_record(sandbox: Sandbox, tag: str, repository: tuple[str, str] = REDIS) -> TagRecord:
    return next(record for record in sandbox.state.repositories[repository].tags if record.name == tag)


async def find_digest(make_hub: MakeHub, reference: str, architecture: str = "") -> str:
    data = data_of(await call(make_hub("owner"), "get_tag", repository=reference, detail="full"))
    if not architecture:
        return str(data["digest"])
    return next(str(image["digest"]) for image in data["images"] if image["architecture"] == architecture)


# Questions


async def test_newest_stable_below_8_not_alpine(make_hub: MakeHub) -> None:
    result = await call(
        make_hub("owner"), "find_tags", repository="redis", version="<8", excluding=["*alpine*"], limit=3
    )
    assert tags_of(result)[0] == "7.4.7"
    digest = await find_digest(make_hub, "redis:7.4.7")
    assert data_of(result)["pinned"] == f"redis:7.4.7@{digest}"
    assert f"pinned: redis:7.4.7@{digest}" in result.text
    assert data_of(result)["searched"] == 2528
    assert count_tokens(result) < 200


async def test_what_latest_really_is(make_hub: MakeHub, sandbox: Sandbox) -> None:
    result = await call(make_hub("owner"), "find_tags", repository="redis", same_as="latest")
    build = find_record(sandbox, "latest").build_key
    names = {record.name for record in sandbox.state.repositories[REDIS].tags if record.build_key == build}
    assert set(tags_of(result)) == names
    assert tags_of(result)[:3] == ["8.2.3", "8.2.3-trixie", "8.2"]
    assert data_of(result)["pinned"].startswith("redis:8.2.3@sha256:")
    assert count_tokens(result) < MAX_TOKENS


@pytest.mark.parametrize("architecture", ["", "arm64"], ids=["index", "image"])
@pytest.mark.parametrize("length", [12, 64], ids=["beginning", "whole"])
async def test_which_tag_has_this_digest(make_hub: MakeHub, architecture: str, length: int) -> None:
    digest = await find_digest(make_hub, "redis:6.0.9", architecture)
    prefix = digest.removeprefix("sha256:")[:length]
    result = await call(make_hub("owner"), "find_tags", repository="redis", digest=prefix)
    assert tags_of(result)[0] == "6.0.9"
    assert ("It is the digest of the linux/arm64/v8 image" in result.text) is bool(architecture)
    assert count_tokens(result) < MAX_TOKENS


async def test_which_series_are_maintained(make_hub: MakeHub) -> None:
    result = await call(make_hub("owner"), "find_tags", repository="redis", group_by="series")
    groups = data_of(result)["groups"]
    assert [group["series"] for group in groups][:1] == ["8.2"]
    assert {group["series"]: group["newest"] for group in groups}["6.2"] == "6.2.21"
    assert sum(group["tags"] for group in groups) < data_of(result)["matches"] == 2528
    assert data_of(result)["group_count"] == len(groups) == 13
    assert all(group["last_pushed"] for group in groups)
    assert count_tokens(result) < MAX_TOKENS


async def test_smallest_on_arm64(make_hub: MakeHub) -> None:
    result = await call(
        make_hub("owner"),
        "find_tags",
        repository="python",
        version="3.13.9",
        order="smallest",
        architecture="aarch64",
    )
    sizes = [row["platform_sizes"]["linux/arm64/v8"] for row in data_of(result)["tags"]]
    assert sizes == sorted(sizes)
    assert tags_of(result)[0].startswith("3.13.9-alpine")
    assert "size (linux/arm64/v8)" in result.text
    assert count_tokens(result) < MAX_TOKENS


async def test_newer_patches_of_a_tag(make_hub: MakeHub) -> None:
    result = await call(make_hub("owner"), "find_tags", repository="postgres", like="16.2", version="~16")
    assert tags_of(result)[0] == "16.10"
    assert all(name.startswith("16.") and "-" not in name for name in tags_of(result))


async def test_pushed_lately_reads_no_more_than_needed(make_hub: MakeHub, sandbox: Sandbox) -> None:
    result = await call(make_hub("owner"), "find_tags", repository="redis", pushed_after="7d", limit=100)
    week = 7 * 86400
    now = datetime.now(UTC).timestamp()
    expected = [record for record in sandbox.state.repositories[REDIS].tags if now - record.pushed_at < week]
    assert len(tags_of(result)) == data_of(result)["matches"] == len(expected)
    assert count_requests(sandbox) == 1
    assert data_of(result)["searched"] == 100
    assert data_of(result)["repository_tags"] == 2528
    assert "The others change nothing here." in result.text
    assert "PARTIAL" not in result.text


async def test_unused_tags_say_when_they_were_pulled(make_hub: MakeHub) -> None:
    result = await call(
        make_hub("owner"), "find_tags", repository="redis", not_pulled_for="90d", order="oldest", limit=10
    )
    assert "never" in result.text
    assert "pinned" not in data_of(result)
    assert data_of(result)["listed"] == 10
    assert data_of(result)["matches"] > 1000


async def test_names_are_filtered_by_the_hub(make_hub: MakeHub, sandbox: Sandbox) -> None:
    result = await call(make_hub("owner"), "find_tags", repository="nginx", matching=["*-perl"], limit=5)
    assert len(tags_of(result)) == 5
    assert all(name.endswith("-perl") for name in tags_of(result))
    assert all("name=-perl" in request.query for request in sandbox.requests if "/tags" in request.path)
    assert count_requests(sandbox) == 1


async def test_images_and_families_are_groups(make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    images = await call(hub, "find_tags", repository="redis", matching=["8.2.3*"], group_by="digest")
    first = data_of(images)["groups"][0]
    assert first["names"][0] == "8.2.3"
    assert first["digest"].startswith("sha256:")
    assert first["digest"] not in images.text, "texts show its beginning"
    assert first["digest"][7:19] in images.text
    families = await call(hub, "find_tags", repository="redis", group_by="family", limit=3)
    counts = [group["tags"] for group in data_of(families)["groups"]]
    assert counts == sorted(counts, reverse=True)
    assert data_of(families)["listed"] == 3


async def test_prereleases_are_left_out_where_versions_are_chosen(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    find_record(sandbox, "8.2.2").name = "8.3.0-rc.1"
    hub = make_hub("owner")
    arguments = {"repository": "redis", "version": ">=8.2", "matching": ["8.?.?", "*rc*"]}
    stable = await call(hub, "find_tags", **arguments)
    assert tags_of(stable)[0] == "8.2.3"
    assert "1 prerelease is left out; stable=false shows them." in stable.text
    every = await call(hub, "find_tags", **arguments, stable=False)
    assert tags_of(every)[0] == "8.3.0-rc.1"
    assert data_of(every)["tags"][0]["remarks"] == "prerelease"
    named = await call(hub, "find_tags", repository="redis", matching=["*-rc*"])
    assert tags_of(named) == ["8.3.0-rc.1"], "a name that is asked for is shown"
    like = await call(hub, "find_tags", repository="redis", like="8.3.0-rc.0", limit=1)
    assert tags_of(like) == ["8.3.0-rc.1"], "it is like a prerelease"


async def test_a_pasted_reference_is_taken(make_hub: MakeHub) -> None:
    result = await call(
        make_hub("owner"), "find_tags", repository="docker.io/library/redis:8.2", version="8", limit=1
    )
    assert data_of(result)["image"] == "redis"
    assert "The tag '8.2' in repository was ignored." in result.text


async def test_calls_share_one_walk_and_change_nothing(
    make_hub: MakeHub, sandbox: Sandbox, clock: Clock
) -> None:
    context = make_context(make_hub("owner"), cache=ResultCache(30, clock=clock))
    await call(context, "find_tags", repository="redis", same_as="latest")
    requests = count_requests(sandbox)
    for arguments in (
        {"group_by": "series"},
        {"version": "<8"},
        {"pushed_after": "7d"},
        {"matching": ["*perl*"]},
    ):
        assert not (await call(context, "find_tags", repository="redis", **arguments)).is_error
    assert count_requests(sandbox) == requests == 26


# Bad input


async def test_bad_arguments_are_answered_with_the_remedy(make_hub: MakeHub, sandbox: Sandbox) -> None:
    for arguments, words in (
        ({"matching": ["^8.*$"]}, "not regular expressions"),
        ({"excluding": ["a|b"]}, "not regular expressions"),
        ({"version": "eight"}, "is no range of versions. Accepted are"),
        ({"digest": "abc"}, "at least 12 hexadecimal characters"),
        ({"pushed_before": "6m"}, "months are mo"),
        ({"not_pulled_for": "2026-01-01"}, "must be a duration such as 90d"),
        ({"same_as": "latest", "digest": "9ce30103d879"}, "Give same_as or digest, not both"),
        ({"os": "macos"}, "Docker on a Mac runs Linux images"),
        ({"order": "best"}, "must be one of 'version', 'newest'"),
        ({"group_by": "minor"}, "must be one of 'series', 'digest' or 'family'"),
        ({"limit": 1000}, "must be at most 100"),
        ({"like": "8.*"}, "must be one exact tag name"),
    ):
        with failures_named(arguments):
            result = await call(make_hub("owner"), "find_tags", repository="redis", **arguments)
            assert result.is_error
            assert words in result.text
    assert not sandbox.requests


async def test_a_message_of_several_sentences_ends_without_the_rejected_value(make_hub: MakeHub) -> None:
    result = await call(make_hub("owner"), "find_tags", repository="redis", version="foo")
    assert result.text.startswith("find_tags was not called. version: 'foo' is no range of versions.")
    assert result.text.endswith("leave out suffixes such as -alpine. Example: version='>=7,<8'.")


async def test_like_a_tag_that_is_no_version_names_the_families(make_hub: MakeHub) -> None:
    result = await call(make_hub("owner"), "find_tags", repository="redis", like="latest")
    assert result.is_error
    assert "'latest' is no version" in result.text
    assert "same_as='latest'" in result.text
    missing = await call(make_hub("owner"), "find_tags", repository="redis", like="nonsense")
    assert "'nonsense' is no version" in missing.text
    assert "same_as" not in missing.text
    assert "N.N.N (168, newest 8.2.3)" in result.text
    assert "same_as='latest'" in result.text


@pytest.mark.parametrize(
    ("like", "is_there"), [("8.0", False), ("8.4", True), ("8.0-oracle", False), ("8.4-oraclelinux9", True)]
)
async def test_like_says_where_its_tag_does_not_exist(make_hub: MakeHub, like: str, is_there: bool) -> None:
    result = await call(make_hub("owner"), "find_tags", repository="mysql", like=like, limit=1)
    assert (f"There is no tag '{like}' itself" in result.text) is not is_there


async def test_an_unknown_family_names_those_that_exist(make_hub: MakeHub) -> None:
    result = await call(make_hub("owner"), "find_tags", repository="redis", like="8.2-windows")
    assert data_of(result)["matches"] == 0
    assert "N.N.N (168, newest 8.2.3)" in result.text


async def test_a_range_that_matches_nothing_is_a_normal_result(make_hub: MakeHub) -> None:
    result = await call(make_hub("owner"), "find_tags", repository="redis", version=">=20")
    assert (data_of(result)["matches"], data_of(result)["searched"]) == (0, 2528)
    assert "in turn: version 0" in result.text
    assert "N.N.N (168, newest 8.2.3)" in result.text


@pytest.mark.parametrize("arguments", [{}, {"version": ">=1"}, {"group_by": "series"}])
async def test_a_repository_that_is_not_visible_is_an_error(
    make_hub: MakeHub, arguments: dict[str, Any]
) -> None:
    result = await call(make_hub(), "find_tags", repository="acme/storefront", **arguments)
    assert result.is_error
    assert "No repository acme/storefront is visible" in result.text


async def test_same_as_a_tag_that_does_not_exist_is_an_error(make_hub: MakeHub) -> None:
    result = await call(make_hub("owner"), "find_tags", repository="redis", same_as="nothing")
    assert result.is_error
    assert "nothing" in result.text


async def test_same_as_a_tag_without_a_digest_is_refused(make_hub: MakeHub, sandbox: Sandbox) -> None:
    find_record(sandbox, "latest").digest_field = "null"
    result = await call(make_hub("owner"), "find_tags", repository="redis", same_as="latest")
    assert result.is_error
    assert "the Hub tells no digest of 'latest'" in result.text


async def test_an_empty_repository_has_no_tags(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.state.repositories["acme", "storefront"].tags.clear()
    for arguments in ({}, {"version": ">=1"}, {"group_by": "series"}):
        result = await call(make_hub("owner"), "find_tags", repository="acme/storefront", **arguments)
        assert data_of(result)["matches"] == 0
        assert "The repository has no tags" in result.text


# Trouble


async def test_a_walk_that_is_cut_short_is_partial(make_hub: MakeHub, sandbox: Sandbox, clock: Clock) -> None:
    context = make_context(make_hub("owner"), cache=ResultCache(30, clock=clock))
    sandbox.faults.add(match="page=4&", status=400)
    for arguments in ({"version": "<8"}, {"group_by": "series"}, {"digest": "0" * 12}, {"order": "oldest"}):
        result = await call(context, "find_tags", repository="redis", **arguments)
        assert result.text.startswith(
            "PARTIAL, the result is incomplete: Read the newest 300 of 2,528 tags. "
        )
        assert data_of(result)["matches_at_least"] <= 300
        assert "matches" not in data_of(result)
        assert not result.is_cacheable
    sandbox.faults.clear()
    whole = await call(context, "find_tags", repository="redis", version="<8")
    assert "PARTIAL" not in whole.text


async def test_a_first_page_that_fails_is_an_error(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/tags", status=400)
    for arguments in ({}, {"version": "<8"}):
        assert (await call(make_hub("owner"), "find_tags", repository="redis", **arguments)).is_error


async def test_a_second_walk_that_fails_after_the_first_page(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="page=2&", status=400)
    result = await call(make_hub("owner"), "find_tags", repository="redis", matching=["6.?.?"], limit=100)
    assert "PARTIAL" in result.text
    assert data_of(result)["matches_at_least"] < 100


# Anonymous callers


async def test_versions_behind_the_anonymous_limit_are_found_by_name(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    context = make_image_context(sandbox, make_hub())
    result = await call(context, "find_tags", repository="redis", version="<3", limit=2)
    assert tags_of(result)[0] == "2.8.23"
    assert data_of(result)["tags"][0]["pushed"], "its facts were requested"
    assert "PARTIAL" not in result.text
    assert "The registry tells the names of the others." in result.text
    assert data_of(result)["searched"] == 2528
    assert data_of(result)["matches"] > 400, "all names are known"


async def test_what_a_name_does_not_tell_is_said_to_be_unknown(make_hub: MakeHub, sandbox: Sandbox) -> None:
    context = make_image_context(sandbox, make_hub())
    result = await call(context, "find_tags", repository="redis", digest="0" * 12)
    assert result.text.startswith("PARTIAL")
    assert "Of 1,528 further tags only the names are known; they may match too." in result.text


async def test_a_name_part_is_read_again_behind_the_anonymous_limit(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    context = make_image_context(sandbox, make_hub())
    result = await call(context, "find_tags", repository="redis", like="2.8.1-wheezy", limit=3)
    assert tags_of(result)[0] == "4.0.14-wheezy"
    assert all(row["pushed"] for row in data_of(result)["tags"])
    assert "PARTIAL" not in result.text


async def test_a_tag_whose_facts_fail_keeps_its_name(make_hub: MakeHub, sandbox: Sandbox) -> None:
    context = make_image_context(sandbox, make_hub())
    sandbox.faults.add(match="/tags/2.8.23", status=400)
    result = await call(context, "find_tags", repository="redis", version="<3", limit=1)
    (row,) = data_of(result)["tags"]
    assert row == {"tag": "2.8.23", "remarks": "only its name is known"}
    assert "pinned" not in data_of(result)


def test_its_menu_entry_is_short() -> None:
    tool = TOOLS_BY_NAME["find_tags"]
    assert (str(tool.area), tool.allows_anonymous, tool.is_mutation) == ("images", True, False)
    assert "anyOf" not in str(tool.input_schema)


# References in `repository`


async def test_a_digest_in_the_repository_is_looked_for(make_hub: MakeHub) -> None:
    digest = await find_digest(make_hub, "redis:8.2")
    for reference in (f"redis@{digest}", f"redis:8.2@{digest}", f"docker.io/library/redis@{digest}"):
        result = await call(make_hub("owner"), "find_tags", repository=reference)
        assert "8.2" in tags_of(result)
        assert "ignored" not in result.text
        assert {row["digest"] for row in data_of(result)["tags"]} == {digest}


async def test_a_tag_in_the_repository_is_refused_where_it_is_the_question(make_hub: MakeHub) -> None:
    refused = await call(make_hub("owner"), "find_tags", repository="redis:8.2")
    assert refused.is_error
    assert "like='8.2'" in refused.text
    assert "same_as='8.2'" in refused.text
    result = await call(make_hub("owner"), "find_tags", repository="redis:8.2", version="8")
    assert "The tag '8.2' in repository was ignored." in result.text


async def test_the_oldest_tags_that_were_read_are_not_the_oldest(make_hub: MakeHub) -> None:
    anonymous = await call(make_hub(None), "find_tags", repository="redis", order="oldest", limit=2)
    assert "The oldest tags are missing" in anonymous.text
    signed_in = await call(make_hub("owner"), "find_tags", repository="redis", order="oldest", limit=2)
    assert "The oldest tags are missing" not in signed_in.text
    assert tags_of(signed_in) != tags_of(anonymous)


async def test_a_later_date_is_a_release_beside_a_long_term_one(make_hub: MakeHub) -> None:
    result = await call(make_hub("owner"), "find_tags", repository="ubuntu", like="24.04", limit=1)
    assert tags_of(result) == ["25.10"]
    assert "prerelease" not in result.text


async def test_a_commit_of_digits_is_no_version(make_hub: MakeHub) -> None:
    result = await call(make_hub("owner"), "find_tags", repository="acme/storefront", group_by="family")
    assert [row["family"] for row in data_of(result)["groups"]] == ["N.N.N", "N.N", "N"]

"""Dates mean what they say: never, expired, and today's date for ages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from tests.support.faulty_hub import Telling
from tests.support.fixture_types import MakeHub
from tests.support.recorded_results import TAGS, ZERO, ask, ask_tags, items_of, table_of
from tests.support.result_text import parse_result
from tests.support.tool_calls import call, make_context

ACME = {"org_name": "acme"}


@pytest.fixture
def telling(sandbox: Sandbox, make_hub: MakeHub) -> Telling:
    return Telling(sandbox, make_hub)


@pytest.mark.parametrize(
    ("tool", "container", "field", "arguments"),
    [
        ("list_tags", "results", "tag_last_pulled", TAGS),
        ("list_tags", "results", "last_updated", TAGS),
        ("list_repositories", "results", "last_updated", {"namespace": "acme"}),
        ("list_org_members", "results", "last_seen_at", ACME),
        ("list_org_members", "results", "last_logged_in_at", ACME),
        ("list_access_tokens", "results", "last_used", {}),
        ("list_access_tokens", "results", "expires_at", {}),
        ("list_org_access_tokens", "results", "last_used_at", {"name": "acme"}),
        ("list_audit_logs", "logs", "timestamp", {"account": "acme"}),
        ("list_org_invites", "data", "created_at", ACME),
    ],
)
async def test_the_zero_date_of_go_means_never(
    telling: Telling, tool: str, container: str, field: str, arguments: dict[str, Any]
) -> None:
    row = {"name": "a", "username": "a", "id": "1", "uuid": "a", "action": "a", "is_active": True}
    later = {**row, "name": "b", "id": "2", field: "2027-01-02T03:04:05.123456789Z"}
    body = {container: [{**row, field: ZERO}, later]}
    result = await ask(telling, tool, body, **arguments)
    cells = table_of(result).of(field)
    assert cells[0] == "never"
    assert cells[1].startswith("2027-01-02")
    assert "expired" not in result.text
    assert [item[field] for item in items_of(result)] == ["never", "2027-01-02T03:04:05Z"]
    for more in ({"fields": [field]}, {"detail": "full"}):
        chosen = await ask(telling, tool, body, **arguments, **more)
        assert "never" in chosen.text
        assert "0001" not in chosen.text + json.dumps(chosen.structured_content)


async def test_zero_dates_within_nested_and_unknown_fields_mean_never(telling: Telling) -> None:
    images = [{"os": "linux", "architecture": "amd64", "last_pulled": ZERO}]
    tag = {"name": "8", "images": images, "archived_at": "0001-01-01T00:00:00.000Z", "more": [{"at": ZERO}]}
    for more in ({"detail": "full"}, {"fields": ["images"]}):
        for result in (
            await ask_tags(telling, tag, **more),
            await ask(telling, "get_tag", tag, **TAGS, tag="latest", **more),
        ):
            assert "never" in result.text
            assert "0001" not in result.text


async def test_a_tag_that_was_never_pulled_is_told(telling: Telling) -> None:
    for value in (None, ZERO, "0001-01-01T00:00:00.000000Z"):
        tag = {"name": "8", "tag_last_pulled": value}
        assert table_of(await ask_tags(telling, tag)).of("tag_last_pulled") == ["never"]
        single = await ask(telling, "get_tag", tag, **TAGS, tag="latest")
        assert parse_result(single.text).fields["tag_last_pulled"] == "never"
    assert "tag_last_pulled" not in (await ask_tags(telling, {"name": "8"})).text


async def test_the_loss_of_a_tag_that_was_never_pulled_names_no_date(telling: Telling) -> None:
    body = {"name": "latest", "last_updated": ZERO, "tag_last_pulled": ZERO}
    await ask(telling, "get_tag", body, **TAGS, tag="latest")
    context = make_context(telling.hub)
    result = await call(
        context, "delete_tag", namespace="acme", repository="storefront", tag="latest", dry_run=True
    )
    assert "(no digest, never pulled)" in result.text
    assert "0001" not in result.text


async def test_a_repository_without_a_date_was_never_updated(telling: Telling) -> None:
    for value in (None, ZERO):
        body = {"name": "storefront", "last_updated": value}
        result = await ask(telling, "get_repository", body, **TAGS)
        assert parse_result(result.text).fields["last_updated"] == "never"


async def test_an_export_names_zero_dates(telling: Telling) -> None:
    await telling.ask("export_org_members")
    rows = "Name,Last Seen Date\nAda,0001-01-01 00:00:00 +0000 UTC\nBo,2026-01-02 00:00:00 +0000 UTC\n"
    telling.tell(rows, content_type="text/csv")
    result = await telling.ask("export_org_members")
    assert "Ada | never" in result.text
    assert "\nToday: " in result.text


async def test_members_show_when_they_were_seen_beside_when_they_signed_in(telling: Telling) -> None:
    times = {"last_seen_at": "2026-11-28T00:00:00Z", "last_logged_in_at": "2026-01-02T00:00:00Z"}
    body = {"results": [{"username": "ada", **times}, {"username": "bo", **times, "last_seen_at": None}]}
    table = table_of(await ask(telling, "list_org_members", body, **ACME))
    assert table.of("last_seen_at") == ["2026-11-28", ""]  # the Hub also hides it, so null is not never
    assert table.of("last_logged_in_at") == ["2026-01-02", "2026-01-02"]


# Expired tokens


EXPIRY = [
    ("2026-11-29T11:59:59Z", True, "expired"),
    ("2026-11-29T12:00:00Z", True, "expired"),
    ("2026-11-29T12:00:01Z", True, "true"),
    ("2020-01-01T00:00:00.123456789Z", True, "expired"),
    ("2020-01-01T00:00:00Z", None, "expired"),
    ("2020-01-01T00:00:00Z", False, "false"),
    (None, True, "true"),
    (ZERO, True, "true"),
]


@pytest.mark.parametrize(
    ("list_tool", "get_tool", "listing", "getting"),
    [
        ("list_access_tokens", "get_access_token", {}, {"uuid": "3e3412b8-9c2b-4110-a428-6cdc40cd7e8a"}),
        (
            "list_org_access_tokens",
            "get_org_access_token",
            {"name": "acme"},
            {**ACME, "access_token_id": "x"},
        ),
    ],
)
async def test_an_expired_token_is_told(
    telling: Telling, list_tool: str, get_tool: str, listing: dict[str, Any], getting: dict[str, Any]
) -> None:
    for expires_at, is_active, shown in EXPIRY:
        token = {"uuid": "u", "id": "u", "is_active": is_active, "expires_at": expires_at}
        is_expired = (shown != "true" and expires_at is not None) or None
        listed = await ask(telling, list_tool, {"results": [token]}, **listing)
        assert table_of(listed).of("is_active") == [shown]
        assert items_of(listed)[0].get("is_expired") == is_expired
        assert items_of(listed)[0].get("is_active") == is_active
        single = await ask(telling, get_tool, token, **getting)
        assert parse_result(single.text).fields["is_active"] == shown
        assert (single.structured_content or {}).get("is_expired") == is_expired
        body = {"count": 1, "next": None, "results": [token]}
        several = await ask(telling, list_tool, body, **listing, max_items=5)
        assert table_of(several).of("is_active") == [shown]


# Today


async def test_a_result_with_dates_carries_the_date_of_today_once(telling: Telling) -> None:
    dated = {"name": "8", "last_updated": "2026-01-02T03:04:05Z"}
    for tag, count in ((dated, 1), ({"name": "2026-01-02"}, 0), ({"name": "8", "last_updated": ZERO}, 0)):
        for arguments in ({}, {"detail": "full"}, {"max_items": 5}, {"ordering": "name"}):
            assert (await ask_tags(telling, tag, **arguments)).text.count("\nToday: 2026-11-29") == count
        single = await ask(telling, "get_tag", tag, **TAGS, tag="latest")
        assert single.text.count("\nToday: 2026-11-29") == count
    assert "Today" not in (await ask_tags(telling, dated, fields=["name"])).text
    assert "Today" in (await ask_tags(telling, dated, fields=["last_updated"])).text


async def test_the_date_of_today_fits_into_the_size_limit(telling: Telling) -> None:
    for limit in (1024, 2000):
        context = make_context(telling.hub, max_bytes=limit)
        for tool in ("list_tags", "get_repository", "list_audit_logs"):
            result = await call(context, tool, **telling.arguments[tool])
            assert "\nToday: " in result.text
            assert len(result.text.encode()) <= limit


async def test_a_cached_result_does_not_carry_the_date_of_yesterday(make_hub: MakeHub) -> None:
    moment = [datetime(2026, 11, 28, 23, 59, 59, tzinfo=UTC)]
    context = make_context(make_hub("owner"), cache=ResultCache(3600), clock=lambda: moment[0])
    texts = [(await call(context, "list_tags", **TAGS)).text for _ in range(2)]
    moment[0] += timedelta(seconds=2)
    texts.append((await call(context, "list_tags", **TAGS)).text)
    assert ["cached" in text for text in texts] == [False, True, False]
    assert [
        f"\nToday: {day}" in text
        for day, text in zip(("2026-11-28", "2026-11-28", "2026-11-29"), texts, strict=True)
    ] == [True] * 3


async def test_data_says_that_a_token_has_expired_wherever_it_says_that_it_is_active(
    telling: Telling,
) -> None:
    token = {"uuid": "u", "token_label": "ci", "is_active": True, "expires_at": "2020-01-01T00:00:00Z"}
    for fields in (["is_active"], ["token_label", "is_active"], ["is_active", "expires_at"]):
        listed = await ask(telling, "list_access_tokens", {"results": [token]}, fields=fields)
        assert table_of(listed).of("is_active") == ["expired"], fields
        assert items_of(listed)[0]["is_expired"] is True, fields
    listed = await ask(telling, "list_access_tokens", {"results": [token]}, fields=["token_label"])
    assert items_of(listed)[0] == {"token_label": "ci"}


async def test_all_fields_say_never_as_the_summary_does(telling: Telling) -> None:
    token = {"uuid": "u", "token_label": "ci", "is_active": True, "expires_at": None, "last_used": None}
    for detail in ("brief", "full"):
        listed = await ask(telling, "list_access_tokens", {"results": [token]}, detail=detail)
        item = items_of(listed)[0]
        assert item["expires_at"] == item["last_used"] == "never", detail
        assert listed.text.count("never") == 2, listed.text
        single = await ask(telling, "get_access_token", token, uuid="u", detail=detail)
        assert single.text.count("never") == 2, single.text
    unsent = {"uuid": "u", "token_label": "ci"}
    single = await ask(telling, "get_access_token", unsent, uuid="u", detail="full")
    assert "never" not in single.text

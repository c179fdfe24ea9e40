"""Reviews of tokens that the Hub describes in part or oddly: what is unknown is called so."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Fault, Sandbox
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import call

DAY = 86_400
INVENTORY = "de5ce581-ea4f-4efc-8631-ed8813f260f5"


async def review(make_hub: MakeHub, **arguments: Any) -> tuple[str, dict[str, Any]]:
    found = await call(make_hub("owner"), "review_tokens", **arguments)
    assert not found.is_error, found.text
    return found.text, found.structured_content or {}


@pytest.mark.parametrize(
    ("fields", "resources"),
    [
        ({"resources": None}, "unknown"),
        ({"resources": []}, "none"),
        ({"resources": [{"type": "TYPE_ORG", "path": "acme", "scopes": None}]}, "acme: unknown scopes"),
        ({"resources": [{"type": "TYPE_ORG", "path": "acme", "scopes": []}]}, "acme: no scopes"),
        ({"resources": [{"type": "TYPE_NEW", "path": None, "scopes": ["x y"]}]}, 'unknown path: "x y"'),
    ],
)
async def test_resources_that_the_hub_does_not_name_are_unknown(
    make_hub: MakeHub, sandbox: Sandbox, fields: dict[str, Any], resources: str
) -> None:
    sandbox.faults.rules.append(Fault(match=f"/access-tokens/{INVENTORY}", replace=fields))
    text, data = await review(make_hub, org_name="acme")
    (row,) = (each for each in data["tokens"] if each["id"] == INVENTORY)
    assert row["resources"] == resources, text
    is_whole = "unknown" not in resources
    assert text.startswith("PARTIAL") is not is_whole
    assert is_whole or 'the scopes of "inventory". The Hub did not name them.' in text.splitlines()[0]


async def test_a_token_without_resources_in_the_answer_is_unknown(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    sandbox.faults.rules.append(Fault(match=f"/access-tokens/{INVENTORY}", remove=["resources"]))
    text, _ = await review(make_hub, org_name="acme")
    assert text.startswith("PARTIAL")


LISTS: list[dict[str, str]] = [{}, {"org_name": "acme"}]


@pytest.mark.parametrize("arguments", LISTS, ids=["personal", "organization"])
async def test_what_a_list_leaves_out_is_said_and_no_token_is_called_working(
    make_hub: MakeHub, sandbox: Sandbox, arguments: dict[str, str]
) -> None:
    path = "/v2/orgs/acme/access-tokens?" if arguments else "/v2/access-tokens"
    sandbox.faults.rules.append(Fault(match=path, nulls=True))
    text, data = await review(make_hub, **arguments)
    total = len(data["tokens"])
    head = text.splitlines()[0]
    assert head.startswith("PARTIAL")
    assert f"whether {total} tokens are active" in head
    assert data["count"] == f"{total}: {total} unknown"
    assert "revoke_first" not in data
    if not arguments:
        assert f"the scopes of {total} tokens" in head


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("last_used_at", "when 1 token was last used"),
        ("expires_at", "whether 1 token expires"),
        ("is_active", "whether 1 token is active"),
    ],
)
async def test_a_field_that_is_missing_is_named(
    make_hub: MakeHub, sandbox: Sandbox, field: str, words: str
) -> None:
    tokens = sandbox.state.organizations["acme"].access_tokens
    tokens[:] = [each for each in tokens if each.id == INVENTORY]
    listed = {
        "id": INVENTORY,
        "label": "inventory",
        "is_active": True,
        "created_at": "2020-01-01T00:00:00Z",
        "last_used_at": None,
        "expires_at": None,
    }
    del listed[field]
    fault = Fault(match="/v2/orgs/acme/access-tokens?", status=200, body=_page(listed))
    sandbox.faults.rules.append(fault)
    text, data = await review(make_hub, org_name="acme")
    assert words in text.splitlines()[0], text
    attention = data["tokens"][0].get("attention", "")
    assert ("never used" in attention) is (field != "last_used_at")
    assert ("never expires" in attention) is (field != "expires_at")


def _page(*listed: dict[str, Any]) -> str:
    return json.dumps({"total": len(listed), "next": None, "results": listed})


async def test_odd_dates_are_no_reasons(make_hub: MakeHub, sandbox: Sandbox) -> None:
    """Dates in the future, as of a clock that is wrong, and a use before the creation."""
    tokens, now = sandbox.state.organizations["acme"].access_tokens, time.time()
    usual: dict[str, Any] = {"is_active": True, "expires_at": now + 400 * DAY, "secret": ""}
    odd: list[dict[str, Any]] = [
        {"id": "a", "label": "used tomorrow", "created_at": now - 9 * DAY, "last_used_at": now + DAY},
        {"id": "b", "label": "made tomorrow", "created_at": now + DAY, "last_used_at": None},
        {"id": "c", "label": "used before", "created_at": now - DAY, "last_used_at": now - 3 * DAY},
    ]
    tokens[:] = [replace(tokens[0], **usual, **each) for each in odd]
    text, data = await review(make_hub, org_name="acme")
    assert data["count"] == "3: 3 works", text
    assert not any("attention" in each for each in data["tokens"]), text
    assert "revoke_first" not in data


@pytest.mark.parametrize(("days", "is_soon"), [(29, True), (31, False)])
async def test_a_token_that_expires_within_30_days_is_named(
    make_hub: MakeHub, sandbox: Sandbox, days: int, is_soon: bool
) -> None:
    tokens = sandbox.state.organizations["acme"].access_tokens
    tokens[:] = [replace(tokens[0], last_used_at=time.time(), expires_at=time.time() + days * DAY)]
    text, _ = await review(make_hub, org_name="acme")
    assert ("expires on" in text) is is_soon


@pytest.mark.parametrize("status", [403, 503])
async def test_hundreds_of_tokens_of_which_some_cannot_be_read(
    make_hub: MakeHub, sandbox: Sandbox, status: int
) -> None:
    tokens = sandbox.state.organizations["acme"].access_tokens
    tokens[:] = [replace(tokens[0], id=f"id-{number:03}", label="same", secret="") for number in range(60)]
    sandbox.faults.rules.append(Fault(match="/access-tokens/id-00", status=status))
    text, data = await review(make_hub, org_name="acme")
    unknown = {each["id"] for each in data["tokens"] if each["resources"] == "unknown"}
    assert unknown == {f"id-{number:03}" for number in range(10)}, text
    assert 'not read: the scopes of "same", ' in text.splitlines()[0]
    assert "and 5 more." in text.splitlines()[0]

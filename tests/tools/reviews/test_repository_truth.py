"""Summaries of repositories that the Hub describes in part: totals never count what is unknown as nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.sandbox.state import RepositoryRecord
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import call

USUAL: dict[str, Any] = {
    "name": "a",
    "namespace": "acme",
    "description": "An image",
    "is_private": False,
    "pull_count": 5,
    "storage_size": 7,
    "last_updated": "2020-01-01T00:00:00Z",
    "date_registered": "2019-01-01T00:00:00Z",
    "status": 1,
    "affiliation": "owner",
}
OTHER = USUAL | {"name": "b"}


async def summarize(
    make_hub: MakeHub, sandbox: Sandbox, *listed: dict[str, Any], **arguments: Any
) -> tuple[str, dict[str, Any]]:
    if listed:
        body = json.dumps({"count": len(listed), "next": None, "results": listed})
        sandbox.faults.rules.append(Fault(match="/v2/namespaces/acme/repositories", status=200, body=body))
    found = await call(make_hub("owner"), "summarize_repositories", namespace="acme", **arguments)
    assert not found.is_error, found.text
    return found.text, found.structured_content or {}


@pytest.mark.parametrize(
    ("fields", "note", "expected"),
    [
        ({}, "", {"pulls": 10, "storage": 14, "not_updated_for_a_year_count": 2, "undescribed_count": 0}),
        ({"storage_size": None}, "no size of 1 repository", {"storage": 7}),
        ({"pull_count": None}, "no number of pulls of 1 repository", {"pulls": 5}),
        (
            {"last_updated": None, "date_registered": None},
            "no date of 1 repository",
            {"not_updated_for_a_year_count": 1},
        ),
        ({"last_updated": None}, "", {"not_updated_for_a_year_count": 2}),
        ({"last_updated": "0001-01-01T00:00:00Z"}, "", {"not_updated_for_a_year_count": 2}),
        ({"description": ...}, "no description field of 1 repository", {"undescribed_count": 0}),
        ({"description": ""}, "", {"undescribed_count": 1}),
    ],
)
async def test_a_total_leaves_out_what_is_unknown_and_says_so(
    make_hub: MakeHub, sandbox: Sandbox, fields: dict[str, Any], note: str, expected: dict[str, int]
) -> None:
    changed = {key: value for key, value in (OTHER | fields).items() if value is not ...}
    text, data = await summarize(make_hub, sandbox, USUAL, changed)
    assert {key: data[key] for key in expected} == expected, text
    notes = [line for line in text.splitlines() if line.startswith("Note: The Hub sent")]
    assert len(notes) == bool(note), text
    assert note in "".join(notes)


@pytest.mark.parametrize("field", ["storage", "pulls"])
async def test_a_total_of_unknown_values_is_no_zero(make_hub: MakeHub, sandbox: Sandbox, field: str) -> None:
    key = {"storage": "storage_size", "pulls": "pull_count"}[field]
    text, data = await summarize(make_hub, sandbox, USUAL | {key: None}, OTHER | {key: None})
    assert field not in data, text


async def test_the_largest_that_do_not_fit_are_counted(make_hub: MakeHub, sandbox: Sandbox) -> None:
    pattern = next(each for (space, _), each in sandbox.state.repositories.items() if space == "acme")
    for number in range(150):
        fields = {key: getattr(pattern, key) for key in ("id", "description", "registered_at", "make_tags")}
        name = f"{'long-name-' * 20}{number:03}"
        sandbox.state.add_repository(
            RepositoryRecord(namespace="acme", name=name, updated_at=4e9, storage_size=9 * 10**12, **fields)
        )
    text, data = await summarize(make_hub, sandbox, largest=100)
    listed = len(data["largest"])
    assert listed < 100
    assert f"CUT for its size: {listed} of the 100 largest are listed." in text

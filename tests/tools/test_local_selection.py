"""Lists that are filtered or sorted here: over the whole list, page by page, and told so."""

from __future__ import annotations

import time
from typing import Any

import pytest

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.sandbox.state import ARCHIVED_STATUS, RepositoryRecord
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import call

DAY = 86_400


def records_of(sandbox: Sandbox, namespace: str) -> list[RepositoryRecord]:
    return [each for (owner, _), each in sandbox.state.repositories.items() if owner == namespace]


async def list_names(hub: Hub, **arguments: Any) -> tuple[list[str], ToolResult]:
    found = await call(hub, "list_repositories", **arguments)
    assert not found.is_error, found.text
    return [each["name"] for each in (found.structured_content or {})["results"]], found


async def test_pages_of_the_largest_are_pages_of_one_order(make_hub: MakeHub, sandbox: Sandbox) -> None:
    records = sorted(records_of(sandbox, "bigcorp"), key=lambda each: -(each.storage_size or 0))
    hub, names, page = make_hub("owner"), list[str](), 1
    while page:
        found, result = await list_names(
            hub, namespace="bigcorp", ordering="largest", page=page, page_size=90
        )
        names += found
        data = result.structured_content or {}
        assert data["count"] == 230
        page = data.get("next_page", 0)
    assert names == [each.name for each in records]
    sent = [request for request in sandbox.requests if request.method == "GET"]
    assert "ordering" not in str([request.query for request in sent])


async def test_max_items_goes_on_exactly_behind_its_last_item(make_hub: MakeHub, sandbox: Sandbox) -> None:
    records = sorted(records_of(sandbox, "bigcorp"), key=lambda each: -(each.storage_size or 0))
    hub = make_hub("owner")
    first, result = await list_names(hub, namespace="bigcorp", ordering="largest", max_items=30, page_size=25)
    data = result.structured_content or {}
    further, _ = await list_names(
        hub, namespace="bigcorp", ordering="largest", page=data["next_page"], page_size=data["page_size"]
    )
    assert [*first, *further] == [each.name for each in records][: len(first) + len(further)]
    assert "Sorted here by storage_size, of the 230 repositories that were read" in result.text


async def test_filters_hold_together_and_keep_the_order_of_the_hub(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    records = records_of(sandbox, "acme")
    hub = make_hub("owner")
    private, result = await list_names(hub, namespace="acme", only="private", ordering="name")
    assert private == sorted(each.name for each in records if each.is_private)
    assert "Filtered here, of the 12 repositories that were read" in result.text
    records[0].description, records[0].status, records[1].description = "", ARCHIVED_STATUS, " "
    both, _ = await list_names(hub, namespace="acme", only=["undescribed", "archived"])
    assert both == [records[0].name]
    neither, result = await list_names(hub, namespace="acme", only=["public", "private"])
    assert neither == []
    assert "Nothing matches" in result.text


async def test_what_was_not_updated_since_a_date_is_found(make_hub: MakeHub, sandbox: Sandbox) -> None:
    before = time.time() - 365 * DAY
    date = time.strftime("%Y-%m-%d", time.gmtime(before))
    names, result = await list_names(
        make_hub("owner"), namespace="bigcorp", updated_before=date, ordering="oldest", max_items=500
    )
    midnight = before - before % DAY
    expected = sorted(
        (each for each in records_of(sandbox, "bigcorp") if each.updated_at < midnight),
        key=lambda each: each.updated_at,
    )
    assert names == [each.name for each in expected]
    assert (result.structured_content or {})["count"] == len(expected)


async def test_a_list_that_was_not_read_whole_is_partial(make_hub: MakeHub, sandbox: Sandbox) -> None:
    _, result = await list_names(make_hub(), namespace="bigcorp", ordering="largest")
    assert "PARTIAL" in result.text
    assert "of the 100 repositories that were read" in result.text
    assert "count" not in (result.structured_content or {})
    sandbox.faults.rules.append(Fault(match="page=3", status=500))
    _, result = await list_names(make_hub("owner"), namespace="bigcorp", only=["public"])
    assert "PARTIAL" in result.text
    assert not result.is_cacheable
    sandbox.faults.rules[:] = [Fault(match="/v2/namespaces/bigcorp", status=500)]
    assert (await call(make_hub("owner"), "list_repositories", namespace="bigcorp", only=["public"])).is_error


async def test_unknown_facts_are_counted_and_unknown_sizes_come_last(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    body = (
        '{"count": 3, "next": null, "results": [{"name": "a"}, {"name": "b", "storage_size": 1, '
        '"is_private": true}, {"name": "c", "storage_size": 2, "is_private": false}]}'
    )
    sandbox.faults.rules.append(Fault(match="/v2/namespaces/acme/repositories", status=200, body=body))
    hub = make_hub("owner")
    names, result = await list_names(hub, namespace="acme", ordering="largest")
    assert names == ["c", "b", "a"]
    assert "The Hub sent no size of 1, which come last." in result.text
    names, result = await list_names(hub, namespace="acme", only=["private"])
    assert names == ["b"]
    assert "1 are left out, because the Hub did not send" in result.text
    names, result = await list_names(hub, namespace="acme", updated_before="2020-01-01")
    assert names == []
    assert "3 are left out, because" in result.text


async def test_a_page_behind_the_end_and_an_empty_namespace_are_explained(make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    names, result = await list_names(hub, namespace="acme", ordering="largest", page=9)
    assert names == []
    assert "Page 9 is past the end (1 page of 25, 12 items)." in result.text
    names, result = await list_names(hub, namespace="nothing", ordering="largest")
    assert names == []
    assert "if there is no namespace 'nothing'" in result.text
    assert "Sorted here" not in result.text


@pytest.mark.parametrize("only", ["big", ["private", "x"]])
async def test_other_kinds_are_refused_with_those_that_exist(make_hub: MakeHub, only: Any) -> None:
    found = await call(make_hub("owner"), "list_repositories", namespace="acme", only=only)
    assert found.is_error
    assert "'public', 'private', 'archived' or 'undescribed'" in found.text

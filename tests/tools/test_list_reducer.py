"""A list that is reduced while it is read has the same result as one that is kept as a whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.methods import ListAuditLogs, ListOrgMembers, ListRepositories, ListTags
from dockerhub_mcp.hub.models import CountedTag, Page, TagOverview
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.list_reducer import ListReducer
from dockerhub_mcp.tools.results.annotations import ItemAnnotator
from dockerhub_mcp.tools.results.projection import Projection
from dockerhub_mcp.tools.results.results import build_pagination_result
from dockerhub_mcp.tools.results.tool_result import ResultOptions, ResultView
from tests.support.failures import failures_named
from tests.support.fixture_types import MakeHub

NOW = datetime(2026, 11, 1, tzinfo=UTC)
CALLS: list[tuple[Method[Page[Any]], tuple[str, ...]]] = [
    (ListTags(repository="redis", ordering="name"), ("name", "digest", "images")),
    (ListTags(repository="redis", architecture="arm64"), ("name", "images", "platform_sizes")),
    (ListTags(repository="redis", name="8"), ("digest",)),
    (ListRepositories(namespace="bigcorp", ordering="most_pulled"), ("name", "categories")),
    (ListRepositories(namespace="bigcorp", name="gateway", content_types="image"), ("content_types",)),
    (ListOrgMembers(org_name="acme", role="member"), ("username", "groups")),
    (ListAuditLogs(account="acme"), ("action", "data")),
    (ListAuditLogs(account="acme", action="repo.tag.push"), ("action",)),
]


def read_projections(fields: tuple[str, ...]) -> list[Projection]:
    return [Projection(), Projection(fields), Projection(full=True)]


async def read_both(
    hub: Hub, call: Method[Page[Any]], view: ResultView, max_items: int
) -> list[tuple[str, Any, list[str], str]]:
    """Return text, data, notes and the line with the date, of the whole items and of the reduced ones."""
    if call.summary_model is not None and view.projection.is_covered_by(call.summary_model):
        call = call.as_summary()
    whole = await hub.paginate(call, max_items=max_items)
    annotators = [ItemAnnotator(call, view.projection, NOW) for _ in range(2)]
    annotators[0].annotate(whole.results)
    reducer = ListReducer(call, view, annotators[1])
    narrow = call.with_item_model(reducer.choose_item_model)
    reduced = await hub.paginate(narrow, max_items=max_items, reducer=reducer)
    assert reduced.items_read == len(whole.results) == whole.items_read
    pages = Page[Any](results=whole.results, count=whole.total, next=None), reducer.collect_facts(reduced)
    results = (
        build_pagination_result(whole, [], view),
        build_pagination_result(reduced, [], view, rows=reducer.collect_rows(reduced)),
    )
    assert results[0].untrusted_fields == results[1].untrusted_fields
    return [
        (
            result.text,
            result.structured_content,
            annotator.list_notes() + call.explain_result(page),
            annotator.format_today(),
        )
        for result, annotator, page in zip(results, annotators, pages, strict=True)
    ]


@pytest.mark.parametrize("number", range(len(CALLS)))
async def test_rows_give_the_same_result_as_the_items(number: int, make_hub: MakeHub) -> None:
    hub, (call, fields) = make_hub("owner"), CALLS[number]
    for projection in read_projections(fields):
        for max_bytes, max_items, both in (
            (1024, 450, True),
            (8192, 250, False),
            (32_768, 330, True),
            (10_000_000, 120, True),
        ):
            view = ResultView(projection, ResultOptions(include_structured=both, max_bytes=max_bytes))
            with failures_named((projection, max_bytes, max_items)):
                whole, reduced = await read_both(hub, call, view, max_items)
                assert reduced == whole


async def test_only_rows_that_may_fit_are_kept(make_hub: MakeHub) -> None:
    call = ListTags(repository="redis").as_summary()
    view = ResultView(options=ResultOptions(max_bytes=4096))
    reducer = ListReducer(call, view, ItemAnnotator(call, view.projection, NOW))
    reduced = await make_hub("owner").paginate(call, max_items=1500, reducer=reducer)
    rows = reducer.collect_rows(reduced)
    assert (reduced.items_read, rows.count) == (1500, 1500)
    result = build_pagination_result(reduced, [], view, rows=rows)
    shown = int(result.text.partition(" ")[0])
    # As many as are rendered first.
    assert shown < rows.available == len(reduced.results) == 200
    assert reduced.next_page == 16
    assert "more were read and are not shown" in result.text


async def test_little_is_read_of_items_without_room(make_hub: MakeHub) -> None:
    call = ListTags(repository="redis", ordering="name")
    for projection, model in (
        (Projection(), CountedTag),
        (Projection(("name", "full_size")), CountedTag),
        (Projection(("name", "last_updated")), CountedTag),
        (Projection(("name", "remarks")), TagOverview),  # a computed field might be the first with a date
    ):
        view = ResultView(projection, ResultOptions(max_bytes=4096))
        reducer = ListReducer(call.as_summary(), view, ItemAnnotator(call, projection, NOW))
        assert reducer.choose_item_model() is TagOverview
        await make_hub("owner").paginate(call.as_summary(), max_items=300, reducer=reducer)
        assert reducer.choose_item_model() is model
    # Of what the list does not read, nothing may be explained or noted.
    assert set(call.list_explained_fields()) <= CountedTag.model_fields.keys()
    whole = ListReducer(call, view, ItemAnnotator(call, view.projection, NOW))
    assert whole.choose_item_model() is None


async def test_an_ignored_filter_is_noticed_on_every_page(make_hub: MakeHub, sandbox: Sandbox) -> None:
    call = ListTags(repository="redis")
    view = ResultView(options=ResultOptions(max_bytes=1024))
    whole = await make_hub("owner").paginate(call, max_items=1000)
    other = call.model_copy(update={"name": "8.2", "architecture": "riscv64", "ordering": "name"})
    reducer = ListReducer(other, view, ItemAnnotator(other, view.projection, NOW))
    reducer.count_kept(reducer.reduce_items(whole.results[:100]))
    for start in range(100, 1000, 100):
        reducer.count_kept(reducer.reduce_items(whole.results[start : start + 100]))
    notes = other.explain_result(reducer.collect_facts(whole))
    assert notes == other.explain_result(Page[Any](results=whole.results))
    assert len(notes) == 3, notes
    assert " of 1000 do not match" in notes[1]
    assert sandbox.requests

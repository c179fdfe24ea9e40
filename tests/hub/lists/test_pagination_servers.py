"""Pagination of lists that the sandbox cannot give."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.errors import UnexpectedAnswer
from dockerhub_mcp.hub.methods import ListAuditLogActions, ListAuditLogs, ListRepositories, ListTags
from dockerhub_mcp.sandbox import Sandbox

TAGS = ListTags(repository="redis")
Pages = Callable[[int, int], Any]
Answering = Callable[..., Hub]


def create_hub(answering: Answering, pages: Pages) -> Hub:
    """Create a client of a list that a function returns by page number and size."""

    def respond(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        return httpx.Response(200, json=pages(int(params["page"]), int(params["page_size"])))

    return answering(respond)


def build_tags(*numbers: int) -> list[dict[str, str]]:
    return [{"name": f"t{number}"} for number in numbers]


async def test_a_page_size_that_the_hub_reduces_misses_nothing(answering: Answering) -> None:
    def pages(page: int, size: int) -> Any:
        size = min(size, 20)
        found = build_tags(*range((page - 1) * size, min(page * size, 90)))
        return {"count": 90, "next": "more" if page * size < 90 else None, "results": found}

    hub = create_hub(answering, pages)
    result = await hub.paginate(TAGS)
    assert (len(result.results), result.is_complete, result.pages_read) == (90, True, 5)
    part = await hub.paginate(TAGS, max_items=70)
    assert part.next_page is not None
    rest = await hub.paginate(TAGS.model_copy(update={"page": part.next_page, "page_size": part.page_size}))
    assert len({tag.name for tag in [*part.results, *rest.results]}) == 90


@pytest.mark.parametrize("end", [{"next": ""}, {"next": None}])
async def test_an_empty_next_is_the_end(answering: Answering, end: dict[str, Any]) -> None:
    hub = create_hub(
        answering, lambda page, _: {"results": build_tags(page), **({"next": "x"} if page < 3 else end)}
    )
    result = await hub.paginate(TAGS)
    assert (len(result.results), result.is_complete) == (3, True)


async def test_without_next_the_list_ends_at_the_count(answering: Answering) -> None:
    hub = create_hub(answering, lambda page, _: {"count": 3, "results": build_tags(page)})
    result = await hub.paginate(TAGS)
    assert (len(result.results), result.is_complete, result.pages_read) == (3, True, 3)


async def test_without_next_and_count_the_list_ends_with_an_empty_page(answering: Answering) -> None:
    hub = create_hub(answering, lambda page, _: {"results": build_tags(page) if page < 3 else []})
    result = await hub.paginate(TAGS)
    assert (len(result.results), result.is_complete, result.pages_read) == (2, True, 3)


async def test_an_empty_first_page_contradicts_a_count(answering: Answering) -> None:
    hub = create_hub(answering, lambda *_: {"results": [], "next": "more", "count": 9})
    with pytest.raises(UnexpectedAnswer, match="counts 9 items and lists none"):
        await hub.paginate(TAGS)


async def test_reading_stops_at_an_empty_page_even_with_next(answering: Answering) -> None:
    result = await create_hub(answering, lambda *_: {"results": [], "next": "more"}).paginate(TAGS)
    assert (result.is_complete, result.pages_read) == (False, 1)
    assert "page 1 came empty" in str(result.error)


async def test_a_hub_that_repeats_the_same_page_is_not_read_for_ever(answering: Answering) -> None:
    result = await create_hub(answering, lambda *_: {"results": build_tags(1, 2), "next": "more"}).paginate(
        TAGS
    )
    assert ([tag.name for tag in result.results], result.pages_read) == (["t1", "t2"], 2)
    assert not result.is_complete
    assert "Read 2 items, but page 2 only repeated items." in str(result.error)


@pytest.mark.parametrize(
    "pages", [build_tags(1, 2), [{"results": build_tags(1)}, {"results": build_tags(2)}]]
)
async def test_bare_arrays_are_read_as_pages(answering: Answering, pages: Any) -> None:
    result = await create_hub(answering, lambda page, _: pages if page == 1 else []).paginate(TAGS)
    assert ([tag.name for tag in result.results], result.is_complete) == (["t1", "t2"], True)


async def test_similar_events_are_compared_by_all_fields(sandbox: Sandbox, answering: Answering) -> None:
    events = [
        {"action": "push", "name": "a"},
        {"action": "push", "name": "b"},
        {"action": "push", "name": "a"},
    ]

    def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "opaque"})
        return httpx.Response(200, json={"logs": events if request.url.params["page"] == "1" else []})

    hub = answering(
        respond, credentials=Credentials.from_strings("ada", sandbox.get_identity("owner").secret)
    )
    result = await hub.paginate(ListAuditLogs(account="acme"))
    assert [event.name for event in result.results] == ["a", "b"]


async def test_a_next_on_another_host_is_never_requested(
    sandbox: Sandbox,
    make_remote_hub: Callable[..., Hub],
    listen: Callable[..., Awaitable[str]],
) -> None:
    received: list[bytes] = []

    async def steal(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(100))
        writer.close()

    sandbox.faults.add(match="/v2/namespaces", next_origin=await listen(steal))
    result = await make_remote_hub("owner").paginate(ListRepositories(namespace="bigcorp"))
    assert (len(result.results), result.is_complete, received) == (230, True, [])


async def test_a_method_that_is_not_a_list_cannot_be_paginated(make_hub: Callable[..., Hub]) -> None:
    with pytest.raises(AttributeError):
        await make_hub("owner").paginate(ListAuditLogActions(account="acme"))  # type: ignore[arg-type]

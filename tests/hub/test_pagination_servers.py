"""Walks over lists that the sandbox cannot give."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.methods import ListAuditLogActions, ListAuditLogs, ListRepositories, ListTags
from dockerhub_mcp.sandbox import Sandbox

TAGS = ListTags(repository="redis")
Pages = Callable[[int, int], Any]
Answering = Callable[..., Hub]


def hub_of(answering: Answering, pages: Pages) -> Hub:
    """A client of a list, by page number and size."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        return httpx.Response(200, json=pages(int(asked["page"]), int(asked["page_size"])))

    return answering(answer)


def tags(*numbers: int) -> list[dict[str, str]]:
    return [{"name": f"t{number}"} for number in numbers]


async def test_a_page_size_that_the_hub_cuts_misses_nothing(answering: Answering) -> None:
    def pages(page: int, size: int) -> Any:
        size = min(size, 20)
        found = tags(*range((page - 1) * size, min(page * size, 90)))
        return {"count": 90, "next": "more" if page * size < 90 else None, "results": found}

    hub = hub_of(answering, pages)
    walk = await hub.paginate(TAGS)
    assert (len(walk.results), walk.is_complete, walk.pages_read) == (90, True, 5)
    part = await hub.paginate(TAGS, max_items=70)
    assert part.next_page is not None
    rest = await hub.paginate(TAGS.model_copy(update={"page": part.next_page, "page_size": part.page_size}))
    assert len({tag.name for tag in [*part.results, *rest.results]}) == 90


@pytest.mark.parametrize("end", [{"next": ""}, {"next": None}])
async def test_an_empty_next_is_the_end(answering: Answering, end: dict[str, Any]) -> None:
    hub = hub_of(answering, lambda page, _: {"results": tags(page), **({"next": "x"} if page < 3 else end)})
    walk = await hub.paginate(TAGS)
    assert (len(walk.results), walk.is_complete) == (3, True)


async def test_without_next_the_count_tells_the_end(answering: Answering) -> None:
    hub = hub_of(answering, lambda page, _: {"count": 3, "results": tags(page)})
    walk = await hub.paginate(TAGS)
    assert (len(walk.results), walk.is_complete, walk.pages_read) == (3, True, 3)


async def test_without_either_an_empty_page_tells_the_end(answering: Answering) -> None:
    hub = hub_of(answering, lambda page, _: {"results": tags(page) if page < 3 else []})
    walk = await hub.paginate(TAGS)
    assert (len(walk.results), walk.is_complete, walk.pages_read) == (2, True, 3)


async def test_an_empty_page_is_the_end_whatever_next_says(answering: Answering) -> None:
    walk = await hub_of(answering, lambda *_: {"results": [], "next": "more", "count": 9}).paginate(TAGS)
    assert (walk.is_complete, walk.pages_read) == (True, 1)


async def test_a_hub_that_gives_the_same_page_for_ever_is_not_asked_for_ever(answering: Answering) -> None:
    walk = await hub_of(answering, lambda *_: {"results": tags(1, 2), "next": "more"}).paginate(TAGS)
    assert ([tag.name for tag in walk.results], walk.pages_read) == (["t1", "t2"], 2)


@pytest.mark.parametrize("pages", [tags(1, 2), [{"results": tags(1)}, {"results": tags(2)}]])
async def test_bare_lists_are_walked(answering: Answering, pages: Any) -> None:
    walk = await hub_of(answering, lambda page, _: pages if page == 1 else []).paginate(TAGS)
    assert ([tag.name for tag in walk.results], walk.is_complete) == (["t1", "t2"], True)


async def test_items_without_a_name_are_told_apart_by_all_they_say(answering: Answering) -> None:
    found = [{"id": 1}, {"id": 2}, {"id": 1}]
    walk = await hub_of(answering, lambda page, _: {"results": found if page == 1 else []}).paginate(TAGS)
    assert [tag.id for tag in walk.results] == [1, 2]


async def test_events_that_are_alike_are_told_apart_by_all_they_say(
    sandbox: Sandbox, answering: Answering
) -> None:
    events = [
        {"action": "push", "name": "a"},
        {"action": "push", "name": "b"},
        {"action": "push", "name": "a"},
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "opaque"})
        return httpx.Response(200, json={"logs": events if request.url.params["page"] == "1" else []})

    hub = answering(answer, credentials=Credentials.from_strings("ada", sandbox.get_identity("owner").secret))
    walk = await hub.paginate(ListAuditLogs(account="acme"))
    assert [event.name for event in walk.results] == ["a", "b"]


async def test_a_next_on_another_host_is_never_asked(
    sandbox: Sandbox,
    make_remote_hub: Callable[..., Hub],
    listen: Callable[..., Awaitable[str]],
) -> None:
    asked: list[bytes] = []

    async def thief(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(100))
        writer.close()

    sandbox.faults.add(match="/v2/namespaces", next_origin=await listen(thief))
    walk = await make_remote_hub("owner").paginate(ListRepositories(namespace="bigcorp"))
    assert (len(walk.results), walk.is_complete, asked) == (230, True, [])


async def test_what_is_no_list_cannot_be_walked_over(make_hub: Callable[..., Hub]) -> None:
    with pytest.raises(AttributeError):
        await make_hub("owner").paginate(ListAuditLogActions(account="acme"))  # type: ignore[arg-type]

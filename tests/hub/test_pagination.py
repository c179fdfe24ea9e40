from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.errors import AnonymousLimit, DeadlineExceeded, HubUnavailable, NotFound
from dockerhub_mcp.hub.methods import ListAuditLogs, ListOrgMembers, ListRepositories, ListTags
from dockerhub_mcp.hub.pagination import MAX_CONCURRENT_PAGES
from dockerhub_mcp.sandbox import Sandbox
from tests.support.fixture_types import MakeHub

BIG = ListRepositories(namespace="bigcorp")


@pytest.fixture
def hub(make_hub: Callable[..., Hub]) -> Hub:
    return make_hub("owner")


async def names_of_all(hub: Hub) -> list[str | None]:
    return [found.name for found in (await hub.paginate(BIG)).results]


async def test_a_list_is_read_to_its_end(sandbox: Sandbox, hub: Hub) -> None:
    walk = await hub.paginate(ListTags(repository="nginx"))
    assert len({tag.name for tag in walk.results}) == len(walk.results) == walk.total == 958
    assert (walk.is_complete, walk.error, walk.next_page, walk.pages_read) == (True, None, None, 10)
    assert len(sandbox.requests) == 11


async def test_a_walk_stops_at_so_many_items(sandbox: Sandbox, hub: Hub) -> None:
    walk = await hub.paginate(BIG, max_items=150)
    assert (len(walk.results), walk.total, walk.is_complete, walk.error) == (150, 230, False, None)
    assert (walk.next_page, walk.page_size, walk.pages_read) == (2, 100, 2)
    assert len(sandbox.requests) == 3


async def test_few_items_are_asked_for_in_one_small_page(sandbox: Sandbox, hub: Hub) -> None:
    walk = await hub.paginate(BIG, max_items=7)
    assert (len(walk.results), walk.next_page, walk.page_size) == (7, 2, 7)
    assert sandbox.requests[-1].query == "page=1&page_size=7"


async def test_as_many_items_as_there_are_is_the_end(hub: Hub) -> None:
    walk = await hub.paginate(BIG, max_items=230)
    assert (walk.is_complete, walk.next_page) == (True, None)


@pytest.mark.parametrize(
    ("max_items", "settings"),
    [
        (30, {}),
        (100, {}),
        (150, {}),
        (229, {}),
        (33, {"page_size": 20}),
        (10, {"page_size": 25}),
        (20, {"page_size": 20}),
        (60, {"page_size": 100}),
    ],
)
async def test_going_on_from_where_it_stopped_misses_nothing(
    hub: Hub, max_items: int, settings: dict[str, Any]
) -> None:
    everything = await names_of_all(hub)
    call = BIG.model_copy(update=settings)
    found: list[str | None] = []
    for _ in range(40):
        walk = await hub.paginate(call, max_items=max_items)
        assert len(walk.results) <= max_items
        found += [repository.name for repository in walk.results]
        if walk.is_complete:
            break
        call = BIG.model_copy(update={"page": walk.next_page, "page_size": walk.page_size})
    assert walk.is_complete
    assert list(dict.fromkeys(found)) == everything


async def test_fewer_items_than_a_page_lead_on_from_a_later_page_too(hub: Hub) -> None:
    everything = await names_of_all(hub)
    walk = await hub.paginate(ListRepositories(namespace="bigcorp", page=2, page_size=100), max_items=30)
    assert [found.name for found in walk.results] == everything[100:130]
    assert walk.next_page is not None
    reached = (walk.next_page - 1) * walk.page_size
    assert 100 < reached <= 130


async def test_a_walk_starts_at_the_page_of_the_call(hub: Hub) -> None:
    everything = await names_of_all(hub)
    walk = await hub.paginate(ListRepositories(namespace="bigcorp", page=3, page_size=50), max_items=60)
    assert [found.name for found in walk.results] == everything[100:160]


async def test_a_page_without_a_size_counts_in_the_documented_one(hub: Hub) -> None:
    everything = await names_of_all(hub)
    walk = await hub.paginate(ListRepositories(namespace="bigcorp", page=3), max_items=100)
    assert [found.name for found in walk.results] == everything[50:150]


async def test_the_end_may_come_sooner_than_said(sandbox: Sandbox, hub: Hub) -> None:
    sandbox.faults.add(match="page=3", status=404, body='{"message":"object not found"}')
    walk = await hub.paginate(BIG)
    assert (walk.is_complete, walk.error, walk.next_page, walk.pages_read) == (True, None, None, 2)


async def test_pages_are_asked_for_side_by_side_and_taken_in_order(make_hub: MakeHub) -> None:
    box = Sandbox(signed_in_limit=None, anonymous_limit=None)
    under_way = most = 0

    class Counted(httpx.ASGITransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await anyio.sleep(0.02 if "page=2&" in str(request.url) else 0.001)
            try:
                return await super().handle_async_request(request)
            finally:
                under_way -= 1

    whom = box.get_identity("owner")
    credentials = Credentials.from_strings(whom.username, whom.secret)
    hub = make_hub(credentials=credentials, httpx_transport=Counted(app=box.app))
    told: list[int] = []

    async def tell(read: int, _: int | None) -> None:
        told.append(read)

    walk = await hub.paginate(ListTags(repository="redis"), on_progress=tell)
    assert (walk.is_complete, walk.pages_read, len(walk.results)) == (True, 26, walk.total)
    assert told == sorted(told), "although the second page came last"
    assert most == MAX_CONCURRENT_PAGES
    asked = [request.query for request in box.requests if "page=" in request.query]
    assert len(asked) == len(set(asked)) == 26, "no page twice, and none beyond the end"


async def test_near_the_rate_limit_pages_are_asked_for_in_turn(make_hub: MakeHub) -> None:
    box = Sandbox(signed_in_limit=28)
    whom = box.get_identity("owner")
    credentials = Credentials.from_strings(whom.username, whom.secret)
    hub = make_hub(credentials=credentials, httpx_transport=httpx.ASGITransport(app=box.app))
    walk = await hub.paginate(ListTags(repository="redis"))
    assert (walk.error, walk.pages_read) == (None, 26)
    assert len(box.requests) == 27, "none was refused and asked for again"


async def test_trouble_ahead_is_told_when_its_turn_comes(sandbox: Sandbox, hub: Hub) -> None:
    sandbox.faults.add(match="page=3&", status=400, body='{"message":"no"}')
    walk = await hub.paginate(ListTags(repository="redis"))
    assert (walk.pages_read, walk.next_page, len(walk.results)) == (2, 3, 200)
    assert "no" in str(walk.error)
    assert len(sandbox.requests) <= 2 + 1 + MAX_CONCURRENT_PAGES, "and nothing further is asked for"


async def test_the_total_is_the_one_said_last(sandbox: Sandbox, hub: Hub) -> None:
    async def shrink(read: int, _: int | None) -> None:
        if read == 100:
            del sandbox.state.repositories[("bigcorp", "stock-ui")]

    walk = await hub.paginate(ListRepositories(namespace="bigcorp", ordering="name"), on_progress=shrink)
    assert walk.total == 229
    assert walk.is_complete


async def test_an_item_that_moved_to_the_next_page_is_there_once(sandbox: Sandbox, hub: Hub) -> None:
    async def grow(read: int, _: int | None) -> None:
        if read == 100:
            first = sandbox.state.repositories[("bigcorp", "stock-ui")]
            sandbox.state.repositories[("bigcorp", "new")] = first

    walk = await hub.paginate(
        ListRepositories(namespace="bigcorp", ordering="name_descending"), on_progress=grow
    )
    names = [found.name for found in walk.results]
    assert len(names) == len(set(names)) == 230
    assert walk.total == 231


async def test_trouble_halfway_keeps_what_was_read(sandbox: Sandbox, hub: Hub) -> None:
    fault = sandbox.faults.add(match="page=2", status=500)
    walk = await hub.paginate(BIG)
    assert (len(walk.results), walk.total, walk.is_complete) == (100, 230, False)
    assert isinstance(walk.error, HubUnavailable)
    assert (walk.next_page, walk.page_size) == (2, 100)
    fault.times = 0
    rest = await hub.paginate(BIG.model_copy(update={"page": walk.next_page, "page_size": walk.page_size}))
    assert len({found.name for found in [*walk.results, *rest.results]}) == 230


async def test_trouble_on_the_first_page_is_an_error(sandbox: Sandbox, hub: Hub) -> None:
    sandbox.faults.add(match="page=1", status=500)
    with pytest.raises(HubUnavailable):
        await hub.paginate(BIG)


async def test_a_list_that_is_not_there_is_an_error(hub: Hub) -> None:
    with pytest.raises(NotFound):
        await hub.paginate(ListTags(repository="none"))


async def test_a_walk_that_takes_too_long_keeps_what_was_read(sandbox: Sandbox, hub: Hub) -> None:
    sandbox.faults.add(match="page=3", latency=30)
    walk = await hub.paginate(BIG, timeout=0.8)
    assert (len(walk.results), walk.is_complete, walk.next_page) == (200, False, 3)
    assert isinstance(walk.error, DeadlineExceeded)
    assert "Reading the list took longer than 0.8 s" in str(walk.error)


async def test_a_page_that_takes_too_long_keeps_what_was_read(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(match="page=3", latency=30)
    walk = await make_hub("owner", timeout=0.8).paginate(BIG)
    assert len(walk.results) == 200
    assert "localhost did not answer within 0.8 s" in str(walk.error)


async def test_a_walk_that_reads_nothing_in_time_is_an_error(sandbox: Sandbox, hub: Hub) -> None:
    sandbox.faults.add(latency=30)
    with pytest.raises(DeadlineExceeded):
        await hub.paginate(BIG, timeout=0.1)


@pytest.mark.parametrize(
    ("call", "read", "page"),
    [(ListTags(repository="redis"), 1000, 11), (ListRepositories(namespace="bigcorp"), 100, 2)],
)
async def test_anonymous_callers_keep_what_they_may_read(
    make_hub: Callable[..., Hub], call: Any, read: int, page: int
) -> None:
    walk = await make_hub().paginate(call)
    assert (len(walk.results), walk.is_complete, walk.next_page) == (read, False, page)
    assert isinstance(walk.error, AnonymousLimit)
    assert "Sign in to read on" in str(walk.error)
    assert walk.total is not None
    assert walk.total > read


async def test_a_list_without_a_count_ends_with_an_empty_page(sandbox: Sandbox, hub: Hub) -> None:
    walk = await hub.paginate(ListAuditLogs(account="acme"))
    assert (len(walk.results), walk.total, walk.is_complete, walk.pages_read) == (120, None, True, 3)
    assert sandbox.requests[-1].query == "page=3&page_size=100"


async def test_progress_is_told_after_each_page(hub: Hub) -> None:
    told: list[tuple[int, int | None]] = []

    async def on_progress(read: int, total: int | None) -> None:
        told.append((read, total))

    await hub.paginate(BIG, on_progress=on_progress)
    await hub.paginate(BIG, max_items=150, on_progress=on_progress)
    await hub.paginate(ListAuditLogs(account="acme"), max_items=110, on_progress=on_progress)
    await hub.paginate(ListAuditLogs(account="ada"), on_progress=on_progress)
    assert told == [
        *((100, 230), (200, 230), (230, 230)),
        *((100, 150), (150, 150)),
        *((100, 110), (110, 110)),
        *((2, None), (2, None)),
    ]


async def test_an_empty_list_is_complete(hub: Hub) -> None:
    walk = await hub.paginate(ListOrgMembers(org_name="acme", search="nobody-of-this-name"))
    assert (walk.results, walk.total, walk.is_complete, walk.pages_read) == ([], 0, True, 1)


async def test_a_few_items_from_the_middle_are_not_asked_for_one_by_one(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    call = ListTags(repository="redis", page=8, page_size=7)
    walk = await make_hub().paginate(call, max_items=5)
    whole = await make_hub().send(call)
    assert [tag.name for tag in walk.results] == [tag.name for tag in whole.results[:5]]
    assert (walk.is_complete, walk.next_page, walk.page_size) == (False, 8, 7)
    assert len(sandbox.requests) == 2

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.errors import (
    AnonymousLimit,
    DeadlineExceeded,
    HubUnavailable,
    IncompleteList,
    NotFound,
)
from dockerhub_mcp.hub.lists.pagination import MAX_CONCURRENT_PAGES
from dockerhub_mcp.hub.methods import ListAuditLogs, ListOrgMembers, ListRepositories, ListTags
from dockerhub_mcp.sandbox import Sandbox
from tests.support.fixture_types import MakeHub

BIG = ListRepositories(namespace="bigcorp")
SMALL_PAGES = ListRepositories(namespace="bigcorp", page_size=10)


def credentials_of(sandbox: Sandbox) -> Credentials:
    owner = sandbox.get_identity("owner")
    return Credentials.from_strings(owner.username, owner.secret)


@pytest.fixture
def hub(make_hub: Callable[..., Hub]) -> Hub:
    return make_hub("owner")


async def list_all_names(hub: Hub) -> list[str | None]:
    return [repository.name for repository in (await hub.paginate(BIG)).results]


async def test_a_list_is_read_to_its_end(sandbox: Sandbox, hub: Hub) -> None:
    result = await hub.paginate(ListTags(repository="nginx"))
    assert len({tag.name for tag in result.results}) == len(result.results) == result.total == 958
    assert (result.is_complete, result.error, result.next_page, result.pages_read) == (True, None, None, 10)
    assert len(sandbox.requests) == 11


async def test_reading_stops_at_the_maximum_of_items(sandbox: Sandbox, hub: Hub) -> None:
    result = await hub.paginate(BIG, max_items=150)
    assert (len(result.results), result.total, result.is_complete, result.error) == (150, 230, False, None)
    assert (result.next_page, result.page_size, result.pages_read) == (2, 100, 2)
    assert len(sandbox.requests) == 3


async def test_a_few_items_are_requested_in_one_small_page(sandbox: Sandbox, hub: Hub) -> None:
    result = await hub.paginate(BIG, max_items=7)
    assert (len(result.results), result.next_page, result.page_size) == (7, 2, 7)
    assert sandbox.requests[-1].query == "page=1&page_size=7"


async def test_a_maximum_equal_to_the_total_is_the_end(hub: Hub) -> None:
    result = await hub.paginate(BIG, max_items=230)
    assert (result.is_complete, result.next_page) == (True, None)


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
async def test_continuing_at_the_next_page_misses_nothing(
    hub: Hub, max_items: int, settings: dict[str, Any]
) -> None:
    everything = await list_all_names(hub)
    call = BIG.model_copy(update=settings)
    found: list[str | None] = []
    for _ in range(40):
        result = await hub.paginate(call, max_items=max_items)
        assert len(result.results) <= max_items
        found += [repository.name for repository in result.results]
        if result.is_complete:
            break
        call = BIG.model_copy(update={"page": result.next_page, "page_size": result.page_size})
    assert result.is_complete
    assert list(dict.fromkeys(found)) == everything


async def test_fewer_items_than_a_page_can_be_continued_from_a_later_page(hub: Hub) -> None:
    everything = await list_all_names(hub)
    result = await hub.paginate(ListRepositories(namespace="bigcorp", page=2, page_size=100), max_items=30)
    assert [found.name for found in result.results] == everything[100:130]
    assert result.next_page is not None
    reached = (result.next_page - 1) * result.page_size
    assert 100 < reached <= 130


async def test_reading_starts_at_the_page_of_the_call(hub: Hub) -> None:
    everything = await list_all_names(hub)
    result = await hub.paginate(ListRepositories(namespace="bigcorp", page=3, page_size=50), max_items=60)
    assert [found.name for found in result.results] == everything[100:160]


async def test_a_page_number_without_a_size_counts_in_the_default_size(hub: Hub) -> None:
    everything = await list_all_names(hub)
    result = await hub.paginate(ListRepositories(namespace="bigcorp", page=3), max_items=100)
    assert [found.name for found in result.results] == everything[50:150]


async def test_a_404_in_the_middle_of_a_list_interrupts_it(sandbox: Sandbox, hub: Hub) -> None:
    sandbox.faults.add(match="page=3", status=404, body='{"message":"object not found"}')
    result = await hub.paginate(BIG)
    assert (result.is_complete, result.next_page, result.pages_read) == (False, 3, 2)
    assert isinstance(result.error, IncompleteList)
    assert "Read 200 items; the Hub counts 230, but page 3 was answered by 404." in str(result.error)


@pytest.mark.usefixtures("skip_waits")
async def test_pages_are_requested_concurrently_and_returned_in_order(make_hub: MakeHub) -> None:
    sandbox = Sandbox(signed_in_limit=None, anonymous_limit=None)
    running = peak = 0

    class CountingTransport(httpx.ASGITransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal running, peak
            running += 1
            peak = max(peak, running)
            await anyio.sleep(20 if "page=2&" in str(request.url) else 1)
            try:
                return await super().handle_async_request(request)
            finally:
                running -= 1

    hub = make_hub(
        credentials=credentials_of(sandbox), httpx_transport=CountingTransport(app=sandbox.app), timeout=60
    )
    progress: list[int] = []

    async def on_progress(read: int, _: int | None) -> None:
        progress.append(read)

    result = await hub.paginate(SMALL_PAGES, on_progress=on_progress)
    assert (result.is_complete, result.pages_read, len(result.results)) == (True, 23, result.total)
    assert progress == sorted(progress), "although the second page arrived last"
    assert peak == MAX_CONCURRENT_PAGES
    requested = [request.query for request in sandbox.requests if "page=" in request.query]
    assert len(requested) == len(set(requested)) == 23, "no page twice, and none beyond the end"


async def test_near_the_rate_limit_pages_are_requested_one_by_one(make_hub: MakeHub) -> None:
    sandbox = Sandbox(signed_in_limit=25)
    transport = httpx.ASGITransport(app=sandbox.app)
    hub = make_hub(credentials=credentials_of(sandbox), httpx_transport=transport)
    result = await hub.paginate(SMALL_PAGES)
    assert (result.error, result.pages_read) == (None, 23)
    assert len(sandbox.requests) == 24, "none was refused and repeated"


async def test_an_error_of_a_prefetched_page_is_raised_in_its_turn(sandbox: Sandbox, hub: Hub) -> None:
    sandbox.faults.add(match="page=3&", status=400, body='{"message":"no"}')
    result = await hub.paginate(SMALL_PAGES)
    assert (result.pages_read, result.next_page, len(result.results)) == (2, 3, 20)
    assert "no" in str(result.error)
    assert len(sandbox.requests) <= 2 + 1 + MAX_CONCURRENT_PAGES, "nothing further is requested"


async def test_the_total_is_the_last_one_reported(sandbox: Sandbox, hub: Hub) -> None:
    async def shrink(read: int, _: int | None) -> None:
        if read == 100:
            del sandbox.state.repositories[("bigcorp", "stock-ui")]

    result = await hub.paginate(ListRepositories(namespace="bigcorp", ordering="name"), on_progress=shrink)
    assert result.total == 229
    assert not result.is_complete
    assert "the Hub counts 229, and counted 230 before. The list changed" in str(result.error)


async def test_an_item_that_moved_to_the_next_page_is_returned_once(sandbox: Sandbox, hub: Hub) -> None:
    async def grow(read: int, _: int | None) -> None:
        if read == 100:
            first = sandbox.state.repositories[("bigcorp", "stock-ui")]
            sandbox.state.repositories[("bigcorp", "new")] = first

    result = await hub.paginate(
        ListRepositories(namespace="bigcorp", ordering="name_descending"), on_progress=grow
    )
    names = [found.name for found in result.results]
    assert len(names) == len(set(names)) == 230
    assert result.total == 231


async def test_an_error_on_a_later_page_keeps_the_items_before_it(sandbox: Sandbox, hub: Hub) -> None:
    fault = sandbox.faults.add(match="page=2", status=500)
    result = await hub.paginate(BIG)
    assert (len(result.results), result.total, result.is_complete) == (100, 230, False)
    assert isinstance(result.error, HubUnavailable)
    assert (result.next_page, result.page_size) == (2, 100)
    fault.times = 0
    rest = await hub.paginate(
        BIG.model_copy(update={"page": result.next_page, "page_size": result.page_size})
    )
    assert len({found.name for found in [*result.results, *rest.results]}) == 230


async def test_an_error_on_the_first_page_is_raised(sandbox: Sandbox, hub: Hub) -> None:
    sandbox.faults.add(match="page=1", status=500)
    with pytest.raises(HubUnavailable):
        await hub.paginate(BIG)


async def test_a_missing_list_is_an_error(hub: Hub) -> None:
    with pytest.raises(NotFound):
        await hub.paginate(ListTags(repository="none"))


@pytest.mark.usefixtures("skip_waits")
async def test_a_list_that_takes_too_long_keeps_the_items_read(sandbox: Sandbox, hub: Hub) -> None:
    sandbox.faults.add(match="page=3", latency=30)
    result = await hub.paginate(BIG, timeout=0.8)
    assert (len(result.results), result.is_complete, result.next_page) == (200, False, 3)
    assert isinstance(result.error, DeadlineExceeded)
    assert "Reading the list took longer than 0.8 s" in str(result.error)


@pytest.mark.usefixtures("skip_waits")
async def test_a_page_that_takes_too_long_keeps_the_items_read(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(match="page=3", latency=30)
    result = await make_hub("owner", timeout=0.8).paginate(BIG)
    assert len(result.results) == 200
    assert "localhost did not answer within 0.8 s" in str(result.error)


@pytest.mark.usefixtures("skip_waits")
async def test_a_list_without_a_page_in_time_is_an_error(sandbox: Sandbox, hub: Hub) -> None:
    sandbox.faults.add(latency=30)
    with pytest.raises(DeadlineExceeded):
        await hub.paginate(BIG, timeout=0.1)


@pytest.mark.parametrize(
    ("call", "read", "page"),
    [(ListTags(repository="redis"), 1000, 11), (ListRepositories(namespace="bigcorp"), 100, 2)],
)
async def test_anonymous_callers_keep_the_pages_that_they_may_read(
    make_hub: Callable[..., Hub], call: Any, read: int, page: int
) -> None:
    result = await make_hub().paginate(call)
    assert (len(result.results), result.is_complete, result.next_page) == (read, False, page)
    assert isinstance(result.error, AnonymousLimit)
    assert "Sign in to read on" in str(result.error)
    assert result.total is not None
    assert result.total > read


async def test_a_list_without_a_count_ends_with_an_empty_page(sandbox: Sandbox, hub: Hub) -> None:
    result = await hub.paginate(ListAuditLogs(account="acme"))
    assert (len(result.results), result.total, result.is_complete, result.pages_read) == (120, None, True, 3)
    assert sandbox.requests[-1].query == "page=3&page_size=100"


async def test_progress_is_reported_after_each_page(hub: Hub) -> None:
    progress: list[tuple[int, int | None]] = []

    async def on_progress(read: int, total: int | None) -> None:
        progress.append((read, total))

    await hub.paginate(BIG, on_progress=on_progress)
    await hub.paginate(BIG, max_items=150, on_progress=on_progress)
    await hub.paginate(ListAuditLogs(account="acme"), max_items=110, on_progress=on_progress)
    await hub.paginate(ListAuditLogs(account="ada"), on_progress=on_progress)
    assert progress == [
        *((100, 230), (200, 230), (230, 230)),
        *((100, 150), (150, 150)),
        *((100, 110), (110, 110)),
        (2, None),
    ]


async def test_an_empty_list_is_complete(hub: Hub) -> None:
    result = await hub.paginate(ListOrgMembers(org_name="acme", search="nobody-of-this-name"))
    assert (result.results, result.total, result.is_complete, result.pages_read) == ([], 0, True, 1)


async def test_a_few_items_from_the_middle_are_not_requested_one_by_one(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    call = ListTags(repository="redis", page=8, page_size=7)
    result = await make_hub().paginate(call, max_items=5)
    whole = await make_hub().send(call)
    assert [tag.name for tag in result.results] == [tag.name for tag in whole.results[:5]]
    assert (result.is_complete, result.next_page, result.page_size) == (False, 8, 7)
    assert len(sandbox.requests) == 2

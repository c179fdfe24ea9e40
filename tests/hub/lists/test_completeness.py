"""Lists that do not add up: a walk is complete only if its items agree with what the Hub counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx2 as httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.errors import AnonymousLimit, IncompleteList, NotFound
from dockerhub_mcp.hub.lists.completeness import check_page, find_next_page, known_count
from dockerhub_mcp.hub.lists.pagination import PageResult
from dockerhub_mcp.hub.methods import ListAuditLogs, ListRepositories, ListTags
from dockerhub_mcp.hub.models import Page, Tag
from dockerhub_mcp.tools.results.results import build_pagination_result
from tests.support.failures import failures_named
from tests.support.fixture_types import QUICK, MakeHub
from tests.support.property_testing import examples

TAGS = ListTags(repository="redis", page_size=10)
Answering = Callable[..., Hub]
Respond = Callable[[int, int], httpx.Response]
MISSING = httpx.Response(404, json={"message": "httperror 404: object not found", "errinfo": {}})


def names(*numbers: int) -> list[dict[str, str]]:
    return [{"name": f"t{number}"} for number in numbers]


def page_of(rows: list[dict[str, str]], **about: Any) -> httpx.Response:
    return httpx.Response(200, json={**about, "results": rows})


def create_hub(answering: Answering, respond: Respond) -> Hub:
    return answering(
        lambda request: respond(int(request.url.params["page"]), int(request.url.params["page_size"]))
    )


def rows_of(page: int, size: int, total: int) -> list[dict[str, str]]:
    return names(*range((page - 1) * size, min(page * size, total)))


def honest(page: int, size: int, *, total: int = 30, count: Any = 30) -> httpx.Response:
    """Answer as a correct Hub does, with a count of the caller's choice."""
    rows = rows_of(page, size, total)
    if not rows and page > 1:
        return MISSING
    return page_of(rows, count=count, next="more" if page * size < total else None)


@dataclass
class Case:
    """A kind of list that does not add up, and what the result says of it."""

    respond: Respond
    read: int
    text: str
    next_page: int | None = None
    call: Any = field(default_factory=lambda: TAGS)


def early_end(page: int, size: int) -> httpx.Response:
    return page_of(rows_of(page, size, 30), count=1000, next="more" if page < 3 else None)


def missing_in_the_middle(page: int, size: int) -> httpx.Response:
    return MISSING if page == 2 else honest(page, size)


def empty_in_the_middle(page: int, size: int) -> httpx.Response:
    return page_of([], count=30, next="more") if page == 2 else honest(page, size)


def shifting(page: int, size: int) -> httpx.Response:
    """Answer as if ten items were added at the front after the first page, and the count were cached."""
    return honest(page, size) if page == 1 else page_of(rows_of(page - 1, size, 30), count=30, next=None)


def changing_count(page: int, size: int) -> httpx.Response:
    return honest(page, size, count=30 if page == 1 else 29)


KINDS = {
    "an early end": Case(early_end, 30, "Read 30 items; the Hub counts 1000, but names no further page."),
    "404 in the middle": Case(
        missing_in_the_middle, 10, "Read 10 items; the Hub counts 30, but page 2 was answered by 404.", 2
    ),
    "404 where next promised a page": Case(
        lambda page, _: MISSING if page == 2 else page_of(names(1), next="more"),
        1,
        "Read 1 item, but page 2 was answered by 404.",
        2,
    ),
    "a page number that is ignored": Case(
        lambda _, size: page_of(rows_of(1, size, 10), count=30, next="more"),
        10,
        "Read 10 items; the Hub counts 30, but page 2 only repeated items.",
    ),
    "a page number that is ignored, without next and count": Case(
        lambda _, size: page_of(rows_of(1, size, 10)), 10, "Read 10 items, but page 2 only repeated items."
    ),
    "a short page that is repeated without next and count": Case(
        lambda *_: page_of(names(1, 2)), 2, "Read 2 items, but page 2 only repeated items."
    ),
    "an empty page in the middle": Case(
        empty_in_the_middle, 10, "Read 10 items; the Hub counts 30, but page 2 came empty.", 3
    ),
    "an empty page that next promised": Case(
        lambda page, _: page_of(names(page) if page < 3 else [], next="more"),
        2,
        "Read 2 items, but page 3 came empty.",
        4,
    ),
    "a list that shifted": Case(shifting, 10, "but page 2 only repeated items."),
    "pages that overlap": Case(
        lambda page, _: page_of(
            names(1, 2) if page == 1 else names(2, 3), count=4, next="" if page > 1 else "x"
        ),
        3,
        "Read 3 items; the Hub counts 4. 1 came twice",
    ),
    "a count of 0": Case(
        lambda page, size: honest(page, size, count=0),
        30,
        "Read 30 items; the Hub counts 0. Its count is wrong",
    ),
    "a count that is too small": Case(
        lambda page, size: honest(page, size, count=12), 30, "Read 30 items; the Hub counts 12."
    ),
    "a count that changes": Case(
        changing_count, 30, "Read 30 items; the Hub counts 29, and counted 30 before. The list changed"
    ),
    "a walk from a later page": Case(
        lambda page, size: honest(page, size, total=35, count=90),
        15,
        "Read 15 items from page 3 on; the Hub counts 90, but names no further page.",
        call=TAGS.model_copy(update={"page": 3}),
    ),
    "rows that could not be read": Case(
        lambda *_: httpx.Response(200, json={"count": 3, "next": None, "results": [{"name": "a"}, 7, "b"]}),
        1,
        "2 items could not be read, and are left out.",
    ),
    "404 behind a full page, with neither next nor count": Case(
        lambda page, size: MISSING if page > 3 else page_of(rows_of(page, size, 30)),
        30,
        "Read 30 items, but page 4 was answered by 404.",
        4,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_list_that_does_not_add_up_says_what_was_read_and_counted(
    answering: Answering, kind: str
) -> None:
    case = KINDS[kind]
    result = await create_hub(answering, case.respond).paginate(case.call)
    assert (len(result.results), result.is_complete, result.next_page) == (case.read, False, case.next_page)
    assert isinstance(result.error, IncompleteList)
    assert case.text in str(result.error)
    check_text(result)


WHOLE = {
    "an ordinary list": honest,
    "404 behind a list that next promised to go on": lambda page, size: (
        MISSING if page > 3 else page_of(rows_of(page, size, 30), count=30, next="more")
    ),
    "an empty page behind a list that next promised to go on": lambda page, size: page_of(
        rows_of(page, size, 30), count=30, next="more"
    ),
    "null as count": lambda page, size: honest(page, size, count=None),
    "a negative count": lambda page, size: honest(page, size, count=-1),
    "a count that is no number": lambda page, size: honest(page, size, count="many"),
    "a count as text": lambda page, size: honest(page, size, count="30"),
    "more rows than requested": lambda page, _: (
        page_of(rows_of(1, 30, 30), count=30, next=None) if page == 1 else MISSING
    ),
    "a whole list on every page": lambda *_: page_of(rows_of(1, 30, 30), count=30, next="more"),
    "neither next nor count": lambda page, size: page_of(rows_of(page, size, 30)),
    "a last page of old rows, without next and count": lambda page, size: page_of(
        rows_of(page, size, 30) if page < 4 else names(29)
    ),
}


@pytest.mark.parametrize("kind", WHOLE)
async def test_a_list_that_adds_up_is_complete(answering: Answering, kind: str) -> None:
    result = await create_hub(answering, WHOLE[kind]).paginate(TAGS)
    assert (len(result.results), result.error, result.is_complete) == (30, None, True)
    assert result.next_page is None
    check_text(result)


async def test_a_later_page_of_a_hub_with_smaller_pages_adds_up(answering: Answering) -> None:
    def respond(page: int, size: int) -> httpx.Response:
        return honest(page, min(size, 4), total=15, count=15)

    result = await create_hub(answering, respond).paginate(TAGS.model_copy(update={"page": 2}))
    assert (len(result.results), result.error) == (11, None)


async def test_a_changed_list_says_so_where_max_items_ends_it(answering: Answering) -> None:
    result = await create_hub(answering, changing_count).paginate(TAGS, max_items=20)
    assert (len(result.results), result.next_page) == (20, 3)
    assert "Read 20 items; the Hub counts 29, and counted 30 before." in str(result.error)
    check_text(result)


async def test_what_is_wrong_behind_max_items_is_not_reported(answering: Answering) -> None:
    result = await create_hub(answering, early_end).paginate(TAGS, max_items=25)
    assert (len(result.results), result.error, result.next_page) == (25, None, 3)


async def test_progress_never_goes_back_or_past_the_total(answering: Answering) -> None:
    for kind, respond in {**{name: case.respond for name, case in KINDS.items()}, **WHOLE}.items():
        for page, max_items in ((1, None), (2, None), (1, 15), (1, 1000)):
            seen: list[tuple[int, int | None]] = []

            async def note(done: int, total: int | None, seen: Any = seen) -> None:
                seen.append((done, total))

            call = TAGS.model_copy(update={"page": page})
            with failures_named((kind, page, max_items)):
                try:
                    await create_hub(answering, respond).paginate(call, max_items=max_items, on_progress=note)
                except NotFound:  # the first page of some is missing
                    continue
                assert [done for done, _ in seen] == sorted({done for done, _ in seen})
                assert all(total is None or done <= total for done, total in seen), seen


async def test_the_anonymous_limit_is_an_interruption(make_hub: MakeHub) -> None:
    result = await make_hub().paginate(ListRepositories(namespace="bigcorp"))
    assert isinstance(result.error, AnonymousLimit)
    assert (len(result.results), result.total, result.is_complete) == (100, 230, False)


@pytest.mark.parametrize(
    ("body", "number", "text"),
    [
        ({"count": 1000, "next": None, "results": names(1, 2)}, 1, "Read 2 items; the Hub counts 1000, but"),
        (
            {"count": 1000, "next": "", "results": names(1, 2)},
            5,
            "Read 2 items from page 5 on; the Hub counts",
        ),
        ({"count": 0, "next": None, "results": names(1, 2)}, 1, "Read 2 items; the Hub counts 0."),
        ({"count": 7, "results": []}, 1, "Read 0 items; the Hub counts 7, but page 1 came empty."),
        ({"count": 90, "next": None, "results": []}, 2, "but page 2 came empty."),
        ({"next": "more", "results": []}, 2, "Read 0 items from page 2 on, but page 2 came empty."),
        ({"count": 2, "next": None, "results": names(1, 2)}, 1, ""),
        ({"count": 90, "next": "more", "results": names(1, 2)}, 1, ""),
        ({"count": -4, "next": None, "results": names(1)}, 1, ""),
        ({"count": 12, "next": None, "results": []}, 3, ""),
        ({"results": []}, 3, ""),
        ({"results": []}, 1, ""),
    ],
)
def test_a_page_alone_is_checked_against_the_count(body: dict[str, Any], number: int, text: str) -> None:
    error = check_page(Page[Tag].model_validate(body), number, 10)
    assert text in str(error)
    assert (error is None) == (text == "")


def test_a_page_alone_goes_on_as_next_or_the_count_say() -> None:
    for body, size, next_page in (
        ({"results": names(1, 2), "next": "x"}, 10, 2),
        ({"results": names(1, 2), "next": None, "count": 9}, 2, None),
        ({"results": names(1, 2), "count": 9}, 10, 2),
        ({"results": names(1, 2), "count": 2}, 2, None),
        ({"results": names(1, 2)}, 2, 2),
        ({"results": names(1, 2)}, 3, None),
        ({"results": [], "next": "x"}, 3, None),
    ):
        assert find_next_page(Page[Tag].model_validate(body), 1, size) == next_page, body
    assert known_count(Page[Tag].model_validate({"count": -1})) is None


@dataclass
class ChangingServer:
    """A list that may change, lie, repeat, stop early and lose pages between requests."""

    items: list[int]
    changes: list[int]
    count_error: int | None
    ends_at: int | None
    repeats: bool
    lost_page: tuple[int, str]
    has_next: bool
    requests: int = 0
    always: set[int] = field(default_factory=set)

    @property
    def can_lose_items_unnoticed(self) -> bool:
        """Whether nothing that the server sends tells that an item was left out."""
        return self.count_error is None and (
            min(self.changes, default=0) < 0 or self.ends_at is not None or not self.has_next
        )

    def __post_init__(self) -> None:
        self.always = set(self.items)

    def __call__(self, page: int, size: int) -> httpx.Response:
        self._change()
        number = 1 if self.repeats else page
        if number == self.lost_page[0] and self.lost_page[1] == "missing" and self.requests > 1:
            return MISSING
        rows = self.items[(number - 1) * size : number * size]
        if number == self.lost_page[0] and self.lost_page[1] == "empty":
            rows = []
        elif not rows and number > 1:
            return MISSING
        body: dict[str, Any] = {"results": names(*rows)}
        if self.count_error is not None:
            body["count"] = max(0, len(self.items) + self.count_error)
        if self.has_next:
            body["next"] = "more" if number * size < len(self.items) and number != self.ends_at else None
        return httpx.Response(200, json=body)

    def _change(self) -> None:
        change = self.changes[self.requests] if self.requests < len(self.changes) else 0
        self.requests += 1
        if self.requests == 1:
            return
        if change > 0:
            self.items = [1000 * self.requests + step for step in range(change)] + self.items
        elif change < 0:
            self.always -= set(self.items[:-change])
            self.items = self.items[-change:]


SERVERS = st.builds(
    ChangingServer,
    items=st.integers(0, 45).map(lambda length: list(range(length))),
    changes=st.lists(st.sampled_from([0, 0, 0, 1, -1, 3, -4, 12]), max_size=8),
    count_error=st.sampled_from([None, 0, 0, 0, 1, -1, 100, -100]),
    ends_at=st.sampled_from([None, None, 1, 2, 3]),
    repeats=st.sampled_from([False, False, False, True]),
    lost_page=st.tuples(st.integers(2, 5), st.sampled_from(["", "", "missing", "empty"])),
    has_next=st.booleans(),
)


@given(SERVERS, st.sampled_from([None, 5, 20, 33]))
@examples(300)
def test_a_complete_list_has_all_that_was_there_or_agrees_with_the_count(
    server: ChangingServer, max_items: int | None
) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        return server(int(request.url.params["page"]), int(request.url.params["page_size"]))

    async def read() -> PageResult[Tag]:
        transport = httpx.MockTransport(respond)
        async with Hub(base_url="http://localhost", httpx_transport=transport, retry_policy=QUICK) as hub:
            return await hub.paginate(TAGS, max_items=max_items)

    result = anyio.run(read)
    found = {tag.name for tag in result.results}
    assert len(found) == len(result.results)
    if result.is_complete:
        stayed = {f"t{item}" for item in server.always}
        assert found >= stayed or result.total == len(found) or server.can_lose_items_unnoticed
        assert result.total in {None, len(found)}
        assert result.error is None
        assert result.next_page is None
    elif result.error is None:
        assert result.next_page is not None
        assert max_items is not None
    check_text(result)


def check_text(result: PageResult[Any]) -> None:
    """Check that the text and the data of a result do not contradict themselves or the Hub's count."""
    outcome = build_pagination_result(result, [])
    head, *lines = outcome.text.split("\n")
    data = outcome.structured_content or {}
    shown, count = len(data["results"]), data.get("count")
    assert head.startswith(f"{shown} ")
    if "This is the end of the list." in head:
        assert result.is_complete
        assert "next_page" not in data
    if "Nothing matches." in head:
        assert (shown, count or 0) == (0, 0)
    if f"{shown} of " in head:
        assert shown <= int(head.split()[2])
    assert ("partial" in data) == (result.error is not None) == any(x.startswith("PARTIAL, ") for x in lines)
    assert outcome.is_cacheable == (result.error is None)
    assert result.is_complete or "next_page" in data or "partial" in data
    assert json.dumps(data)


async def test_an_audit_log_is_read_to_its_first_empty_page(make_hub: MakeHub) -> None:
    result = await make_hub("owner").paginate(ListAuditLogs(account="acme"))
    assert (result.is_complete, result.total) == (True, None)
    check_text(result)

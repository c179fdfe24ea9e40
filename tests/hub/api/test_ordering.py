from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from pydantic import ValidationError

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.api.ordering import OrderCheck, SortOrder
from dockerhub_mcp.hub.methods import ListRepositories, ListTags
from dockerhub_mcp.hub.models import Page, RepositorySummary, Tag
from dockerhub_mcp.sandbox import Sandbox

TAG_ORDERS = [
    ("newest", ("last_updated", True)),
    ("oldest", ("last_updated", False)),
    ("name", ("name", False)),
    ("name_descending", ("name", True)),
]
REPOSITORY_ORDERS = [
    *TAG_ORDERS,
    ("most_pulled", ("pull_count", True)),
    ("least_pulled", ("pull_count", False)),
]


def is_ordered(items: list[Any], attribute: str, *, descending: bool) -> bool:
    found = [getattr(item, attribute) for item in items]
    values = [value.replace(microsecond=0) if isinstance(value, datetime) else value for value in found]
    assert len(set(values)) > 2
    return all(one >= other if descending else one <= other for one, other in pairwise(values))


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(("ordering", "by"), TAG_ORDERS)
async def test_tags_are_listed_in_the_selected_order(
    sandbox: Sandbox,
    make_hub: Callable[..., Hub],
    ordering: Any,
    by: tuple[str, bool],
    flip: bool,
) -> None:
    sandbox.faults.add(flip_ordering=flip)
    page = await make_hub().send(ListTags(repository="redis", ordering=ordering, page_size=50))
    assert is_ordered(page.results, by[0], descending=by[1])
    assert len(sandbox.requests) == (2 if flip else 1)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(("ordering", "by"), REPOSITORY_ORDERS)
async def test_repositories_are_listed_in_the_selected_order(
    sandbox: Sandbox,
    make_hub: Callable[..., Hub],
    ordering: Any,
    by: tuple[str, bool],
    flip: bool,
) -> None:
    sandbox.faults.add(flip_ordering=flip)
    page = await make_hub().send(ListRepositories(namespace="bigcorp", ordering=ordering, page_size=50))
    assert is_ordered(page.results, by[0], descending=by[1])
    assert len(sandbox.requests) == (2 if flip else 1)


async def test_newest_is_sent_with_the_sign_that_is_known_to_work(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    await make_hub().send(ListTags(repository="redis", ordering="newest"))
    assert "ordering=last_updated" in sandbox.requests[-1].query


@pytest.mark.parametrize(
    ("method", "signs"),
    [
        (
            ListRepositories,
            {
                "most_pulled": "pull_count",
                "least_pulled": "-pull_count",
                "name": "name",
                "name_descending": "-name",
                "newest": "last_updated",
                "oldest": "-last_updated",
            },
        ),
        (
            ListTags,
            {"name": "-name", "name_descending": "name", "newest": "last_updated", "oldest": "-last_updated"},
        ),
    ],
)
def test_each_order_is_sent_with_the_sign_that_the_hub_follows(
    method: type[ListRepositories | ListTags], signs: dict[str, str]
) -> None:
    sent = {name: order.format_parameter(inverted=False) for name, order in method.available_orders().items()}
    assert sent == signs


async def test_without_an_order_none_is_sent(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(flip_ordering=True)
    page = await make_hub().send(ListTags(repository="redis"))
    assert page.results
    assert [request.query for request in sandbox.requests] == ["page=1&page_size=25"]


async def test_a_wrong_order_is_corrected_once_at_most(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(flip_ordering=True, times=1)
    sandbox.faults.add(
        status=200,
        body='{"results": [{"name": "a", "last_updated": "2020"}, {"name": "b", "last_updated": "2021"}]}',
    )
    await make_hub().send(ListTags(repository="redis", ordering="newest"))
    assert len(sandbox.requests) == 2


async def test_later_pages_keep_the_corrected_sign(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(flip_ordering=True)
    result = await make_hub("owner").paginate(ListRepositories(namespace="bigcorp", ordering="most_pulled"))
    assert result.is_complete
    assert is_ordered(result.results, "pull_count", descending=True)
    queries = [request.query for request in sandbox.requests if request.method == "GET"]
    assert ["ordering=-pull_count" in query for query in queries] == [False, True, True, True]


async def test_only_the_first_page_is_corrected(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(match="page=2", flip_ordering=True)
    await make_hub("owner").paginate(ListRepositories(namespace="bigcorp", ordering="name"), max_items=200)
    assert len([request for request in sandbox.requests if "page=2" in request.query]) == 1


def build_tags(*values: Any, attribute: str = "name") -> list[Tag]:
    return [Tag.model_validate({attribute: value}) for value in values]


@pytest.mark.parametrize(
    ("names", "contradicted"),
    [
        ("cba", True),
        ("abc", False),
        ("cb", False),
        ("ccc", False),
        ("cab", False),
        ("ccba", True),
        ("", False),
    ],
)
def test_three_names_are_needed_for_a_contradiction(names: str, contradicted: bool) -> None:
    assert SortOrder("name", "name", descending=False).is_contradicted_by(build_tags(*names)) is contradicted


@pytest.mark.parametrize(
    ("years", "contradicted"),
    [
        ((2020, 2021), True),
        ((2021, 2020), False),
        ((2020, 2020), False),
        ((2020, None, 2021), True),
        ((), False),
    ],
)
def test_two_dates_are_enough_for_a_contradiction(years: tuple[int | None, ...], contradicted: bool) -> None:
    moments = [year and datetime(year, 1, 1, tzinfo=UTC) for year in years]
    items = build_tags(*moments, attribute="last_updated")
    assert SortOrder("x", "last_updated", descending=True).is_contradicted_by(items) is contradicted


CHECKS: list[tuple[str, list[Any], bool, OrderCheck]] = [
    ("pull_count", [5, 3, 1], True, OrderCheck.FOLLOWED),
    ("pull_count", [5, 3, 3, 1, 1], True, OrderCheck.FOLLOWED),
    ("pull_count", [1000, 1004, 3, 1], True, OrderCheck.FOLLOWED),  # the counters go on
    ("pull_count", [5, 1, 3], True, OrderCheck.IGNORED),
    ("pull_count", [5, 1, 3], False, OrderCheck.IGNORED),
    ("pull_count", [1, 3, 5], True, OrderCheck.IGNORED),
    ("pull_count", [0, 0, 0], True, OrderCheck.UNPROVEN),
    ("pull_count", [], True, OrderCheck.UNPROVEN),
    ("pull_count", [7], True, OrderCheck.UNPROVEN),
    ("pull_count", [None, 5, None, 1], True, OrderCheck.FOLLOWED),
    ("name", ["a", "B", "c"], False, OrderCheck.FOLLOWED),
    ("name", ["B", "a", "c"], False, OrderCheck.FOLLOWED),
    ("name", ["8.2", "8.10-x", "8.3"], False, OrderCheck.IGNORED),
    ("name", ["b-a", "ba-b", "b-c"], False, OrderCheck.FOLLOWED),  # a collation without punctuation
    ("name", ["c", "a"], False, OrderCheck.UNPROVEN),
    ("last_updated", ["2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"], True, OrderCheck.IGNORED),
    ("last_updated", ["2026-01-02T00:00:00.5Z", "2026-01-02T00:00:00.7Z"], True, OrderCheck.UNPROVEN),
]


def test_the_order_of_a_list_is_checked() -> None:
    for attribute, values, descending, expected in CHECKS:
        items = [RepositorySummary.model_validate({attribute: value}) for value in values]
        assert SortOrder("x", attribute, descending).check(items) is expected, (attribute, values)


def test_a_few_exceptions_count_as_following_the_order() -> None:
    items = [RepositorySummary(pull_count=count) for count in [*range(100, 80, -1), 200, *range(80, 60, -1)]]
    assert SortOrder("x", "pull_count", descending=True).check(items) is OrderCheck.FOLLOWED


def test_an_ignored_order_is_reported_and_an_unproven_one_only_where_more_follow() -> None:
    call = ListRepositories(namespace="acme", ordering="most_pulled")

    def explain(counts: list[int], following: str | None = None) -> str:
        page = Page[RepositorySummary](results=[RepositorySummary(pull_count=count) for count in counts])
        page.next = following
        return " ".join(call.explain_result(page))

    assert "did not order the list as asked (ordering=most_pulled)" in explain([3, 9, 1])
    assert "read the whole list" in explain([3, 9, 1], "http://next")
    assert explain([9, 3, 1]) == explain([0, 0]) == explain([0], "http://next") == ""
    assert "nothing shows that the Hub followed ordering=most_pulled" in explain([0, 0], "http://next")
    assert call.corrected_call(Page[RepositorySummary](results=[RepositorySummary(pull_count=0)] * 3)) is None
    unordered = ListRepositories(namespace="acme")
    page = Page[RepositorySummary](results=[RepositorySummary(pull_count=c) for c in (1, 9, 3)])
    assert unordered.explain_result(page) == []


def test_items_without_the_field_are_ignored() -> None:
    assert not SortOrder("x", "pull_count", descending=True).is_contradicted_by(build_tags("a", "b", "c"))


@pytest.mark.parametrize(("parameter", "other"), [("name", "-name"), ("-name", "name")])
def test_the_other_sign_is_the_opposite(parameter: str, other: str) -> None:
    order = SortOrder(parameter, "name", descending=False)
    assert (order.format_parameter(inverted=False), order.format_parameter(inverted=True)) == (
        parameter,
        other,
    )


def test_correcting_a_call_leaves_the_original_unchanged() -> None:
    call = ListTags(repository="redis", ordering="name")
    other = call.corrected_call(Page[Tag](results=build_tags("c", "b", "a")))
    assert other is not None
    assert (call.build_query()["ordering"], other.build_query()["ordering"]) == ("-name", "name")
    assert other.corrected_call(Page[Tag](results=build_tags("c", "b", "a"))) is None


def test_the_signs_of_the_hub_are_not_accepted() -> None:
    with pytest.raises(ValidationError):
        ListTags.model_validate({"repository": "redis", "ordering": "-last_updated"})


def test_fractions_of_a_second_are_ignored() -> None:
    items = build_tags(
        *[f"2026-01-0{d}T00:00:00{digits}Z" for d in (1, 2, 3) for digits in (".5", "", ".25")]
    )
    order = SortOrder("x", "last_updated", descending=True)
    assert not order.is_contradicted_by(
        build_tags("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z", attribute="last_updated")
    )
    assert order.is_contradicted_by([Tag.model_validate({"last_updated": item.name}) for item in items])

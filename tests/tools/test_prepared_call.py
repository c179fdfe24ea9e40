"""Calls that are repeated: their arguments are validated once, and mean what they meant."""

from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.call import RejectedCall, find_cached_result, prepare_call, run_call
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.prepared_call import PreparedCall
from dockerhub_mcp.tools.validation import ArgumentsError
from tests.support.fixture_types import Clock, MakeHub
from tests.support.tool_calls import EVERYTHING, make_context

REDIS = {"repository": "redis", "name": "8"}


def prepare(tool: str, /, **arguments: Any) -> PreparedCall:
    prepared = prepare_call(EVERYTHING, tool, arguments)
    assert isinstance(prepared, PreparedCall)
    return prepared


def test_a_repeated_call_is_the_same_call() -> None:
    first, again = prepare("list_tags", **REDIS), prepare("list_tags", **REDIS)
    assert again.cache_key == first.cache_key
    assert again.runner is first.runner
    assert again.is_cached_read
    assert again.call.arguments == first.call.arguments
    assert again.call.notes == first.call.notes
    assert again.call is not first.call, "notes that are added to one call are not those of another"


@pytest.mark.parametrize(
    ("arguments", "others"),
    [
        ({"page": 1}, {"page": True}),
        ({"page": 1}, {"page": "1"}),
        ({"page": 1}, {"page": 1.5}),
        ({"name": "1"}, {"name": 1.0}),
        ({"fields": ["name"]}, {"fields": [["name"]]}),
        ({"fields": ["name"]}, {"fields": "digest"}),
        ({"fields": ["digest"]}, {"fields": ["digest:short"]}),
    ],
)
def test_arguments_of_other_types_are_other_arguments(
    arguments: dict[str, Any], others: dict[str, Any]
) -> None:
    prepare("list_tags", repository="redis", **arguments)
    given = {"repository": "redis", **others}
    prepared = prepare_call(EVERYTHING, "list_tags", given)
    tool = EVERYTHING.find_tool("list_tags")
    if isinstance(prepared, PreparedCall):
        assert prepared.cache_key == tool.parse(given).cache_key
    else:
        with pytest.raises(ArgumentsError) as expected:
            tool.parse(given)
        assert str(prepared.error) == str(expected.value)


@pytest.mark.parametrize("arguments", [{"name": "x" * 600}, {"page": 10**30}, {"fields": [{"name": 1}]}])
def test_long_and_nested_arguments_are_validated_each_time(arguments: dict[str, Any]) -> None:
    given = {"repository": "redis", **arguments}
    first, again = (prepare_call(EVERYTHING, "list_tags", given) for _ in range(2))
    assert type(first) is type(again)
    if isinstance(first, PreparedCall) and isinstance(again, PreparedCall):
        assert first.cache_key == again.cache_key == EVERYTHING.find_tool("list_tags").parse(given).cache_key


async def test_a_tool_that_is_switched_off_stays_so_for_a_known_call(make_hub: MakeHub, clock: Clock) -> None:
    context = make_context(make_hub("owner"), cache=ResultCache(30, clock=clock))
    await run_call(context, prepare("list_tags", **REDIS))
    others = Registry(access=Access.READ, tools=["get_tag"])
    rejected = prepare_call(others, "list_tags", REDIS)
    assert isinstance(rejected, RejectedCall)
    assert find_cached_result(context, rejected) is None
    assert (await run_call(context, rejected)).is_error


async def test_results_belong_to_a_call_and_an_account(make_hub: MakeHub, clock: Clock) -> None:
    cache = ResultCache(30, clock=clock)
    owner, anonymous = make_context(make_hub("owner"), cache=cache), make_context(make_hub(), cache=cache)
    await run_call(owner, prepare("list_tags", **REDIS))
    assert find_cached_result(owner, prepare("list_tags", **REDIS)) is not None
    assert find_cached_result(anonymous, prepare("list_tags", **REDIS)) is None
    assert find_cached_result(owner, prepare("list_tags", repository="redis", name="7")) is None
    assert find_cached_result(owner, prepare("find_tags", repository="redis")) is None


def test_many_calls_are_not_all_kept() -> None:
    for number in range(600):
        prepared = prepare("list_tags", repository="redis", page=number + 1)
        assert prepared.cache_key == prepared.call.cache_key

"""Hostile arguments and texts that keep the server busy or make results long."""

from __future__ import annotations

import time

import pytest

from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry, UnknownNameError
from dockerhub_mcp.tools.results.sanitize import sanitize
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import make_context


@pytest.mark.parametrize(
    "pattern", ["\u0628" + "\u064b\u200c" * 100_000, "\u0301\u200c" * 100_000, "\u0628\u064b" * 100_000]
)
def test_no_text_takes_more_than_linear_time(pattern: str) -> None:
    begun = time.process_time()
    sanitize(pattern)
    assert time.process_time() - begun < 5  # it took more than a minute


def test_a_joiner_after_a_letter_with_marks_is_kept() -> None:
    for marks in range(4):
        text = "\u0628" + "\u064b" * marks + "\u200c\u0628"
        assert sanitize(text) == text


async def test_many_invalid_arguments_give_a_short_message(make_hub: MakeHub) -> None:
    arguments = {f"wrong{number}": number for number in range(50_000)}
    begun = time.process_time()
    outcome = await call_tool(Registry(), make_context(make_hub()), "list_tags", arguments)
    assert time.process_time() - begun < 2
    assert outcome.is_error
    assert "wrong0: list_tags has no such argument" in outcome.text
    assert "more arguments are invalid" in outcome.text
    assert len(outcome.text) < 10_000


async def test_few_invalid_arguments_are_all_reported(make_hub: MakeHub) -> None:
    arguments = {"repository": "redis", "page": "x", "page_sice": 3, "ordering": "upwards"}
    outcome = await call_tool(Registry(), make_context(make_hub()), "list_tags", arguments)
    assert all(name in outcome.text for name in ("page_sice", "page:", "ordering:"))
    assert "more arguments" not in outcome.text


def test_a_very_long_name_is_not_repeated_in_full() -> None:
    with pytest.raises(UnknownNameError) as caught:
        Registry().find_tool("list_tagz" * 50_000)
    assert len(str(caught.value)) < 1_000

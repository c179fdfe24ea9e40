from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.cli.call.arguments import Argument

TEXTS = {"type": "array", "items": {"type": "string"}}
THINGS = {"type": "array", "items": {"type": "object"}}


@pytest.mark.parametrize(
    ("schema", "texts", "value"),
    [
        ({"type": "string"}, ["a", "b"], "b"),
        ({}, ["1"], "1"),
        ({"type": "integer"}, ["7"], 7),
        ({"type": "integer"}, ["7.5"], 7.5),
        ({"type": "number"}, ["seven"], "seven"),
        ({"type": "boolean"}, ["TRUE"], True),
        ({"type": "boolean"}, ["perhaps"], "perhaps"),
        ({"type": "object"}, ['{"a": 1}'], {"a": 1}),
        ({"type": "object"}, ["[1]"], "[1]"),
        ({"type": "object"}, ["[" * 100_000], "[" * 100_000),
        (TEXTS, ["a, b", "c"], ["a", "b", "c"]),
        (TEXTS, ["[1, 2]"], ["[1", "2]"]),
        (TEXTS, [","], [","]),
        (TEXTS, ['["a,b"]'], ["a,b"]),
        (THINGS, ['{"a": 1}', '[{"b": 2}]'], [{"a": 1}, {"b": 2}]),
        (THINGS, ["nonsense"], ["nonsense"]),
    ],
)
def test_a_value_is_what_its_schema_wants_and_stays_as_written_where_it_cannot_be(
    schema: dict[str, Any], texts: list[str], value: Any
) -> None:
    made = Argument("x", schema).value(texts)
    assert (made, type(made)) == (value, type(value))


@pytest.mark.parametrize(
    ("schema", "metavar"),
    [
        ({"type": "string", "enum": ["a", "b"]}, "a|b"),
        ({"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}, "a|b,..."),
        (TEXTS, "A,B"),
        (THINGS, "JSON"),
        ({"type": "object"}, "JSON"),
        ({"type": "string", "format": "date-time"}, "TIME"),
        ({"type": "integer"}, "N"),
        ({"type": "boolean"}, ""),
        ({"type": "string"}, "TEXT"),
    ],
)
def test_help_says_what_a_value_looks_like(schema: dict[str, Any], metavar: str) -> None:
    assert Argument("x", schema).metavar == metavar

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from dockerhub_mcp.hub.api.coercion import coerce_arguments


class Sample(BaseModel):
    name: str
    scopes: list[str]
    rules: list[str] | None = None
    choices: list[Literal["a", "b"]] | None = None
    options: dict[str, int] = Field(default_factory=dict)
    plain: list | None = None  # type: ignore[type-arg]
    note: str | None = None
    since: str | None = Field(default=None, alias="from")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"note": None}, {}),
        ({"note": ""}, {}),
        ({"note": "x"}, {"note": "x"}),
        ({"note": "[1]"}, {"note": "[1]"}),
        ({"note": False}, {"note": False}),
        ({"note": 0}, {"note": "0"}),
        ({"note": 1.5}, {"note": 1.5}),
        ({"rules": [8, "a", 1.5, True]}, {"rules": ["8", "a", 1.5, True]}),
        ({"from": None, "since": ""}, {}),
        ({"from": "y"}, {"from": "y"}),
        ({"since": "y"}, {"since": "y"}),
        ({"rules": '["a", "b"]'}, {"rules": ["a", "b"]}),
        ({"rules": "a, b"}, {"rules": ["a", "b"]}),
        ({"rules": ["a"]}, {"rules": ["a"]}),
        ({"choices": "a, b"}, {"choices": ["a", "b"]}),
        ({"choices": "a"}, {"choices": ["a"]}),
        ({"choices": '["b"]'}, {"choices": ["b"]}),
        ({"options": '{"a": 1}'}, {"options": {"a": 1}}),
        ({"plain": "[1]"}, {"plain": [1]}),
        ({"scopes": '["a"]'}, {"scopes": ["a"]}),
        ({"name": None}, {}),
        ({"name": ""}, {"name": ""}),
        ({"unknown": None}, {"unknown": None}),
    ],
)
def test_arguments_are_coerced(given: dict[str, Any], meant: dict[str, Any]) -> None:
    assert coerce_arguments(Sample, given) == meant


def test_null_is_never_sent_as_a_value() -> None:
    assert (
        Sample.model_validate(coerce_arguments(Sample, {"name": "a", "scopes": [], "options": None})).options
        == {}
    )

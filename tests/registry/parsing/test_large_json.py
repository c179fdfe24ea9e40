"""Large JSON is decoded in steps to the same values as at once, and refused for the same reasons."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from dockerhub_mcp.registry.parsing.json_values import decode_object
from dockerhub_mcp.registry.parsing.large_json import LARGE_BYTES, decode_in_steps, run_by_size

LONG = "x" * 20_000
"""A text that is longer than a step, so that what holds it is read piece by piece."""


NAMES = 'ab"é,]}'


def make_value(random: Random, depth: int) -> Any:
    kind = random.randrange(9)
    if depth and kind > 4:
        count = random.randrange(5)
        if kind % 2:
            return [make_value(random, depth - 1) for _ in range(count)]
        names = [f"{random.choice(NAMES)}{n}" for n in range(count)]
        return {name: make_value(random, depth - 1) for name in names}
    return [None, True, -1.5e9, 12, LONG, '"},]\\ \n é', "", [], {}][kind]


@pytest.mark.parametrize("seed", range(40))
def test_values_are_the_same_as_those_of_the_library(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - makes values
    value = {"value": make_value(random, 7), "long": LONG}
    for indent, separators in ((None, (",", ":")), (3, None), (None, (" ,\t", "\r\n: "))):
        text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=seed % 2 == 0)
        assert decode_in_steps(text.encode()) == value


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"a":[',
        b'{"a":1,}' + b" " * 20_000 + b"x",
        *(
            template.replace("LONG", json.dumps(LONG)).encode()
            for template in (
                '{"a":[LONG,]}',
                '{"a":[,LONG]}',
                '{"a":LONG,}',
                '{,"a":LONG}',
                '{"a" LONG}',
                '{"a":LONG "b":1}',
                "{a:LONG}",
                '{"a":[LONG 1]}',
                '{"a":[LONG,NaN]}',
                '{"a":[LONG,-Infinity]}',
                '{"a":[LONG],"b":1e}',
                '{"a":LONG}}',
                '{"a":LONG} x',
                '["a",LONG',
                '{"a":{"b":[LONG}}',
                "{1:LONG}",
            )
        ),
        b'{"a":"\xff' + LONG.encode() + b'"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        f'{{"a":{"[" * 40}{json.dumps(LONG)}{"]" * 40}}}'.encode(),
        b'{"a":' + b"9" * 20_000 + b"}",
    ],
)
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|nested|integer"):
        decode_in_steps(content)


def test_every_truncated_text_is_refused() -> None:
    content = json.dumps({"a": [LONG, {"b": [1, 2, LONG]}], "c": {}}).encode()
    for length in range(0, len(content), 37):
        with pytest.raises(ValueError, match="JSON"):
            decode_in_steps(content[:length])


def test_items_of_named_lists_are_reduced() -> None:
    data = {"files": [{"name": n} for n in range(3)], "other": [1, 2], "deep": {"packages": [1, 2, 3, LONG]}}
    reducers = {"files": lambda _: None, "packages": lambda item: item if item != 2 else None}
    assert decode_in_steps(json.dumps(data).encode(), reducers) == {
        "files": [],
        "other": [1, 2],
        "deep": {"packages": [1, 3, LONG]},
    }


def test_an_object_with_the_name_of_a_reduced_list_stays() -> None:
    data = {"packages": {"a": LONG}}
    assert decode_in_steps(json.dumps(data).encode(), {"packages": lambda _: None}) == data


async def test_large_objects_are_decoded_like_small_ones() -> None:
    for count in (1, LARGE_BYTES):
        data = {"a": ["é"] * count}
        content = json.dumps(data).encode()
        assert await run_by_size(len(content), decode_object, content) == data
        with pytest.raises(ValueError, match="no JSON object"):
            await run_by_size(len(content), decode_object, b"[" + content + b"]")

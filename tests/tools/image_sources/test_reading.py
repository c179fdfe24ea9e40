"""Recognizing texts, lists of references, and texts that cannot be read."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.tools.image_sources.model import MAX_REFERENCES, MAX_TEXT_BYTES, SourceError, SourceKind
from dockerhub_mcp.tools.image_sources.reading import read_source
from tests.support.property_testing import examples


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("FROM redis", SourceKind.DOCKERFILE),
        ("ARG X=1\nFROM redis", SourceKind.DOCKERFILE),
        ("COPY --from=redis a b", SourceKind.DOCKERFILE),
        ("# x\nfrom\tredis", SourceKind.DOCKERFILE),
        ("services:\n  a: {image: redis}", SourceKind.COMPOSE),
        ("version: '3'\nservices: {a: {image: redis}}", SourceKind.COMPOSE),
        ("---\napiVersion: v1\nkind: Pod", SourceKind.KUBERNETES),
        ("apiVersion: v1\nkind: Pod", SourceKind.KUBERNETES),
        ("from: redis", SourceKind.YAML),
        ("- image: redis", SourceKind.YAML),
        ("{}", SourceKind.YAML),
        ("redis", SourceKind.LIST),
        ("- redis:8", SourceKind.LIST),
        ("localhost:5000/x:1", SourceKind.LIST),
        ("docker pull redis:8", SourceKind.LIST),
    ],
)
def test_kinds(text: str, kind: SourceKind) -> None:
    assert read_source(text).kind is kind


def test_lists() -> None:
    text = "# images\nredis:8\n\n- \"nginx\" # web\n* 'a/b:1'\n2. `c/d`\nghcr.io/x/y:1\r\nhttps://hub.docker.com/_/redis\n"
    assert [(each.line, each.raw) for each in read_source(text).references] == [
        (2, "redis:8"),
        (4, "nginx"),
        (5, "a/b:1"),
        (6, "c/d"),
        (7, "ghcr.io/x/y:1"),
        (8, "https://hub.docker.com/_/redis"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty"),
        ("# only\n\n# comments", "has only comments"),
        ("FROM a\nx\0y", "line 2 has a NUL character"),
        ("FROM a\nx\udc80", "line 2 is not valid UTF-8"),
        ("a: 1\nb: \x07", "line 2 has the character U+0007"),
        ("x" * (MAX_TEXT_BYTES + 1), "262,145 bytes, and at most 262,144"),
        ("\xe9" * (MAX_TEXT_BYTES // 2 + 1), "262,146 bytes"),
        ("services:\n\ta: 1", "line 2: YAML allows no tab here; indent with spaces"),
        ("services:\n  a: b: c", "line 2: a ':' is not allowed here"),
        ("services:\n  a: [1, 2\nb: 3", "line 3: "),
        ("services: *x", "line 1: no anchor &x"),
        ("services:\n  a: 'x", "line 2: "),
        (
            "services:\n  web:\n    image: nginx\n   db: x",
            "line 4: its indentation does not fit the lines above",
        ),
        ("services:\n  a\n  b: c", "line 3: a ':' is "),
        ("a: " + "[" * 500, "nested more than 100 levels"),
        ("a:\n" + "".join(f"{' ' * level}b:\n" for level in range(1, 200)), "nested more than 100 levels"),
        ("a: [" + "1," * 110_000 + "]", "more than 100000 values"),
        ("%YAML 9.9\n---\na: b", "line 1: "),
    ],
)
def test_unreadable_texts(text: str, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_source(text)
    assert words in str(caught.value)


def test_errors_do_not_repeat_the_line() -> None:
    with pytest.raises(SourceError) as caught:
        read_source("services:\n  password: hunter2: x")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(SourceError) as caught:
        read_source(
            "services: {a: *hunter2-is-a-very-long-secret-that-no-message-should-show-in-full-at-all}"
        )
    assert "in-full" not in str(caught.value)


def test_nested_aliases_are_not_expanded() -> None:
    levels = "".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]\n" for i in range(1, 60))
    text = f"l0: &l0 {{name: x, image: redis:8}}\n{levels}"
    assert [each.raw for each in read_source(text).references] == ["redis:8"]


def test_anchors_that_contain_themselves() -> None:
    assert read_source("a: &a {image: redis, <<: *a, b: [*a]}").references[0].raw == "redis"
    text = "services: &s\n  a: &a {<<: [*a, *s], image: redis}\n  b: *s\n"
    assert [each.raw for each in read_source(text).references] == ["redis"]


def test_anchors_may_be_defined_again() -> None:
    text = "x: &x {image: redis}\ny: &x {image: nginx}\nservices:\n  a: *x\n"
    assert [each.raw for each in read_source(text).references] == ["nginx"]


def test_duplicate_keys_are_reported() -> None:
    source = read_source("services:\n  a:\n    image: redis\n    image: nginx\n")
    assert [each.raw for each in source.references] == ["nginx"]
    assert source.notes == (
        "Line 4: the key 'image' occurs twice; the last value counts here, others refuse it.",
    )


def test_other_line_breaks_do_not_shift_the_lines() -> None:
    text = "x: a\u2028b\x85c\nservices:\n  a: {image: redis}\n"
    assert read_source(text).references[0].line == 3


def test_complex_keys_are_left_out() -> None:
    assert (
        read_source("? {a: b}\n: {image: redis}\nservices: {x: {image: nginx}}").references[0].raw == "nginx"
    )


def test_the_number_of_references_is_limited() -> None:
    for text in ("FROM a\n" * 5000, "a\n" * 5000, "- image: a\n" * 5000):
        assert len(read_source(text).references) == MAX_REFERENCES


FRAGMENTS = st.sampled_from(
    [
        "FROM ", "ARG ", "COPY --from=", "RUN --mount=from=", "ONBUILD ", "# syntax=", "# escape=`", "\\\n", "`\n", "\n",
        "<<EOF", "<<-", "EOF", "$", "${", "}", ":-", ":+", "${A:-", "A=", '"', "'", " AS ", "redis:8", "@sha256:", "services:\n",
        "  ", "image: ", "- ", "a: ", "&a ", "*a", "<<: ", "[", "]", "{", "}", "{{", "}}", "---\n", "apiVersion: v1\n",
        "kind: Pod\n", "containers:\n", "build:\n", "dockerfile_inline: |\n", "args:\n", "|\n", ">\n", "? ", "! ", "!!x ", "%",
        "\t", "\0", "\ufeff", "\r\n", "\u2028", "#", ",", "\udcff",
    ]
)  # fmt: skip


@given(st.one_of(st.text(max_size=200), st.lists(FRAGMENTS, max_size=40).map("".join)))
@examples(600)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        source = read_source(text)
    except SourceError:
        return
    lines = text.count("\n") + text.count("\r") + 1
    assert all(1 <= each.line <= lines for each in source.references)


@pytest.mark.parametrize(
    "unit",
    [
        "FROM a\n", "RUN a <<E\n", "ARG A=$A$A\n", "FROM ${A:-${A:-${A:-x}}}\n", "RUN \\\n", "COPY --from=0 \\\n", "# x\n",
        "a:\n", "- [\n", "a: &a\n", "- *a\n", "- &a {a: b}\n", "{", "${", "image: {{ x }}\n", "FROM a AS b\nCOPY --from=c d\n",
        "RUN --mount=from=a,from=b ", "'", "\t", "\\ ",
    ],
)  # fmt: skip
def test_work_grows_with_the_length_only(unit: str) -> None:
    def count_calls(size: int) -> int:
        text = (unit * (size // len(unit) + 1))[:size]
        count = 0

        def on_event(_frame: FrameType, _event: str, _argument: Any) -> None:
            nonlocal count
            count += 1

        sys.setprofile(on_event)
        try:
            read_source(text)
        except SourceError:
            pass
        finally:
            sys.setprofile(None)
        return count

    assert count_calls(32_000) < 6 * count_calls(8_000) + 1000


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("a: {{\nimage: redis BLANK8\nimage: nginx", ["redis BLANK8", "nginx"]),
        ("# syntax=docker/dockerfile:1 BLANKx\nFROM redis", ["docker/dockerfile:1", "redis"]),
        ("a: {{\nimage: redis  # BLANK\nimage: nginx", ["redis", "nginx"]),
        ("FROM BLANK redis BLANK AS a\nFROM a", ["redis", "a"]),
    ],
)
def test_long_runs_of_blanks_take_linear_time(text: str, images: list[str]) -> None:
    """With an expression that looks for the end of a value again at each blank, this takes minutes."""
    blank = " " * (MAX_TEXT_BYTES // 2 - 100)
    source = read_source(text.replace("BLANK", blank, 2))
    found = [each.raw for each in source.references]
    assert [each[:40] for each in found] == [each.replace("BLANK", blank)[:40] for each in images]

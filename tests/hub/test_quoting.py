"""Quoted texts stay within their quotes, on one line, without anything invisible."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub.quoting import list_names, quote_name, quote_text


def test_plain_names_are_bare_and_everything_else_is_quoted() -> None:
    for name in ("ada", "acme/cli:v1.4.0", "bo@example.com", "acme/*", "a" * 255):
        assert quote_name(name) == name
    for name, quoted in (
        ("", '""'),
        ("two words", '"two words"'),
        ('"', r'"\""'),
        ("a\nb\u202ec", '"a b c"'),
        ("x\u3164\u2800y", '"xy"'),
        ("<!-- gone", '"< !-- gone"'),
        ("ünï", '"ünï"'),
        ("8.2.", '"8.2."'),  # at the end of a sentence, its period would be doubled
        ("8:", '"8:"'),
        ("a" * 301, f'"{"a" * 299}…"'),
    ):
        assert quote_name(name) == quoted


def test_long_lists_of_names_are_cut_with_their_number() -> None:
    assert list_names(["a", "b c"]) == 'a, "b c"'
    assert list_names(range(22)).endswith("18, 19 and 2 more")
    assert list_names(range(22), 22).endswith("20, 21")


@given(st.text(max_size=60))
def test_no_text_leaves_its_quotes(text: str) -> None:
    quoted = quote_text(text)
    assert isinstance(json.loads(quoted), str)
    assert "\n" not in quoted
    assert not any(hidden in quoted for hidden in ("<!", "\u200b", "\u202e", "\u3164"))


def test_marks_do_not_paint_over_other_text() -> None:
    assert quote_text("a" + "\u0300" * 500).count("\u0300") == 8

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub.redaction import MASK, Redactor, to_single_line
from tests.support.property_testing import examples

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl-_"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("token dckr_pat_Abc-12_x!", "token ***!"),
        ("dckr_oat_Abc", "***"),
        (f"got {JWT}.", "got ***."),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.", "***"),
        ("Authorization: Bearer abcdefgh.ij~k+/=", "Authorization: Bearer ***"),
        ("authorization: basic YWRhOnNlY3JldA==", "authorization: basic ***"),
        ("a bearer token", "a bearer token"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_tokens_of_docker_are_masked(text: str, left: str) -> None:
    assert Redactor()(text) == left


def test_the_longer_of_two_secrets_is_masked_first() -> None:
    redact = Redactor()
    redact.add_secret("hunter")
    redact.add_secret("hunter-two")
    assert redact("hunter-two and hunter") == "*** and ***"


def test_very_short_secrets_are_not_masked() -> None:
    redact = Redactor()
    redact.add_secret("abc")
    assert redact("the abc of it") == "the abc of it"


@examples(60)
@given(
    st.lists(st.text(st.characters(exclude_characters="*"), min_size=4, max_size=30), min_size=1, max_size=4),
    st.lists(st.text(max_size=20), min_size=5, max_size=5),
)
def test_a_registered_secret_is_always_masked(secrets: list[str], between: list[str]) -> None:
    redact = Redactor()
    for secret in secrets:
        redact.add_secret(secret)
    text = "".join(part + secret for part, secret in zip(between, secrets, strict=False)) + between[-1]
    assert not any(secret in redact(text) for secret in secrets)
    assert MASK in redact(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo\r\n\tthree", "one two three"),
        ("a\x1b[31mb\x00c", "a [31mb c"),
        ("safe\u202eevil\u200b\u2066", "safe evil"),
        ("  wide \u00a0\u3000 space ", "wide space"),
        ("größe ✓", "größe ✓"),
        ("", ""),
    ],
)
def test_texts_become_one_line(text: str, line: str) -> None:
    assert to_single_line(text) == line


def test_texts_are_cut_to_a_maximum_length() -> None:
    assert to_single_line("x" * 300) == "x" * 300
    assert to_single_line("x" * 301) == "x" * 299 + "…"
    assert to_single_line("abcdef", 4) == "abc…"


@examples(60)
@given(st.text())
def test_a_line_is_short_and_has_no_control_characters(text: str) -> None:
    line = to_single_line(text)
    assert len(line) <= 300
    assert line.isprintable()

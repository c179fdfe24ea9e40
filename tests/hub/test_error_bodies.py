from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub.error_bodies import error_message, two_factor_ticket
from tests.support.property_testing import examples


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "object not found", "errinfo": {"namespace": "a"}}, "object not found"),
        ({"errinfo": {"url": "https://accounts-api.internal/x"}, "message": "denied"}, "denied"),
        ({"errinfo": {"url": "https://accounts-api.internal/x"}}, ""),
        ({"detail": "No such organization"}, "No such organization"),
        ({"detail": "Rate limit exceeded", "error": False}, "Rate limit exceeded"),
        (
            {"fields": {"name": ["too short"]}, "text": "Validation failed"},
            "Validation failed; name: too short",
        ),
        ({"fields": {"page": ["bad"]}, "text": "bad"}, "bad; page: bad"),
        ({"errors": [{"code": "TOOMANYREQUESTS", "message": "slow down"}]}, "slow down"),
        ({"errors": ["one", "two", "one"]}, "one; two"),
        ({"email": ["invalid", "taken"]}, "email: invalid; email: taken"),
        ({"__all__": ["Repository already exists."]}, "Repository already exists."),
        ({"non_field_errors": ["No."]}, "No."),
        ({"message": None, "detail": "x"}, "x"),
        ({"message": 5}, "5"),
        ({"name": {"nested": ["deep"]}}, "name: nested: deep"),
        ({"detail": "MFA", "login_2fa_token": "hush"}, "MFA"),
        ({"error": "x", "code": 3}, ""),
        (["a", None, "", "b", 5], "a; b"),
        ("words", "words"),
        (None, ""),
        (5, ""),
        ({}, ""),
    ],
)
def test_every_json_form_has_its_message(body: Any, words: str) -> None:
    assert error_message(json.dumps(body).encode()) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ""),
        (b"  \n ", ""),
        (b"Too Many Requests", "Too Many Requests"),
        (b"<html><head><TITLE lang=en>502 Bad\nGateway</TITLE></head><body>x</body>", "502 Bad Gateway"),
        (b"<html><style>b{}</style><!-- no --><p>Sorry,<br>closed</p><script>x()</script>", "Sorry, closed"),
        (b'{"message": "cut o', '{"message": "cut o'),
        (b"\xff\xfe caf\xc3\xa9", "�� café"),
        (b"a\x1b[2J\r\nb", "a [2J b"),
    ],
)
def test_a_body_that_is_not_json_is_read_as_text(body: bytes, words: str) -> None:
    assert error_message(body) == words


def test_a_long_page_is_cut_to_one_line() -> None:
    assert len(error_message(b"<p>" + b"word " * 20_000)) == 300


@pytest.mark.parametrize(
    "body",
    [b"[" * 60_000, b"[" * 900 + b'"x"' + b"]" * 900, b'{"a":' * 400 + b'"x"' + b"}" * 400],
)
def test_deep_nesting_is_handled(body: bytes) -> None:
    assert len(error_message(body)) <= 300
    assert two_factor_ticket(body) is None


def test_a_malicious_page_is_read_quickly() -> None:
    begun = time.process_time()
    for part in (b"<script", b"<!--", b"<title>", b"<title"):
        error_message(b"<" + part * 9_000)
    assert time.process_time() - begun < 3  # it took more than ten seconds once


def test_a_secret_is_redacted_before_the_message_is_cut() -> None:
    body = json.dumps({"detail": "x" * 290 + " hush  hush"}).encode()
    assert error_message(body, lambda text: text.replace("hush  hush", "***")) == "x" * 290 + " ***"


@examples(60)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_body_is_handled(body: bytes) -> None:
    for content in (body, b"<" + body, b"{" + body, b'{"message":' + body):
        assert len(error_message(content)) <= 300
        assert error_message(content).isprintable()


@examples(60)
@given(
    st.recursive(st.none() | st.text() | st.integers(), lambda v: st.lists(v) | st.dictionaries(st.text(), v))
)
def test_any_json_body_is_handled(body: Any) -> None:
    assert len(error_message(json.dumps(body).encode())) <= 300


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"detail": "x", "login_2fa_token": "abc"}', "abc"),
        (b'{"login_2fa_token": ""}', None),
        (b'{"login_2fa_token": 5}', None),
        (b'{"detail": "x"}', None),
        (b"[]", None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_the_ticket_of_a_sign_in_is_found(body: bytes, found: str | None) -> None:
    assert two_factor_ticket(body) == found

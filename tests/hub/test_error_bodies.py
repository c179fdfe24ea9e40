from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub.error_bodies import error_message, error_names, two_factor_ticket
from tests.support.property_testing import examples


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "object not found", "errinfo": {"namespace": "a"}}, "object not found"),
        ({"errinfo": {"url": "https://accounts-api.internal/x"}, "message": "denied"}, "denied"),
        ({"errinfo": {"url": "https://accounts-api.internal/x"}}, ""),
        ({"detail": "No such organization"}, "No such organization"),
        ({"detail": "Rate limit exceeded", "error": False}, "Rate limit exceeded"),
        ({"fields": {"name": ["too short"]}, "text": "Validation failed"}, "name: too short"),
        ({"fields": {"page": ["bad"]}, "text": "bad"}, "page: bad"),
        ({"errors": [{"code": "TOOMANYREQUESTS", "message": "slow down"}]}, "slow down"),
        ({"errors": ["one", "two", "one"]}, "one; two"),
        ({"email": ["invalid", "taken"]}, "email: invalid; email: taken"),
        ({"__all__": ["Repository already exists."]}, "Repository already exists."),
        ({"non_field_errors": ["No."]}, "No."),
        ({"message": None, "detail": "x"}, "x"),
        ({"message": 5}, "5"),
        ({"name": {"nested": ["deep"]}}, "name.nested: deep"),
        ({"detail": "MFA", "login_2fa_token": "hush"}, "MFA"),
        ({"error": "x", "code": 3}, "x"),
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
        (b"[ErrorDetail(string='Too long.', code='max_length')]", "Too long."),
        (b"{'name': ['must be lower case']}", "name: must be lower case"),
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


FIELD_ERRORS: list[tuple[Any, str]] = [
    # errinfo of the newer routes
    (
        {
            "message": "httperror 400: request had 1 validation error",
            "errinfo": {"fielderrors": {"name": "must be lower case"}},
        },
        "name: must be lower case",
    ),
    (
        {
            "message": "httperror 400: request had 2 validation errors",
            "errinfo": {"url": "https://accounts-api/x", "fielderrors": {"name": ["a", "b"], "role": "c"}},
        },
        "name: a; name: b; role: c",
    ),
    ({"message": "not possible", "errinfo": {"fields": {"name": "taken"}}}, "not possible; name: taken"),
    ({"message": "refused", "errinfo": {"fielderrors": None}}, "refused"),
    # detail and message as a list or an object
    (
        {"detail": [{"loc": ["body", "name"], "msg": "field required", "type": "missing"}]},
        "name: field required",
    ),
    ({"detail": ["one", "two"]}, "one; two"),
    ({"detail": {"name": ["bad"], "label": None}}, "name: bad"),
    ({"message": {"name": ["bad"]}}, "name: bad"),
    ({"message": {"code": "E1", "message": "deep"}}, "deep"),
    ({"error": {"code": "E1", "message": "deep"}}, "deep"),
    # errors as texts, objects, or an object
    ({"errors": {"label": ["blank"]}}, "label: blank"),
    ({"errors": [["a"], [{"message": "b"}]]}, "a; b"),
    ({"errors": "just text"}, "just text"),
    (
        {"errors": [{"field": "label", "message": "blank"}, {"field": "scopes", "message": "empty"}]},
        "label: blank; scopes: empty",
    ),
    ({"errors": [{"source": {"pointer": "/label"}, "detail": "blank"}]}, "blank"),
    # Django
    ({"description": ["too long"]}, "description: too long"),
    ({"name": "required", "description": "too long"}, "name: required; description: too long"),
    ({"resources": [{}, {"scopes": ["unknown"]}]}, "resources.scopes: unknown"),
    ({"type": ["invalid"], "path": ["bad"]}, "type: invalid; path: bad"),
    ({"name": [{"message": "bad", "code": "invalid"}]}, "name: bad"),
    # notations of Python
    ({"message": "['taken']"}, "taken"),
    ({"message": "{'name': ['bad']}"}, "name: bad"),
    ({"message": "ValidationError: {'name': ['bad']}"}, "ValidationError; name: bad"),
    ({"detail": "[ErrorDetail(string='Too long.', code='max_length')]"}, "Too long."),
    ({"detail": "{'name': [ErrorDetail(string=\"It's bad\", code='x')]}"}, "name: It's bad"),
    ({"message": "None", "detail": "none"}, ""),
    ({"message": '{"detail": "inner"}'}, "inner"),
    # SCIM, the registry, GraphQL, gRPC, problem details, frameworks
    (
        {"schemas": ["urn:x:Error"], "status": "400", "scimType": "invalidFilter", "detail": "bad filter"},
        "bad filter",
    ),
    ({"schemas": ["urn:x:Error"], "status": "409", "scimType": "uniqueness"}, "uniqueness"),
    (
        {
            "errors": [
                {"code": "DENIED", "message": "denied", "detail": [{"Type": "repository", "Action": "pull"}]}
            ]
        },
        "denied",
    ),
    ({"errors": [{"code": "MANIFEST_UNKNOWN", "detail": None}]}, "MANIFEST_UNKNOWN"),
    (
        {
            "errors": [
                {"message": "no", "path": ["dhi"], "locations": [{}], "extensions": {"code": "FORBIDDEN"}}
            ]
        },
        "no",
    ),
    (
        {
            "code": 3,
            "message": "invalid request",
            "details": [{"@type": "x.y/BadRequest", "fieldViolations": [{"field": "a", "description": "b"}]}],
        },
        "a: b",
    ),
    (
        {"title": "Bad", "status": 400, "detail": "wrong", "invalid-params": [{"name": "n", "reason": "r"}]},
        "wrong; n: r",
    ),
    (
        {"timestamp": "2026-01-01", "status": 404, "error": "Not Found", "path": "/v2/x", "trace": "at x"},
        "Not Found",
    ),
    ({"error": "invalid_grant", "error_description": "The token is expired."}, "The token is expired."),
]


def test_errors_of_fields_are_shown_with_the_name_of_the_field() -> None:
    for body, words in FIELD_ERRORS:
        assert error_message(json.dumps(body).encode()) == words, body


def test_a_message_never_shows_data_in_the_notation_of_python() -> None:
    for body, _ in FIELD_ERRORS:
        for wrapped in (body, {"detail": body}, {"errors": [body]}, [body], {"message": str(body)}):
            message = error_message(json.dumps(wrapped).encode())
            assert not any(sign in message for sign in ("{'", "['", "']", "None", "ErrorDetail(")), wrapped
            assert "accounts-api" not in message


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("dial tcp 10.1.2.3:443: connect: connection refused", "dial tcp (a host): connect: connection refused"),
        ("lookup accounts-api.default.svc.cluster.local on 10.96.0.10:53: no such host", "lookup (a host) on (a host): no such host"),
        ("accounts-api.internal/v1/users failed", "(a host) failed"),
        ("accounts-api:8080 said no", "(a host) said no"),
        ("read tcp 192.168.0.1:33->172.16.0.2:80: reset", "read tcp (a host)->(a host): reset"),
        ("db.prod.us-east-1.rds.amazonaws.com:5432 timed out", "(a host) timed out"),
        ("[fd00::1]:8080 is down", "(a host) is down"),
        ("connection to localhost:9200 refused", "connection to (a host) refused"),
        ('Post "http://10.0.0.7/x": EOF', 'Post "(a URL)": EOF'),
        ('boom\nTraceback (most recent call last):\n  File "/srv/a.py", line 3', "boom"),
        ("panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:5", "panic: x"),
        ("Error: x\n    at Object.<anonymous> (/srv/app/index.js:10:5)", "Error: x"),
        ("NullPointer\n\tat com.docker.Foo.bar(Foo.java:12)", "NullPointer"),
        # names and addresses of the caller stay
        ("tag '10.4.2.1' not found", "tag '10.4.2.1' not found"),
        ("tag 10.4.2.1 is immutable", "tag 10.4.2.1 is immutable"),
        ("Your IP 203.0.113.9 is blocked", "Your IP 203.0.113.9 is blocked"),
        ("repository acme/my-api already exists", "repository acme/my-api already exists"),
        ("no image acme/my-api:2024", "no image acme/my-api:2024"),
        ("internal error", "internal error"),
        ("name my-api.v2 is taken", "name my-api.v2 is taken"),
    ],
)  # fmt: skip
def test_internal_addresses_and_stack_traces_are_removed(words: str, shown: str) -> None:
    for body in ({"message": words}, {"errors": [{"message": words}]}, {"name": [words]}):
        message = error_message(json.dumps(body).encode())
        assert message.removeprefix("name: ") == shown
    assert error_message(words.encode()) == shown


def test_a_long_text_is_searched_for_addresses_quickly() -> None:
    begun = time.process_time()
    for part in ("a-", "10.", "a.", "at a.", "at ", 'File "', "/a.", "-api", "[0:", "dial tcp ", "{'", "[["):
        error_message(json.dumps({"message": part * 9_000}).encode())
    assert time.process_time() - begun < 3


def test_broken_data_in_the_notation_of_python_stays_text(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        r"['\d is no digit']",
        "['a', 1or 2]",
        "['a' + 'b']",
        "{'a': }",
        "[['a'" + "[" * 3_000,
        "('a'",
    ):
        assert error_message(json.dumps({"message": words}).encode())
    assert capsys.readouterr().err == ""


def test_the_names_in_errinfo_are_read() -> None:
    names = {"namespace": "library", "repository": "rust", "tag": "1"}
    assert error_names(json.dumps({"message": "x", "errinfo": names | {"url": "y"}}).encode()) == names
    for body in (
        b"",
        b"[]",
        b"{",
        b'{"errinfo": null}',
        b'{"errinfo": {"tag": 5}}',
        b'{"errinfo": {"tag": ""}}',
    ):
        assert error_names(body) == {}

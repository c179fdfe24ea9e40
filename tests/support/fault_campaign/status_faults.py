"""Refusals and failures of the Hub: statuses, `Retry-After`, rejected tokens, headers, hostile texts."""

from __future__ import annotations

import json
from typing import Any

import httpx2 as httpx

from tests.support.fault_campaign.faults import (
    ALL_TARGETS,
    JSON,
    READS,
    Delivery,
    Fault,
    Outcome,
    Target,
    answer,
    fixed,
)

NOT_HEAD = ALL_TARGETS - {Target.HEAD}
REFUSED: dict[str, Any] = {"group": "status", "outcome": Outcome.REFUSED}
FAILED: dict[str, Any] = {"group": "status"}

REFUSAL_STATUSES = (
    400,
    402,
    403,
    404,
    405,
    406,
    409,
    410,
    411,
    412,
    413,
    414,
    415,
    418,
    421,
    422,
    423,
    424,
    426,
    428,
    429,
    431,
    451,
)
FAILURE_STATUSES = (408, 425, 499, 500, 501, 502, 503, 504, 505, 507, 508, 520, 522, 524, 529, 599)


def describe(text: str) -> str:
    return json.dumps({"message": text, "errinfo": {}})


STATUS_FAULTS = (
    *(
        fixed(
            f"JSON {status}",
            status,
            describe(f"refused with {status}"),
            # A HEAD answer of 404 is the Hub's word that the object is missing.
            targets=NOT_HEAD if status == 404 else ALL_TARGETS,
            **REFUSED,
        )
        for status in REFUSAL_STATUSES
    ),
    *(fixed(f"JSON {status}", status, describe("try later"), **FAILED) for status in FAILURE_STATUSES),
    *(fixed(f"empty {status}", status, b"", {}, **FAILED) for status in (408, 425, 500, 502, 503, 504)),
    *(
        fixed(f"empty {status}", status, b"", {}, group="status", targets=READS)
        for status in (400, 401, 403, 404, 429)
    ),
    fixed("500 once", 500, describe("oops"), is_once=True, **FAILED),
    fixed("502 once", 502, b"", {}, is_once=True, **FAILED),
    fixed(
        "503 once, with Retry-After",
        503,
        describe("busy"),
        JSON | {"retry-after": "2"},
        is_once=True,
        **FAILED,
    ),
    fixed("504 once", 504, "upstream timeout", {"content-type": "text/plain"}, is_once=True, **FAILED),
    fixed(
        "404 of an unknown route",
        404,
        describe("404: Page Not Found"),
        group="status",
        outcome=Outcome.REFUSED,
        targets=NOT_HEAD,
    ),
)

RETRY_AFTER = (
    *(
        "5",
        "0",
        "-5",
        "1764398000",
        "1764398000.5",
        "99999999999999999999",
        "1e300",
        "1e400",
        "inf",
        "-inf",
        "nan",
        "",
    ),
    *(
        "5, 10",
        "[5]",
        "five",
        "5s",
        "0x10",
        "1_000",
        "\u0665",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
    ),
    *(
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Sun, 06 Nov 1994",
        "Mon, 99 Foo 2026 99:99:99 GMT",
        "Mon, 01 Jan 2026 00:00:00 +99999999",
        "9" * 400,
    ),
    *("Mon, 01 Jan 99999999999 00:00:00 GMT", f"Mon, {'9' * 20} Jan 2026 00:00:00 GMT"),
    *("Mon, 01 Jan 2026 00:00:00 +9999999999999", "1764398000000"),
)
RETRY_AFTER_FAULTS = (
    *(
        fixed(
            f"Retry-After {value[:44]!r}",
            429,
            '{"detail": "Rate limit exceeded", "error": false}',
            JSON | {"retry-after": value},
            group="Retry-After",
            outcome=Outcome.REFUSED,
        )
        for value in RETRY_AFTER
    ),
    fixed(
        "Retry-After twice",
        429,
        describe("slow down"),
        [("content-type", "application/json"), ("retry-after", "3"), ("retry-after", "Fri")],
        group="Retry-After",
        outcome=Outcome.REFUSED,
    ),
    fixed(
        "X-Retry-After",
        429,
        describe("slow down"),
        JSON | {"x-retry-after": "1e999"},
        group="Retry-After",
        outcome=Outcome.REFUSED,
    ),
    fixed(
        "abuse protection",
        429,
        "Too Many Requests",
        {"content-type": "text/plain"},
        group="Retry-After",
        outcome=Outcome.REFUSED,
    ),
    *(
        fixed(
            f"503 with Retry-After {value[:24]!r}",
            503,
            describe("busy"),
            JSON | {"retry-after": value},
            group="Retry-After",
        )
        for value in ("1e300", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 99999999999 00:00:00 GMT", "-1")
    ),
)


def _revoking(name: str, *, every: bool) -> Fault:
    async def deliver(delivery: Delivery) -> httpx.Response:
        if every or delivery.number == 0:
            delivery.revoke()
            return answer(401, describe("unauthorized"), JSON, request=delivery.request)
        assert delivery.genuine is not None
        return answer(
            delivery.genuine.status_code,
            delivery.genuine.content,
            delivery.genuine.headers,
            request=delivery.request,
        )

    return Fault(
        name,
        deliver,
        group="token",
        targets=ALL_TARGETS - {Target.SIGN_IN},
        outcome=Outcome.REFUSED,
        is_once=not every,
    )


AUTH_FAULTS = (
    _revoking("bearer expired", every=False),
    _revoking("bearer never accepted", every=True),
    fixed(
        "401 once",
        401,
        describe("unauthorized"),
        group="token",
        outcome=Outcome.REFUSED,
        is_once=True,
        targets=ALL_TARGETS - {Target.SIGN_IN},
    ),
    fixed("403 once", 403, describe("access denied"), group="token", outcome=Outcome.REFUSED, is_once=True),
    fixed(
        "401 with a challenge",
        401,
        describe("unauthorized"),
        JSON | {"www-authenticate": 'Bearer realm="https://evil.example"'},
        group="token",
        outcome=Outcome.REFUSED,
    ),
)

_SIGN_IN: dict[str, Any] = {"group": "sign-in", "targets": frozenset({Target.SIGN_IN})}


def _lock(text: str) -> str:
    return json.dumps({"detail": text, "message": text})


SIGN_IN_FAULTS = (
    fixed("wrong password", 401, _lock("Incorrect authentication credentials"), **_SIGN_IN),
    fixed("locked", 429, _lock("Too many failed login attempts. Try again in 10 minutes."), **_SIGN_IN),
    fixed("locked, 401", 401, _lock("Too many failed login attempts"), **_SIGN_IN),
    fixed("e-mail as user name", 400, describe("identifier is not a valid username"), **_SIGN_IN),
    fixed("signing outage", 500, _lock("Failed to validate JWT token against trusted cert"), **_SIGN_IN),
    fixed(
        "second factor without a ticket",
        401,
        _lock("Require secondary authentication on MFA enabled account"),
        **_SIGN_IN,
    ),
    *(
        fixed(f"bearer {name}", 200, json.dumps({"access_token": value}), **_SIGN_IN)
        for name, value in (
            ("null", None),
            ("empty", ""),
            ("a number", 5),
            ("an object", {}),
            ("with a line break", "eyJhbGciOi.eyJ4Ijox.abc\r\nX-Evil: 1"),
            ("with foreign letters", "eyJhbGciOi.p\u00e4ss\u2713word.abc"),
            ("with a surrogate", "eyJ\ud800.x.y"),
            ("of a megabyte", "a" * 1_000_000),
            ("not a JWT", "definitely not a token"),
        )
    ),
)

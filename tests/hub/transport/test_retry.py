from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub.transport.retry import TRANSIENT_STATUSES, RetryMode, RetryPolicy, parse_retry_after
from tests.support.property_testing import examples

WEEK = 7 * 86_400
NOW = 1_790_000_000.0


def compute_delay(attempt: int = 1, repeat: RetryMode = RetryMode.ALWAYS, **settings: Any) -> float | None:
    given: dict[str, Any] = {"status": None, "server_delay": None, "time_left": 30.0, "jitter": 1.0}
    return RetryPolicy().delay_before(attempt, repeat, **(given | settings))


@pytest.mark.parametrize("status", [*sorted(TRANSIENT_STATUSES), None])
def test_transient_errors_are_retried_after_a_delay(status: int | None) -> None:
    assert compute_delay(status=status) == 0.4


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 500, 501, 505])
def test_permanent_errors_are_not_retried(status: int) -> None:
    assert compute_delay(status=status) is None


def test_mode_never_prevents_retries() -> None:
    assert compute_delay(repeat=RetryMode.NEVER) is None
    assert compute_delay(repeat=RetryMode.NEVER, status=503) is None


def test_mode_no_response_allows_retries_without_a_response_only() -> None:
    assert compute_delay(repeat=RetryMode.NO_RESPONSE) == 0.4
    assert compute_delay(repeat=RetryMode.NO_RESPONSE, status=503) is None


def test_delays_double_up_to_the_maximum() -> None:
    policy = RetryPolicy(attempts=9, base_delay=1, max_delay=5)
    waits = [
        policy.delay_before(n, RetryMode.ALWAYS, status=None, server_delay=None, time_left=99, jitter=1.0)
        for n in range(1, 6)
    ]
    assert waits == [1, 2, 4, 5, 5]


def test_jitter_reduces_a_delay_by_half_at_most() -> None:
    assert compute_delay(jitter=0.0) == 0.2


def test_attempts_are_limited() -> None:
    assert compute_delay(3) is not None
    assert compute_delay(4) is None


def test_the_delay_of_the_server_is_kept_with_jitter() -> None:
    assert compute_delay(server_delay=7.0, jitter=0.0) == 7.0
    assert compute_delay(server_delay=7.0, jitter=0.5) == 7.2
    assert compute_delay(server_delay=-3.0, jitter=0.0) == 0.0


def test_a_delay_beyond_the_deadline_is_not_started() -> None:
    assert compute_delay(server_delay=30.0) is None
    assert compute_delay(time_left=0.1) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "-7"}, 0),
        ({"retry-after": str(int(NOW) + 9)}, 9),
        ({"retry-after": str(int(NOW) - 9)}, 0),
        ({"retry-after": formatdate(NOW + 12, usegmt=True)}, 12),
        ({"retry-after": formatdate(NOW - 12, usegmt=True)}, 0),
        ({"retry-after": formatdate(NOW + 12, localtime=False)}, 12),
        ({"x-retry-after": str(int(NOW) + 30)}, 30),
        ({"x-retry-after": "30"}, 30),
        ({"retry-after": "soon", "x-retry-after": "5"}, 5),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf", "x-retry-after": "-inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9e999"}, None),
        ({"retry-after": "1e308"}, WEEK),
        ({"retry-after": "9" * 5000}, WEEK),
        ({"retry-after": str(int(NOW * 1000) + 9000)}, 9),
        ({"retry-after": "604801"}, WEEK),
        ({"retry-after": "120, 60"}, 120),
        ({"retry-after": "soon, 60"}, 60),
        ({"retry-after": ",", "x-retry-after": "7"}, 7),
        ({"retry-after": f"30, {formatdate(NOW + 12, usegmt=True)}"}, 30),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -2359"}, WEEK),
        ({"retry-after": "Fri, 31 Dec 99999999999999999999 23:59:59 GMT"}, None),
        ({"retry-after": "Mon, 01 Jan 0001 00:00:00 +2359"}, 0),
        ({"retry-after": "Fri, 99 Foo 2026 99:99:99"}, None),
        ({"retry-after": "60 seconds"}, None),
        ({"retry-after": "\x00\ud800"}, None),
    ],
)
def test_retry_after_is_parsed_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert parse_retry_after(headers, NOW) == seconds


def test_a_date_without_a_time_zone_is_utc() -> None:
    assert parse_retry_after({"retry-after": formatdate(NOW + 12, usegmt=False)[:-6]}, NOW) == 12


DATES = st.from_regex(
    r"(Mon, )?[0-9]{1,4}[ -](Jan|Feb|Foo)[ -][0-9]{1,6} [0-9:.]{0,9}( GMT| [+-][0-9]{1,6})?", fullmatch=True
)


@examples(60)
@given(st.text(max_size=40) | DATES | st.floats().map(str) | st.integers().map(str))
def test_any_header_gives_no_delay_or_a_non_negative_one(value: str) -> None:
    seconds = parse_retry_after({"retry-after": value}, NOW)
    assert seconds is None or seconds >= 0

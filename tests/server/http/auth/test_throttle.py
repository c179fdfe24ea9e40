"""Test the limit of rejected credentials per address."""

from __future__ import annotations

import pytest

from dockerhub_mcp.server.http.auth.throttle import Throttle
from tests.support.fixture_types import Clock

BAD, GOOD = b"bad", b"good"


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(limit=3, window=60.0, max_entries=4, clock=clock)


def fail(throttle: Throttle, address: str, times: int = 3) -> None:
    for _ in range(times):
        throttle.record_failure(address)


def test_the_limit_is_reached_with_the_last_failure_that_is_allowed(throttle: Throttle) -> None:
    assert throttle.retry_after("192.0.2.1", BAD) is None
    fail(throttle, "192.0.2.1", 2)
    assert throttle.retry_after("192.0.2.1", BAD) is None
    fail(throttle, "192.0.2.1", 1)
    assert throttle.retry_after("192.0.2.1", BAD) == 60.0
    assert throttle.retry_after("192.0.2.2", BAD) is None


def test_failures_beyond_the_limit_are_told_apart(throttle: Throttle, clock: Clock) -> None:
    """Credentials that were tried at the same time; those beyond the limit do not prolong it."""
    assert [throttle.record_failure("192.0.2.1") for _ in range(5)] == [None, None, None, 60.0, 60.0]
    clock.time += 59.0
    assert throttle.record_failure("192.0.2.1") == 1.0
    assert throttle.record_failure("192.0.2.2") is None
    clock.time += 1.0
    assert throttle.record_failure("192.0.2.1") is None


def test_the_window_slides(throttle: Throttle, clock: Clock) -> None:
    for moment in (1000.0, 1020.0, 1050.0):
        clock.time = moment
        throttle.record_failure("192.0.2.1")
    assert throttle.retry_after("192.0.2.1", BAD) == 10.0
    clock.time = 1060.0
    assert throttle.retry_after("192.0.2.1", BAD) is None
    throttle.record_failure("192.0.2.1")
    assert throttle.retry_after("192.0.2.1", BAD) == 20.0


def test_a_credential_that_was_good_there_stays_free_for_an_hour(throttle: Throttle, clock: Clock) -> None:
    throttle.record_success("192.0.2.1", GOOD)
    clock.time += 3599.0
    fail(throttle, "192.0.2.1")
    assert throttle.retry_after("192.0.2.1", GOOD) is None
    assert throttle.retry_after("192.0.2.1", BAD) == 60.0
    clock.time += 1.0
    assert throttle.retry_after("192.0.2.1", GOOD) == 59.0


def test_a_credential_that_was_good_elsewhere_is_not_free(throttle: Throttle) -> None:
    throttle.record_success("192.0.2.2", GOOD)
    fail(throttle, "192.0.2.1")
    assert throttle.retry_after("192.0.2.1", GOOD) == 60.0


@pytest.mark.parametrize(
    ("guesser", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("/run/proxy.sock", "/run/proxy.sock", True),
        ("/run/proxy.sock", "", False),
    ],
)
def test_what_counts_as_one_address(throttle: Throttle, guesser: str, other: str, same: bool) -> None:
    fail(throttle, guesser)
    throttle.record_success(guesser, GOOD)
    assert (throttle.retry_after(other, BAD) is not None) is same
    fail(throttle, other)
    assert (throttle.retry_after(other, GOOD) is None) is same


def test_the_address_that_was_seen_longest_ago_is_forgotten(throttle: Throttle) -> None:
    for host in range(1, 5):
        fail(throttle, f"192.0.2.{host}")
    assert throttle.retry_after("192.0.2.1", BAD) == 60.0  # used again
    throttle.record_failure("192.0.2.5")
    assert throttle.retry_after("192.0.2.2", BAD) is None
    assert throttle.retry_after("192.0.2.1", BAD) == 60.0
    assert throttle.retry_after("192.0.2.3", BAD) == 60.0
    for host in range(100):
        throttle.record_failure(f"198.51.100.{host}")
    assert len(throttle._failures) == 4


def test_the_credential_that_was_used_longest_ago_is_forgotten(throttle: Throttle) -> None:
    fail(throttle, "192.0.2.1")
    for credential in (b"1", b"2", b"3", b"4", b"1", b"5"):
        throttle.record_success("192.0.2.1", credential)
    assert throttle.retry_after("192.0.2.1", b"2") == 60.0
    assert [throttle.retry_after("192.0.2.1", known) for known in (b"1", b"3", b"4", b"5")] == [None] * 4
    for number in range(100):
        throttle.record_success("192.0.2.1", str(number).encode())
    assert len(throttle._accepted) == 4


def test_only_so_many_credentials_are_tried_at_once() -> None:
    throttle = Throttle(max_concurrent=2)
    with (
        throttle.track_attempt("192.0.2.1", b"a"),
        throttle.track_attempt("192.0.2.1", b"a"),
        throttle.track_attempt("192.0.2.1", b"b"),
    ):
        assert throttle.retry_after("192.0.2.1", b"c") == 1.0
        assert throttle.retry_after("192.0.2.1", b"a") is None, "the same one, asked for twice"
        assert throttle.retry_after("192.0.2.2", b"c") is None
        throttle.record_success("192.0.2.1", b"known")
        assert throttle.retry_after("192.0.2.1", b"known") is None
    assert throttle.retry_after("192.0.2.1", b"c") is None
    assert not throttle._attempts


def test_credentials_are_exempt_where_they_were_accepted(throttle: Throttle, clock: Clock) -> None:
    throttle.record_success("2001:db8:1:2::1", GOOD)
    assert throttle.is_exempt("2001:db8:1:2::9", GOOD)
    assert not throttle.is_exempt("2001:db8:1:3::1", GOOD)
    assert not throttle.is_exempt("2001:db8:1:2::1", BAD)
    clock.time += 3600.0
    assert not throttle.is_exempt("2001:db8:1:2::1", GOOD)

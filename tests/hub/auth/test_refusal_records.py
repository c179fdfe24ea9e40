"""Records of refusals for other processes: what they keep, and that damaged ones count as none."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.auth.replicas.refusal_records import decode_refusal, encode_refusal
from dockerhub_mcp.hub.auth.sign_in_errors import (
    locked_error,
    refused_sign_in_error,
    second_factor_error,
    unavailable_error,
)
from dockerhub_mcp.hub.auth.sign_in_guard import Refusal, SignInGuard
from dockerhub_mcp.hub.errors import CredentialError, SignInError, SignInLocked
from tests.support.fixture_types import Clock

REFUSED = refused_sign_in_error("ada", CredentialKind.PAT, "ünknown “token”", is_legacy_login=False)
LOCKED = locked_error("ada", CredentialKind.PAT, "too many", 300.0)
SECOND_FACTOR = second_factor_error("ada", fixed_identity=True)
UNAVAILABLE = unavailable_error(
    "ada", "the Hub failed", why="An outage.", remedy="Wait.", retry_after=30.0, is_outage=True
)


@pytest.mark.parametrize("error", [REFUSED, SECOND_FACTOR])
def test_a_refused_secret_is_kept_for_a_day(error: SignInError) -> None:
    record, seconds = encode_refusal(Refusal(error, math.inf, age=5.0))
    assert seconds == 86_400
    decoded = decode_refusal(record, seconds - 700)
    assert decoded is not None
    assert (type(decoded.error), str(decoded.error)) == (type(error), str(error))
    assert (decoded.seconds, decoded.age) == (math.inf, 700)


def test_a_lock_is_kept_until_it_ends() -> None:
    record, seconds = encode_refusal(Refusal(LOCKED, 300.0))
    assert seconds == 300
    decoded = decode_refusal(record, 120.5)
    assert decoded is not None
    assert decoded.seconds == 120.5
    assert str(decoded.error.with_retry_after(300.0)) == str(LOCKED)


@pytest.mark.parametrize("waited", [10.0, 90.0])
def test_the_counters_of_a_pause_outlast_it(waited: float) -> None:
    record, seconds = encode_refusal(Refusal(UNAVAILABLE, 40.0, outages=4, others=1))
    assert seconds > 40 + 600, "the next sign-in may come late"
    decoded = decode_refusal(record, seconds - waited)
    assert decoded is not None
    assert decoded.seconds == 40 - waited
    assert (decoded.outages, decoded.others) == (4, 1)
    assert decoded.error.advice == "Wait."
    assert str(decoded.error.with_retry_after(30.0)) == str(UNAVAILABLE)


def test_a_guard_remembers_what_another_one_exports() -> None:
    clock = Clock()
    first, second = SignInGuard(clock=clock), SignInGuard(clock=clock)
    key = first.fingerprint("ada", "x"), second.fingerprint("ada", "x")
    for wait in (5, 10, 20):
        error = unavailable_error("ada", "it failed", is_outage=True, is_sent=False)
        assert first.record_failure("ada", key[0], error).retry_after == wait
        clock.time += 1000
        refusal = first.export_refusal("ada", key[0], error)
        assert refusal is not None
        second.import_refusal("ada", key[1], refusal)
    assert second.record_failure("ada", key[1], error).retry_after == 40
    # A shorter pause of another process does not end a longer one.
    second.import_refusal("ada", key[1], Refusal(UNAVAILABLE, 1.0))
    with pytest.raises(SignInError) as caught:
        second.check("ada", key[1])
    assert caught.value.retry_after == 40


def test_a_guard_keeps_the_longer_lock() -> None:
    guard = SignInGuard(clock=Clock())
    for seconds, expected in ((300.0, 300.0), (10.0, 300.0), (500.0, 500.0)):
        guard.import_refusal("Ada", b"", Refusal(LOCKED, seconds))
        with pytest.raises(SignInLocked) as caught:
            guard.check("ada", b"another")
        assert caught.value.retry_after == expected


def damage(**fields: Any) -> bytes:
    record = json.loads(encode_refusal(Refusal(UNAVAILABLE, 40.0))[0]) | fields
    return json.dumps(record).encode()


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"[" * 100_000,
        b"{}",
        damage(error="KeyboardInterrupt"),
        damage(error=CredentialError.__name__),
        damage(error=None),
        damage(error=["SignInRefused"]),
        damage(what=5),
        damage(remedy=None),
        damage(outages=-1),
        damage(outages=True),
        damage(outages=1.5),
        damage(others="3"),
        damage(others=10**9),
        encode_refusal(Refusal(REFUSED, math.inf))[0][:-1],
    ],
)
def test_a_damaged_record_counts_as_none(record: bytes) -> None:
    assert decode_refusal(record, 1000.0) is None

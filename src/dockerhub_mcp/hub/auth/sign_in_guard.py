"""Keep failed secrets from being sent again, and limit failed sign-ins: Docker locks a name after a few.

One guard serves every client of a Hub within a process, so that the limits hold for all of them together. It
keeps keyed digests, never secrets.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple
from weakref import WeakValueDictionary

import anyio
from cachetools import LRUCache, TTLCache

from dockerhub_mcp.hub.auth.sign_in_errors import too_many_failures_error
from dockerhub_mcp.hub.errors import (
    SecondFactorRequired,
    SignInError,
    SignInLocked,
    SignInRefused,
    SignInUnavailable,
)

MAX_FAILURES = 3
"""Failed sign-ins under one name within `FAILURE_WINDOW`."""
FAILURE_WINDOW = 600.0
"""Seconds in which failed sign-ins are counted; Docker's own lock lasts about as long."""

_MAX_ENTRIES = 10_000
_NAME_TTL = 7200.0  # seconds; longer than a lock
_MAX_LOCK = 3600.0
_MAX_RETRY_AFTER = 86_400.0
_MIN_PAUSE, _MAX_PAUSE = 60.0, 600.0
_MIN_OUTAGE_PAUSE, _MAX_OUTAGE_PAUSE = 5.0, 60.0
_EXPLICIT_RETRY_AFTER = 600.0  # seconds until an explicit sign-in may send a refused secret again


class Refusal(NamedTuple):
    """Why a secret, or each secret of a name, is not sent.

    Attributes:
        error: The error of the last attempt.
        seconds: Seconds until it may be sent: infinite for a refused secret, zero or less for none.
        age: Seconds since the last attempt.
        outages: The number of outages in a row.
        others: The number of other temporary failures in a row.
    """

    error: SignInError
    seconds: float
    age: float = 0.0
    outages: int = 0
    others: int = 0


class _Pause:
    """The time in which a secret is not sent; infinite for a refused one.

    Attributes:
        error: The error of the last attempt.
        since: When that was, on the guard's clock.
        until: When the pause ends.
        outages: The number of outages in a row.
        others: The number of other temporary failures in a row.
    """

    __slots__ = ("error", "others", "outages", "since", "until")

    def __init__(self, error: SignInError, since: float, until: float) -> None:
        self.error = error
        self.since = since
        self.until = until
        self.outages = 0
        self.others = 0


class _NameRecord:
    """What happened under a user name.

    Attributes:
        failures: The times of failed sign-ins, the oldest first.
        last_error: The error of the last one.
        locked_until: When Docker's lock ends.
        lock: The error that reported the lock.
        accepted: The fingerprint that the Hub accepted last.
    """

    __slots__ = ("accepted", "failures", "last_error", "lock", "locked_until")

    def __init__(self) -> None:
        self.failures: deque[float] = deque(maxlen=MAX_FAILURES)
        self.last_error: SignInError | None = None
        self.locked_until = 0.0
        self.lock: SignInError | None = None
        self.accepted = b""


class SignInGuard:
    """Decides whether a name and secret may be sent to the Hub.

    Args:
        clock: A monotonic clock, in seconds.
        max_entries: The most secrets, and the most names, to remember.
        refusal_advice: Further advice for refused secrets.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        max_entries: int = _MAX_ENTRIES,
        refusal_advice: str = "",
    ) -> None:
        self._clock = clock
        self._refusal_advice = refusal_advice
        self._digest_key = secrets.token_bytes(32)
        self._pauses: LRUCache[bytes, _Pause] = LRUCache(max_entries)
        self._names: TTLCache[str, _NameRecord] = TTLCache(max_entries, _NAME_TTL, clock)
        self._locks: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    def fingerprint(self, name: str, secret: str) -> bytes:
        """Return a digest of a name and secret."""
        name = normalize_name(name)
        text = f"{len(name)}:{name}{secret}"
        return hmac.new(self._digest_key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()

    def lock_for(self, name: str) -> anyio.Lock:
        """Return the lock that allows one sign-in at a time under a name."""
        return self._locks.setdefault(normalize_name(name), anyio.Lock())

    def check(self, name: str, fingerprint: bytes = b"", *, explicit: bool = False) -> None:
        """Check that a name and secret may be sent now.

        Args:
            name: The user name.
            fingerprint: The digest of the name and secret; empty for the second step of a sign-in.
            explicit: Whether a user or an agent asked for this sign-in. It may ask for another one-time code,
                and send a refused secret again after some minutes.

        Raises:
            SignInError: They may not; it is the error of the last attempt, with the time left to wait.
        """
        now = self._clock()
        record = self._names.get(normalize_name(name))
        if record is not None and record.lock is not None and now < record.locked_until:
            raise record.lock.with_retry_after(record.locked_until - now)
        if (pause := self._pauses.get(fingerprint)) is not None and now < pause.until:
            if pause.until < math.inf:
                raise pause.error.with_retry_after(pause.until - now)
            is_old = now - pause.since >= _EXPLICIT_RETRY_AFTER
            if not (explicit and (is_old or isinstance(pause.error, SecondFactorRequired))):
                raise pause.error.with_retry_after(None)
        if record is not None and (wait := _time_until_room(record, fingerprint, now)) > 0:
            raise self.build_limit_error(name, _count_recent(record, now), wait)

    def count_before_repeat(self, name: str, fingerprint: bytes) -> bool:
        """Count a sign-in that failed if it may be repeated, which a limit of the name may not allow.

        The repetition may fail too, and leaves one more sign-in for when the Hub can be reached again.
        """
        if not self.may_repeat(name, fingerprint):
            return False
        self.count_failure(name)
        return True

    def may_repeat(self, name: str, fingerprint: bytes) -> bool:
        """Return whether the limit of a name has room for a failed sign-in, its repetition and one more."""
        record = self._get_record(name)
        return _count_recent(record, self._clock()) + 2 < _find_limit(record, fingerprint)

    def find_limit(self, name: str, fingerprint: bytes) -> int:
        """Return how many sign-ins with a secret may fail within the window."""
        return _find_limit(self._get_record(name), fingerprint)

    def build_limit_error(self, name: str, failures: int, retry_after: float) -> SignInLocked:
        """Return the error of a sign-in that was not sent because of the limit of its name."""
        return too_many_failures_error(name, failures, self._get_record(name).last_error, retry_after)

    def count_failure(self, name: str, error: SignInError | None = None) -> None:
        """Count a sign-in that failed, or was cancelled after the secret may have been sent."""
        record = self._get_record(name)
        record.failures.append(self._clock())
        record.last_error = error.without_traceback() if error else record.last_error

    def record_failure(self, name: str, fingerprint: bytes, error: SignInError) -> SignInError:
        """Remember a failed sign-in, and return its error with the time to wait."""
        now = self._clock()
        if isinstance(error, SecondFactorRequired):
            self._pauses[fingerprint] = _Pause(error.without_traceback(), now, math.inf)
            return error
        if is_counted(error):
            self.count_failure(name, error)
        record = self._get_record(name)
        if isinstance(error, SignInLocked):
            record.lock = error.without_traceback()
            record.locked_until = now + min(_MAX_LOCK, error.retry_after or 0.0)
            return error
        if isinstance(error, SignInRefused):
            if record.accepted == fingerprint:
                record.accepted = b""
            if self._refusal_advice:
                error = error.with_advice(self._refusal_advice)
            self._pauses[fingerprint] = _Pause(error.without_traceback(), now, math.inf)
            return error
        pause = self._extend_pause(fingerprint, error, now)
        until = max(pause.until, now + _time_until_room(record, fingerprint, now))
        return error.with_retry_after(until - now)

    def record_success(self, name: str, fingerprint: bytes) -> None:
        """Remember that the Hub accepted a name and secret."""
        self._pauses.pop(fingerprint, None)
        self._get_record(name).accepted = fingerprint

    def export_refusal(self, name: str, fingerprint: bytes, error: SignInError) -> Refusal | None:
        """Return what was remembered of the error of a sign-in, for other processes; None for nothing."""
        now = self._clock()
        if isinstance(error, SignInLocked):
            record = self._get_record(name)
            return None if record.lock is None else Refusal(record.lock, record.locked_until - now)
        pause = self._pauses.get(fingerprint)
        if pause is None:
            return None
        return Refusal(pause.error, pause.until - now, now - pause.since, pause.outages, pause.others)

    def import_refusal(self, name: str, fingerprint: bytes, refusal: Refusal) -> None:
        """Remember what another process does, under no fingerprint for a lock, unless that ends sooner."""
        now = self._clock()
        until = now + refusal.seconds
        if not fingerprint:
            record = self._get_record(name)
            if record.lock is None or record.locked_until < until:
                record.lock, record.locked_until = refusal.error, until
            return
        known = self._pauses.get(fingerprint)
        if known is None or known.until < until:
            pause = self._pauses[fingerprint] = _Pause(refusal.error, now - refusal.age, until)
            counts = known if known and isinstance(refusal.error, SignInLocked) else refusal
            pause.outages, pause.others = counts.outages, counts.others

    def forget_ended_pause(self, fingerprint: bytes) -> None:
        """Forget how often a secret failed before its last pause, which ended, so that the next is short.

        Outages in which nothing was sent are not forgotten: other processes know nothing of them.
        """
        pause = self._pauses.get(fingerprint)
        if pause is not None and pause.until <= self._clock():
            pause.others = 0
            if getattr(pause.error, "is_sent", True):
                pause.outages = 0

    def forget_failure(self, fingerprint: bytes) -> None:
        """End the pause of a secret that another service than the Hub accepted after a failure."""
        self._pauses.pop(fingerprint, None)

    def record_unusable_bearer(self, fingerprint: bytes, error: SignInError) -> SignInError:
        """Remember that the Hub does not accept the bearer token that it issued for a secret."""
        now = self._clock()
        return error.with_retry_after(self._extend_pause(fingerprint, error, now).until - now)

    def _extend_pause(self, fingerprint: bytes, error: SignInError, now: float) -> _Pause:
        pause = self._pauses.get(fingerprint)
        if pause is None or pause.until == math.inf:
            pause = _Pause(error.without_traceback(), now, now)
        if isinstance(error, SignInUnavailable) and error.is_outage:
            pause.outages += 1
            seconds = min(_MAX_OUTAGE_PAUSE, _MIN_OUTAGE_PAUSE * 2 ** min(pause.outages - 1, 10))
        else:
            pause.others += 1
            seconds = min(_MAX_PAUSE, _MIN_PAUSE * 2 ** min(pause.others - 1, 10))
        if error.retry_after:
            seconds = min(_MAX_RETRY_AFTER, error.retry_after)
        pause.error, pause.since, pause.until = error.without_traceback(), now, now + seconds
        self._pauses[fingerprint] = pause
        return pause

    def _get_record(self, name: str) -> _NameRecord:
        key = normalize_name(name)
        record = self._names[key] = self._names.get(key) or _NameRecord()  # restarts the time to keep it
        return record


def _time_until_room(record: _NameRecord, fingerprint: bytes, now: float) -> float:
    """Return the seconds until another sign-in may fail; zero or less for none."""
    limit = _find_limit(record, fingerprint)
    if _count_recent(record, now) < limit:
        return 0.0
    return record.failures[-limit] + FAILURE_WINDOW - now


def _find_limit(record: _NameRecord, fingerprint: bytes) -> int:
    """Return how many sign-ins may fail within the window.

    Other secrets leave one failure to the secret that the Hub accepted last, so that they cannot keep an
    account from renewing its bearer token.
    """
    has_other = bool(record.accepted) and record.accepted != fingerprint
    return MAX_FAILURES - 1 if has_other else MAX_FAILURES


def _count_recent(record: _NameRecord, now: float) -> int:
    return sum(now < failed_at + FAILURE_WINDOW for failed_at in record.failures)


def is_counted(error: SignInError) -> bool:
    """Return whether the Hub may count a sign-in as a failed one."""
    if isinstance(error, SecondFactorRequired):
        return False
    return not isinstance(error, SignInUnavailable) or error.is_sent


def normalize_name(name: str) -> str:
    """Return a user name as the sign-in guard compares it."""
    return name.strip().casefold()

"""Whether an attempt should be repeated, and when. Pure: no clock, no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import Enum

TRANSIENT_STATUSES = frozenset({429, 502, 503, 504})
"""Statuses that say "not now" rather than "no"."""

_MIN_TIMESTAMP = 1_000_000_000  # as seconds to wait this would be 31 years


class RetryMode(Enum):
    """What may be repeated without doing something twice."""

    NEVER = "never"
    NO_RESPONSE = "when there was no answer"
    ALWAYS = "when there was no answer, or a passing one"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently.

    Attributes:
        attempts: Sends at most, the first among them.
        base_delay: Seconds before the second attempt, doubled for each further one.
        max_delay: Seconds that one wait without a word from the Hub may take.
    """

    attempts: int = 4
    base_delay: float = 0.4
    max_delay: float = 8.0

    def delay_before(
        self,
        attempt: int,
        mode: RetryMode,
        *,
        status: int | None,
        server_delay: float | None,
        time_left: float,
        jitter: float,
    ) -> float | None:
        """Return the seconds to wait before the next attempt, or None to stop here.

        Args:
            attempt: How many attempts were made, from 1.
            mode: What the method allows.
            status: The status of the answer, None when there was none.
            server_delay: Seconds to wait that the Hub asked for.
            time_left: Seconds until the deadline of the call; a wait beyond it is not begun.
            jitter: A random number from 0 to 1, so that many clients do not return at once.
        """
        if attempt >= self.attempts or mode is RetryMode.NEVER:
            return None
        if status is not None and (mode is not RetryMode.ALWAYS or status not in TRANSIENT_STATUSES):
            return None
        backoff = min(self.max_delay, self.base_delay * 2 ** (attempt - 1)) * (0.5 + jitter / 2)
        delay = backoff if server_delay is None else max(server_delay, 0) + self.base_delay * jitter
        return delay if delay < time_left else None


def parse_retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Read how many seconds to wait from `Retry-After` or the older `X-Retry-After`.

    Both are taken as seconds, as a unix timestamp (which X-Retry-After was until 2025) or as an HTTP date.
    """
    for name in ("retry-after", "x-retry-after"):
        value = headers.get(name, "").strip()
        if not value:
            continue
        try:
            number = float(value)
        except ValueError:
            try:
                moment = parsedate_to_datetime(value)
            except ValueError:
                continue
            number = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if number != number or number in {float("inf"), float("-inf")}:  # noqa: PLR0124 - NaN
            continue
        return max(0.0, number - now) if number > _MIN_TIMESTAMP else max(0.0, number)
    return None

"""The retry policy: whether and when to repeat an attempt. Pure functions without clock or network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC
from enum import Enum
from typing import NamedTuple

TRANSIENT_STATUSES = frozenset({429, 502, 503, 504})
"""Statuses of temporary failures."""

_MIN_TIMESTAMP = 1_000_000_000  # as seconds to wait this would be 31 years
_MIN_MILLISECONDS = 100_000_000_000  # as a timestamp in seconds this would be in the year 5138
_MAX_DELAY = 7 * 86_400.0
_MAX_HEADER_LENGTH = 200


class RetryMode(Enum):
    """When a request may be repeated without carrying it out twice."""

    NEVER = "never"
    NO_RESPONSE = "without a response"
    ALWAYS = "without a response, or after a temporary failure"


class RetryPolicy(NamedTuple):
    """The number of attempts and the delays between them.

    Attributes:
        attempts: Maximum number of attempts, including the first.
        base_delay: Seconds before the second attempt, doubled for each further one.
        max_delay: Maximum seconds of a delay that the Hub did not ask for.
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
        """Return the seconds to wait before the next attempt, or None to give up.

        Args:
            attempt: The number of attempts made so far, from 1.
            mode: When the request may be repeated.
            status: The status of the response; None where there was none.
            server_delay: Seconds to wait that the Hub asked for, or None.
            time_left: Seconds until the deadline of the call; a longer delay means giving up.
            jitter: A random number from 0 to 1, so that many clients do not retry at once.
        """
        if attempt >= self.attempts or mode is RetryMode.NEVER:
            return None
        if status is not None and (mode is not RetryMode.ALWAYS or status not in TRANSIENT_STATUSES):
            return None
        backoff = min(self.max_delay, self.base_delay * 2 ** (attempt - 1)) * (0.5 + jitter / 2)
        delay = backoff if server_delay is None else max(server_delay, 0) + self.base_delay * jitter
        return delay if delay < time_left else None


def parse_retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds to wait from `Retry-After` or the older `X-Retry-After`, or None.

    Both may hold seconds, a Unix timestamp (as X-Retry-After did until 2025) or an HTTP date. A header that
    was sent twice has both values, of which the longer counts. At most a week is returned.

    Args:
        headers: The response headers, with lookup by lower-case name.
        now: The current Unix time, in seconds.
    """
    for name in ("retry-after", "x-retry-after"):
        value = headers.get(name, "").strip()[:_MAX_HEADER_LENGTH]
        delays = [_parse_delay(part, now) for part in ({value, *value.split(",")} if value else ())]
        if known := [delay for delay in delays if delay is not None]:
            return min(max(known), _MAX_DELAY)
    return None


def _parse_delay(value: str, now: float) -> float | None:
    """Return the seconds of one value, 0 where they are over; None where it is not a number or a date."""
    try:
        number = float(value)
    except ValueError:
        from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow to load, and rarely needed

        try:
            date = parsedate_to_datetime(value)
            number = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError, OSError):
            return None
        return max(0.0, number - now)
    if not math.isfinite(number):
        return None
    if number > _MIN_TIMESTAMP:
        seconds = number / 1000 if number > _MIN_MILLISECONDS else number
        return max(0.0, seconds - now)
    return max(0.0, number)

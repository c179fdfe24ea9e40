"""The rate limit that the Hub reports in response headers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

_MAX_COUNT_DIGITS = 9
_EARLIEST_TIME = 1_000_000_000  # Unix time, of 2001; smaller numbers are no times


class RateLimit(NamedTuple):
    """The limit on requests per minute: about 180 without an account, 600 with one.

    Attributes:
        limit: Requests per minute.
        remaining: Requests left in the current window.
        resets_at: The end of the window; None where the Hub does not report it.
    """

    limit: int
    remaining: int
    resets_at: datetime | None

    @property
    def headroom(self) -> int:
        """The number of requests available for prefetching; a tenth of the limit is kept for other calls."""
        return self.remaining - self.limit // 10

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> RateLimit | None:
        """Parse the `X-RateLimit-*` headers; None where they are missing or no plausible numbers."""
        limit = _parse_count(headers.get("x-ratelimit-limit", ""))
        remaining = _parse_count(headers.get("x-ratelimit-remaining", ""))
        if not limit or remaining is None or remaining > limit:
            return None
        return cls(limit, remaining, _parse_time(headers.get("x-ratelimit-reset", "")))


def _parse_time(text: str) -> datetime | None:
    """Return the time that a text in seconds since 1970 means; None for other texts."""
    try:
        seconds = int(text)
        return datetime.fromtimestamp(seconds, UTC) if seconds >= _EARLIEST_TIME else None
    except (ValueError, OverflowError, OSError):
        return None


def _parse_count(text: str) -> int | None:
    """Return the number of requests that a text means; None for other texts, such as negative numbers."""
    digits = text.strip()
    is_count = digits.isascii() and digits.isdigit() and len(digits) <= _MAX_COUNT_DIGITS
    return int(digits) if is_count else None

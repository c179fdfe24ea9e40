"""The rate limit that the Hub reports in response headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class RateLimit:
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
        try:
            limit = int(headers["x-ratelimit-limit"])
            remaining = int(headers["x-ratelimit-remaining"])
        except (KeyError, ValueError):
            return None
        if limit <= 0 or remaining < 0:
            return None
        try:
            resets_at = datetime.fromtimestamp(int(headers["x-ratelimit-reset"]), UTC)
        except (KeyError, ValueError, OverflowError, OSError):
            resets_at = None
        return cls(limit, remaining, resets_at)

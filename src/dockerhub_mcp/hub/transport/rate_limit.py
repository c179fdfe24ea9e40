"""The rate limit that the Hub states with every answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The limit of requests a minute; about 180 without an account, 600 with one."""

    limit: int
    remaining: int
    resets_at: datetime | None

    @property
    def headroom(self) -> int:
        """How many may be spent on what nobody waits for; a tenth is kept for what somebody does."""
        return self.remaining - self.limit // 10

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> RateLimit | None:
        """Read the `X-RateLimit-*` headers, or None where they are missing or no numbers."""
        try:
            limit = int(headers["x-ratelimit-limit"])
            remaining = int(headers["x-ratelimit-remaining"])
        except (KeyError, ValueError):
            return None
        try:
            resets_at = datetime.fromtimestamp(int(headers["x-ratelimit-reset"]), UTC)
        except (KeyError, ValueError, OverflowError, OSError):
            resets_at = None
        return cls(limit, remaining, resets_at)

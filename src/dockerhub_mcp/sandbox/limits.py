"""Rate limits: a number of requests per minute and account."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dockerhub_mcp.sandbox.auth import SandboxCaller
from dockerhub_mcp.sandbox.errors import too_many_requests_error
from dockerhub_mcp.sandbox.timestamps import MINUTE


@dataclass(frozen=True)
class RateLimitStatus:
    """The state of a rate limit after a request; `reset` is in seconds since the epoch."""

    limit: int
    remaining: int
    reset: int

    def as_headers(self) -> dict[str, str]:
        """Return the X-RateLimit headers of a response."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


@dataclass
class RateLimits:
    """Counters for fixed windows of one minute. All anonymous requests share a counter."""

    now: Callable[[], float]
    anonymous_limit: int | None
    signed_in_limit: int | None
    _current_window: int = 0
    _request_counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def count_request(self, caller: SandboxCaller) -> RateLimitStatus | None:
        """Count a request. Return the status of its limit, or None if the caller has no limit.

        Raises:
            SandboxHTTPError: 429 if the limit of this minute is exceeded.
        """
        limit = self.anonymous_limit if caller.kind == "anonymous" else self.signed_in_limit
        if limit is None:
            return None
        window = int(self.now() // MINUTE)
        if window != self._current_window:
            self._current_window = window
            self._request_counts.clear()
        # A user's password and personal access tokens share a counter.
        key = ("organization" if caller.kind in {"oat", "scim"} else "user", caller.name)
        count = self._request_counts[key] = self._request_counts.get(key, 0) + 1
        reset = int((window + 1) * MINUTE)
        if count > limit:
            error = too_many_requests_error(reset)
            error.headers |= RateLimitStatus(limit, 0, reset).as_headers()
            raise error
        return RateLimitStatus(limit, limit - count, reset)

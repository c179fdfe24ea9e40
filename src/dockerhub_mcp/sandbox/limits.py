"""Requests per minute, counted by who is asking."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from dockerhub_mcp.sandbox.auth import SandboxCaller
from dockerhub_mcp.sandbox.errors import too_many_requests_error
from dockerhub_mcp.sandbox.timestamps import MINUTE


@dataclass(frozen=True)
class RateLimitStatus:
    """What is left of the minute."""

    limit: int
    remaining: int
    reset: int

    def as_headers(self) -> dict[str, str]:
        """The headers that tell a client about it."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


@dataclass
class RateLimits:
    """Fixed windows of a minute; all anonymous requests share one."""

    now: Callable[[], float]
    anonymous_limit: int | None
    signed_in_limit: int | None
    _current_window: int = 0
    _request_counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def count_request(self, caller: SandboxCaller) -> RateLimitStatus | None:
        """Count a request; refuses it when the minute's requests are used up."""
        limit = self.anonymous_limit if caller.kind == "anonymous" else self.signed_in_limit
        if limit is None:
            return None
        at = self.now()
        window = int(at // MINUTE)
        if window != self._current_window:
            self._current_window = window
            self._request_counts.clear()
        # A user's password and personal access tokens draw on the same account.
        key = ("organization" if caller.kind in {"oat", "scim"} else "user", caller.name)
        used = self._request_counts[key] = self._request_counts.get(key, 0) + 1
        reset = int((window + 1) * MINUTE)
        if used > limit:
            refused = too_many_requests_error(max(1, math.ceil(reset - at)))
            refused.headers |= RateLimitStatus(limit, 0, reset).as_headers()
            raise refused
        return RateLimitStatus(limit, limit - used, reset)

"""Requests per minute, counted by who is asking."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from dockerhub_mcp.sandbox.auth import Caller
from dockerhub_mcp.sandbox.data.deterministic import MINUTE
from dockerhub_mcp.sandbox.errors import too_many_requests


@dataclass(frozen=True)
class Allowance:
    """What is left of the minute."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
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
    anonymous: int | None
    signed_in: int | None
    _window: int = 0
    _used: dict[tuple[str, str], int] = field(default_factory=dict)

    def count(self, caller: Caller) -> Allowance | None:
        """Count a request; refuses it when the minute's requests are used up."""
        limit = self.anonymous if caller.kind == "anonymous" else self.signed_in
        if limit is None:
            return None
        at = self.now()
        window = int(at // MINUTE)
        if window != self._window:
            self._window = window
            self._used.clear()
        # A user's password and personal access tokens draw on the same account.
        key = ("organization" if caller.kind in {"oat", "scim"} else "user", caller.name)
        used = self._used[key] = self._used.get(key, 0) + 1
        reset = int((window + 1) * MINUTE)
        if used > limit:
            refused = too_many_requests(max(1, math.ceil(reset - at)))
            refused.headers |= Allowance(limit, 0, reset).headers()
            raise refused
        return Allowance(limit, limit - used, reset)

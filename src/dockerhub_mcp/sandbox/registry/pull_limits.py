"""Pull limits: a number of manifest downloads in six hours, per IP address or account."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from dockerhub_mcp.sandbox.registry.errors import pull_limit_error
from dockerhub_mcp.sandbox.timestamps import HOUR

PULL_WINDOW = 6 * HOUR


class PullAllowance(NamedTuple):
    """What is counted for a caller: the source is an IP address or the id of an account."""

    source: str
    limit: int


@dataclass
class PullLimits:
    """Counters that start with the first pull of a source, and start again after six hours."""

    now: Callable[[], float]
    anonymous_limit: int | None
    personal_limit: int | None
    _windows: dict[str, tuple[float, int]] = field(default_factory=dict)

    def count_pull(self, allowance: PullAllowance | None) -> dict[str, str]:
        """Count a pull. Return the headers that report the limit, none without a limit.

        Raises:
            SandboxHTTPError: 429 if the limit is reached.
        """
        if allowance is None:
            return {}
        start, count = self._get_window(allowance.source)
        if count >= allowance.limit:
            raise pull_limit_error(self.report(allowance))
        self._windows[allowance.source] = (start, count + 1)
        return self.report(allowance)

    def report(self, allowance: PullAllowance | None) -> dict[str, str]:
        """Return the headers that report the limit without counting anything, none without a limit."""
        if allowance is None:
            return {}
        _, count = self._get_window(allowance.source)
        window = f";w={PULL_WINDOW:.0f}"
        return {
            "ratelimit-limit": f"{allowance.limit}{window}",
            "ratelimit-remaining": f"{max(0, allowance.limit - count)}{window}",
            "docker-ratelimit-source": allowance.source,
        }

    def _get_window(self, source: str) -> tuple[float, int]:
        start, count = self._windows.get(source, (self.now(), 0))
        return (start, count) if self.now() < start + PULL_WINDOW else (self.now(), 0)

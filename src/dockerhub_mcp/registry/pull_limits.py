"""The limit on pulls: what responses report, and when a pull would use its last tenth."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from cachetools import LRUCache

from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.registry.models import PullLimit

_VALUE = re.compile(r"\s*(-?\d{1,9})\s*(?:;\s*w=(\d{1,9})\s*)?(?:,|;|$)")
_DEFAULT_WINDOW = 21_600  # seconds; Docker counts pulls for six hours
_MAX_REPOSITORIES = 256
_TRUSTED_SECONDS = 60.0
_TRUSTED_NEAR_RESERVE = 5.0
_PULL_LIMIT_CUE = b"pull rate limit"


def parse_pull_limit(headers: Mapping[str, str]) -> PullLimit | None:
    """Parse the headers of a response; None where they report no limit.

    Args:
        headers: The response headers, with lookup by lower-case name.
    """
    limit = _VALUE.match(headers.get("ratelimit-limit", ""))
    remaining = _VALUE.match(headers.get("ratelimit-remaining", ""))
    if limit is None or remaining is None or int(limit[1]) <= 0:
        return None
    window = int(limit[2] or remaining[2] or 0) or _DEFAULT_WINDOW
    source = to_single_line(headers.get("docker-ratelimit-source", ""), 80)
    left = max(0, min(int(remaining[1]), int(limit[1])))
    return PullLimit(int(limit[1]), left, window, source)


def is_pull_limit_refusal(status: int, content: bytes) -> bool:
    """Return whether a response says that the pull limit is reached, which no repetition changes."""
    return status == 429 and _PULL_LIMIT_CUE in content[:4096].lower()  # noqa: PLR2004


def get_reserve(limit: PullLimit) -> int:
    """Return how many pulls are never used: a tenth of the limit, rounded up."""
    return math.ceil(limit.limit / 10)


class PullLimits:
    """The limits that one account's responses reported.

    Attributes:
        last: The last limit that any response reported.

    Args:
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._by_repository: LRUCache[str, tuple[PullLimit | None, float]] = LRUCache(_MAX_REPOSITORIES)
        self.last: PullLimit | None = None
        self._pending = 0

    def record(
        self, repository: str, headers: Mapping[str, str], *, is_about_account: bool = False
    ) -> PullLimit | None:
        """Remember and return what a response about a manifest reports.

        Args:
            repository: The repository.
            headers: The response headers.
            is_about_account: Whether a missing limit means that the account has none; else the repository may
                be one of which pulls are not counted.
        """
        limit = parse_pull_limit(headers)
        self._by_repository[repository] = limit, self._clock()
        self.last = limit if is_about_account else limit or self.last
        return limit

    @contextmanager
    def count_pending(self) -> Iterator[None]:
        """Count a pull as started while the block runs."""
        self._pending += 1
        try:
            yield
        finally:
            self._pending -= 1

    def find(self, repository: str) -> PullLimit | None:
        """Return the limit for pulls from a repository; some have none although the account has one."""
        known = self._by_repository.get(repository)
        return self.last if known is None else known[0]

    def is_outdated(self, repository: str) -> bool:
        """Return whether to ask for the limit again before a pull: other programs use it, and windows end."""
        known = self._by_repository.get(repository)
        seconds = _TRUSTED_NEAR_RESERVE if self.would_use_reserve(repository) else _TRUSTED_SECONDS
        return known is None or self._clock() - known[1] > seconds

    def would_use_reserve(self, repository: str) -> bool:
        """Return whether one more pull would use the last tenth of the limit."""
        limit = self.find(repository)
        return limit is not None and limit.remaining - self._pending - 1 < get_reserve(limit)

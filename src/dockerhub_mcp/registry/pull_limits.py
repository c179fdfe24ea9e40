"""The limit on pulls: what responses report, and when a pull would use its last tenth."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

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


@dataclass(slots=True)
class SentRequest:
    """A request about a manifest, and which pulls the limit in its response takes into account.

    Attributes:
        number: The number of the request, in the order of sending.
        finished: The number of pulls that were finished before.
        is_pull: Whether it is a pull itself.
        is_counted: Whether its response reported a limit; pulls from some repositories are not counted.
    """

    number: int
    finished: int
    is_pull: bool
    is_counted: bool = True


class PullLimits:
    """The limits that one account's responses reported.

    Attributes:
        last: The limit that the last request reported, of those with a response that has one.

    Args:
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._by_repository: LRUCache[str, tuple[PullLimit | None, float]] = LRUCache(_MAX_REPOSITORIES)
        self.last: PullLimit | None = None
        self._last_sent = SentRequest(0, 0, is_pull=False)
        self._sent, self._started, self._finished = 0, 0, 0

    def count_request(self) -> SentRequest:
        """Count a request that is no pull as sent."""
        self._sent += 1
        return SentRequest(self._sent, self._finished, is_pull=False)

    @contextmanager
    def count_pull(self) -> Iterator[SentRequest]:
        """Count a pull as sent, and as finished after the block."""
        self._sent += 1
        self._started += 1
        request = SentRequest(self._sent, self._finished, is_pull=True)
        try:
            yield request
        finally:
            if request.is_counted:
                self._finished += 1
            else:
                self._started -= 1

    def record(
        self,
        repository: str,
        headers: Mapping[str, str],
        request: SentRequest,
        *,
        is_about_account: bool = False,
    ) -> PullLimit | None:
        """Remember and return what a response about a manifest reports.

        Args:
            repository: The repository.
            headers: The response headers.
            request: The request, as it was counted.
            is_about_account: Whether a missing limit means that the account has none; else the repository may
                be one of which pulls are not counted.
        """
        limit = parse_pull_limit(headers)
        request.is_counted = limit is not None
        self._by_repository[repository] = limit, self._clock()
        is_newest = self.last is None or request.number > self._last_sent.number
        if is_newest and (limit is not None or is_about_account):
            self.last, self._last_sent = limit, request
        return limit

    def record_refusal(
        self, repository: str, limit: PullLimit | None, request: SentRequest
    ) -> PullLimit | None:
        """Remember that no pull is left, and return the limit; None where it was never reported.

        Args:
            repository: The repository.
            limit: The limit that the refusal reports, if any.
            request: The refused pull, as it was counted.
        """
        request.is_counted = False
        known = limit or self.find(repository)
        if known is None:
            return None
        reached = replace(known, remaining=0)
        self._by_repository[repository] = reached, self._clock()
        if self.last is None or request.number > self._last_sent.number:
            self.last, self._last_sent = reached, request
        return reached

    def find(self, repository: str) -> PullLimit | None:
        """Return the limit for pulls from a repository; some have none although the account has one.

        The pulls from all others are counted together, so the last response about any of them counts.
        """
        known = self._by_repository.get(repository)
        return None if known is not None and known[0] is None else self.last

    def is_outdated(self, repository: str) -> bool:
        """Return whether to ask for the limit again before a pull: other programs use it, and windows end."""
        known = self._by_repository.get(repository)
        seconds = _TRUSTED_NEAR_RESERVE if self.would_use_reserve(repository) else _TRUSTED_SECONDS
        return known is None or self._clock() - known[1] > seconds

    def would_use_reserve(self, repository: str) -> bool:
        """Return whether one more pull would use the last tenth of the limit.

        Pulls that were not finished when the last request was sent may be missing in its response.
        """
        limit = self.find(repository)
        if limit is None:
            return False
        unseen = self._started - self._last_sent.finished - self._last_sent.is_pull
        return limit.remaining - max(0, unseen) - 1 < get_reserve(limit)

"""What somebody who watches the road is told. The client knows nothing of who that is."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from dockerhub_mcp.hub.transport.rate_limit import RateLimit


class Attempt:
    """One request that leaves for the Hub, and what came of it; told when its block ends.

    Attributes:
        verb: The HTTP verb.
        route: The path's template, without values; empty where there is none.
        base_url: Where the Hub is, or the service beside it.
        number: Which attempt at the same call it is, from 1.
        begun: Nanoseconds since 1970.
        seconds: How long it took, without the wait for a free place.
        status: The status of the answer; None where there was none.
        failure: The name of the exception that ended it; empty where the answer came whole.
        limit: The rate limit that the answer stated.
    """

    __slots__ = (
        "_clock",
        "_tell",
        "base_url",
        "begun",
        "failure",
        "limit",
        "number",
        "route",
        "seconds",
        "status",
        "verb",
    )

    def __init__(self, tell: Observe | None, verb: str, route: str, base_url: str, number: int) -> None:
        self._tell = tell
        self.verb, self.route, self.base_url, self.number = verb, route, base_url, number
        self.status: int | None = None
        self.limit: RateLimit | None = None
        self.failure = ""
        self.seconds = 0.0
        self.begun = 0

    def __enter__(self) -> Self:
        self.begun, self._clock = time.time_ns(), time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tell is None:
            return
        self.seconds = time.perf_counter() - self._clock
        self.failure = kind.__name__ if kind else ""
        self._tell(self)


Observe = Callable[[Attempt], None]
"""Told of each attempt, in the task that made it. It must be quick and must not raise."""

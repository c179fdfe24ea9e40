"""What somebody who watches the road is told. The client knows nothing of who that is."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from dockerhub_mcp.hub.transport.rate_limit import RateLimit


class RequestAttempt:
    """One request that leaves for the Hub, and what came of it; told when its block ends.

    Attributes:
        verb: The HTTP verb.
        path_template: The path's template, without values; empty where there is none.
        base_url: Where the Hub is, or the service beside it.
        attempt_number: Which attempt at the same call it is, from 1.
        started_at_ns: Nanoseconds since 1970.
        duration: How long it took, without the wait for a free place.
        status: The status of the answer; None where there was none.
        error_type: The name of the exception that ended it; empty where the answer came whole.
        rate_limit: The rate limit that the answer stated.
    """

    __slots__ = (
        "_on_attempt",
        "_start_time",
        "attempt_number",
        "base_url",
        "duration",
        "error_type",
        "path_template",
        "rate_limit",
        "started_at_ns",
        "status",
        "verb",
    )

    def __init__(
        self, on_attempt: OnAttempt | None, verb: str, path_template: str, base_url: str, attempt_number: int
    ) -> None:
        self._on_attempt = on_attempt
        self.verb, self.path_template, self.base_url, self.attempt_number = (
            verb,
            path_template,
            base_url,
            attempt_number,
        )
        self.status: int | None = None
        self.rate_limit: RateLimit | None = None
        self.error_type = ""
        self.duration = 0.0
        self.started_at_ns = 0

    def __enter__(self) -> Self:
        self.started_at_ns, self._start_time = time.time_ns(), time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._on_attempt is None:
            return
        self.duration = time.perf_counter() - self._start_time
        self.error_type = kind.__name__ if kind else ""
        self._on_attempt(self)


OnAttempt = Callable[[RequestAttempt], None]
"""Told of each attempt, in the task that made it. It must be quick and must not raise."""

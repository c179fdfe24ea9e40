"""The event hook for HTTP attempts, for metrics and traces."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from dockerhub_mcp.hub.transport.rate_limit import RateLimit


class RequestAttempt:
    """An HTTP request with its outcome: a context manager that calls the hook when it exits.

    Attributes:
        verb: The HTTP method.
        path_template: The path template, without values; empty where unknown.
        base_url: The URL of the Hub, or of another service of Docker.
        attempt_number: The number of the attempt at the same call, from 1.
        started_at_ns: The start, in nanoseconds since 1970.
        duration: Seconds that it took, without the wait for a free slot.
        status: The status of the response; None where there was none.
        error_type: The class name of the exception that ended it; empty after a complete response.
        rate_limit: The rate limit that the response reported.
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
"""Called after each HTTP attempt, in the requesting task. Must not block or raise."""

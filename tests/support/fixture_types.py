"""Types and settings of the fixtures in tests/conftest.py, for annotations."""

from __future__ import annotations

from collections.abc import Callable

from dockerhub_mcp.hub import Hub, RetryPolicy

QUICK = RetryPolicy(base_delay=0.001, max_delay=0.01)
"""The default retry policy with shorter delays."""


MakeHub = Callable[..., Hub]


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time

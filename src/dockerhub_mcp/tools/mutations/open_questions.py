"""Questions to users that are answered with a later call, or never."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

_MAX_OPEN = 10_000


class OpenQuestions:
    """Records each question that stays without an answer. Use it in one event loop.

    Args:
        record: Records an entry of the audit log.
    """

    def __init__(self, record: Callable[[Mapping[str, Any]], object]) -> None:
        self._record = record
        self._open: dict[str, tuple[Mapping[str, Any], asyncio.TimerHandle]] = {}

    def add(self, key: str, entry: Mapping[str, Any], *, seconds: float) -> None:
        """Record an entry after some seconds, unless the question is settled or put again by then.

        Args:
            key: Identifies the call that the question is about.
            entry: The entry, without the reason.
            seconds: Seconds for which an answer counts.
        """
        self.settle(key)
        if len(self._open) >= _MAX_OPEN:
            self._expire(next(iter(self._open)), "too many open questions")
        loop = asyncio.get_running_loop()
        timer = loop.call_later(seconds, self._expire, key, "no answer in time reached this server")
        self._open[key] = entry, timer

    def settle(self, key: str) -> None:
        """Forget a question: there is an answer, or the call has ended without one."""
        if question := self._open.pop(key, None):
            question[1].cancel()

    def expire_all(self, reason: str) -> None:
        """Record all open questions."""
        for key in list(self._open):
            self._expire(key, reason)

    def _expire(self, key: str, reason: str) -> None:
        entry, timer = self._open.pop(key)
        timer.cancel()
        self._record({**entry, "reason": reason})

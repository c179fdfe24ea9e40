"""Reads that were answered a moment ago: kept for a short time, and shared by those who ask at once.

What is kept is the result as the agent read it, some kilobytes, and not what the Hub sent, which is a hundred
times that. Each client of the Hub has its own; a change through any of them empties all, in every process of
this server.
"""

from __future__ import annotations

import mmap
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

import anyio

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.tools.results.results import Outcome

_MOST = 128  # results of one client
_NOTE = 96  # bytes of the line that tells the age


@dataclass(slots=True)
class _Kept:
    outcome: Outcome
    clock: float
    moment: datetime


@dataclass(slots=True)
class _Asked:
    """A read under way, and those who wait for it."""

    done: anyio.Event = field(default_factory=anyio.Event)
    outcome: Outcome | None = None


@dataclass(slots=True)
class _Memory:
    kept: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)
    asked: dict[str, _Asked] = field(default_factory=dict)


class Changes:
    """Tells processes that were split off from one of each other's changes: each leaves a new mark."""

    def __init__(self) -> None:
        self._mark = mmap.mmap(-1, 16)  # shared by all that are forked later

    @property
    def mark(self) -> bytes:
        """What the last change left."""
        return self._mark[:]

    def note(self) -> None:
        """Leave another mark."""
        self._mark[:] = secrets.token_bytes(16)


class Reads:
    """Answers repeated reads from memory.

    Args:
        ttl: Seconds that a result is kept; with 0 nothing is kept or shared.
        now: The clock, in seconds.
        changes: Where changes are noted, by other processes too.
    """

    def __init__(
        self,
        ttl: float = 30.0,
        *,
        now: Callable[[], float] = time.monotonic,
        changes: Changes | None = None,
    ) -> None:
        self._ttl, self._now = ttl, now
        self._memories: WeakKeyDictionary[Hub, _Memory] = WeakKeyDictionary()
        self._changes = changes or Changes()
        self._seen = self._changes.mark

    @property
    def note(self) -> int:
        """Bytes at most that a repeated answer is longer."""
        return _NOTE if self._ttl else 0

    async def answer(
        self, hub: Hub, name_of: Callable[[], str], ask: Callable[[], Awaitable[Outcome]]
    ) -> Outcome:
        """Return what was answered a moment ago, or is being answered now, or ask.

        Args:
            hub: Who asks.
            name_of: Names what is asked, in every detail that the result depends on. Who asks may be known
                only when it was answered, so it is called again then.
            ask: Asks the Hub and shapes the result.
        """
        if not self._ttl:
            return await ask()
        memory = self._memories.setdefault(hub, _Memory())
        while True:
            if self._changes.mark != self._seen:
                self._drop()
            key = name_of()
            if kept := self._fresh(memory, key):
                return _dated(kept, self._now() - kept.clock)
            if key not in memory.asked:
                return await self._ask(memory, name_of, ask)
            under_way = memory.asked[key]
            await under_way.done.wait()
            if under_way.outcome is not None:
                return under_way.outcome

    def forget(self) -> None:
        """Drop everything: something was changed."""
        self._changes.note()
        self._drop()

    def _drop(self) -> None:
        self._seen = self._changes.mark
        for memory in self._memories.values():
            memory.kept.clear()
            memory.asked.clear()  # who waits already gets that answer; who comes now asks anew

    def _fresh(self, memory: _Memory, key: str) -> _Kept | None:
        oldest = self._now() - self._ttl
        for name in [name for name, kept in memory.kept.items() if kept.clock <= oldest]:
            del memory.kept[name]
        return memory.kept.get(key)

    async def _ask(
        self, memory: _Memory, name_of: Callable[[], str], ask: Callable[[], Awaitable[Outcome]]
    ) -> Outcome:
        key = name_of()
        asked = memory.asked[key] = _Asked()
        changes = self._changes.mark
        clock, moment = self._now(), datetime.now(UTC)
        try:
            outcome = asked.outcome = await ask()
        finally:
            # Whoever waits for a read that was cancelled finds no outcome, and asks for itself.
            if memory.asked.get(key) is asked:
                del memory.asked[key]
            asked.done.set()
        if changes == self._changes.mark and not outcome.is_error and outcome.lasting:
            memory.kept[name_of()] = _Kept(outcome, clock, moment)
            if len(memory.kept) > _MOST:
                memory.kept.popitem(last=False)
        return outcome


def _dated(kept: _Kept, age: float) -> Outcome:
    said = f"Note: as of {kept.moment:%H:%M:%S}Z, {age:.0f} s ago (kept by this server for a moment)."
    return replace(kept.outcome, text=f"{said}\n{kept.outcome.text}")

"""Clean-up plans and their progress in memory."""

from __future__ import annotations

import math
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

MAX_PLANS_PER_ACCOUNT = 10
MAX_BYTES_IN_MEMORY = 16 * 1024**2
"""The most bytes of plans in memory, unless `make_room` is called."""


class MemoryProgress:
    """The progress of a plan, in memory.

    Args:
        lines: The lines so far; further ones are added to it.
    """

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines

    async def read(self) -> list[bytes]:
        """Return the lines, without their ends."""
        return b"".join(self._lines).splitlines()

    async def append(self, line: bytes, *, may_wait: bool = False) -> None:  # noqa: ARG002 - of the protocol
        """Add a line."""
        self._lines.append(line)


@dataclass(slots=True)
class _KeptPlan:
    account: str
    content: bytes
    progress: list[bytes] = field(default_factory=list)


class MemoryPlans:
    """Plans of this process, which end with it; those that were not used for longest are dropped.

    Args:
        key: The key of the identifiers; by default one that exists in this process only.
    """

    place = "in memory until it ends"

    def __init__(self, key: bytes | None = None) -> None:
        self.keys = (key or secrets.token_bytes(32),)
        self._kept: OrderedDict[str, _KeptPlan] = OrderedDict()
        self._max_plans = MAX_PLANS_PER_ACCOUNT
        self._max_bytes: float = MAX_BYTES_IN_MEMORY

    def make_room(self, count: int) -> None:
        """Keep at least this many plans of an account, regardless of their size."""
        self._max_plans = max(self._max_plans, count)
        self._max_bytes = math.inf

    async def check_available(self) -> None:
        """Return at once."""

    async def write_plan(self, plan_id: str, account: str, content: bytes) -> None:
        """Keep a plan, and drop older ones that there is no room for."""
        self._kept.setdefault(plan_id, _KeptPlan(account, content))
        self._kept.move_to_end(plan_id)
        own = [each for each, kept in self._kept.items() if kept.account == account]
        for each in own[: -self._max_plans]:
            del self._kept[each]
        size = sum(len(kept.content) for kept in self._kept.values())
        while len(self._kept) > 1 and size > self._max_bytes:
            _, dropped = self._kept.popitem(last=False)
            size -= len(dropped.content)

    async def read_plan(self, plan_id: str) -> bytes | None:
        """Return a plan; None without one."""
        kept = self._kept.get(plan_id)
        if kept is None:
            return None
        self._kept.move_to_end(plan_id)
        return kept.content

    def get_plan_path(self, plan_id: str) -> None:
        """Return None: there are no files."""

    @asynccontextmanager
    async def open_progress(self, plan_id: str) -> AsyncIterator[MemoryProgress]:
        """Open the progress of a plan."""
        kept = self._kept.get(plan_id)
        yield MemoryProgress([] if kept is None else kept.progress)

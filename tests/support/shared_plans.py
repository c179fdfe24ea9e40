"""Plans in a state that replicas share, and a state that fails when a test says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.keys import KeyRing
from dockerhub_mcp.shared.plans import StoredPlans
from dockerhub_mcp.shared.state import SharedState
from dockerhub_mcp.tools.cleanup.plans import CleanupPlans

KEYS = KeyRing([b"the first key of some tests, long enough"])


@dataclass(frozen=True, slots=True)
class SharedPlace:
    """A state that replicas share.

    Attributes:
        connect: Returns the state as one more replica sees it.
        expire: Lets the value of a key expire.
    """

    connect: Callable[[], SharedState]
    expire: Callable[[str], Awaitable[object]]


def share_plans(state: object, keys: KeyRing = KEYS) -> CleanupPlans:
    """Return the plans of one more replica."""
    return CleanupPlans(StoredPlans(cast("SharedState", state), keys))


class FaultyState:
    """A state that counts the commands, and fails where a test says so.

    Attributes:
        commands: The names of the commands so far, each with its key.
        fails: Tells, with the number of a command from 1, whether it fails.
        is_carried_out: Whether commands that fail are carried out all the same.
    """

    def __init__(self, state: object) -> None:
        self._state = state
        self.commands: list[tuple[str, ...]] = []
        self.fails: Callable[[int], bool] = lambda _: False
        self.is_carried_out = False

    def __getattr__(self, name: str) -> Any:
        carry_out = getattr(self._state, name)

        failure = StoreUnavailable("as the test says")

        async def command(*arguments: Any, **options: Any) -> Any:
            self.commands.append((name, *arguments[:1]))
            is_failing = self.fails(len(self.commands))
            if is_failing and not self.is_carried_out:
                raise failure
            result = await carry_out(*arguments, **options)
            if is_failing:
                raise failure
            return result

        return command

"""A lock in the store, which one replica at a time has and which expires with it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress

import anyio

from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.state import SharedState

_RELEASE_TIMEOUT = 1.0  # seconds


class StoredLock:
    """A lock of one or more keys.

    Args:
        state: The state that replicas share.
        keys: The keys, all of which a replica needs.
        seconds: Seconds until the lock expires, unless it is extended.
    """

    def __init__(self, state: SharedState, keys: Sequence[str], *, seconds: float) -> None:
        self._state = state
        self._keys = sorted(keys)  # in one order, so that no two replicas get a part each
        self._seconds = seconds
        self._value = secrets.token_bytes(16)
        self._claimed: list[str] = []

    async def claim(self) -> bool:
        """Take the lock, and return whether no other replica has it.

        Raises:
            StoreUnavailable: It is unknown whether the lock was taken; `release` gives it up.
        """
        for key in self._keys:
            self._claimed.append(key)
            if not await self._state.claim(key, self._value, seconds=self._seconds):
                self._claimed.pop()
                return False
        return True

    async def extend(self) -> bool:
        """Let the lock expire some seconds from now, and return whether this replica still has it.

        Raises:
            StoreUnavailable: It is unknown whether the lock was extended.
        """
        extended = [await self._state.extend(key, self._value, seconds=self._seconds) for key in self._keys]
        return all(extended)

    async def release(self) -> None:
        """Give up what was taken of the lock, even if cancelled; without the store, it expires by itself."""
        with anyio.move_on_after(_RELEASE_TIMEOUT, shield=True), suppress(StoreUnavailable):
            while self._claimed:
                await self._state.delete(self._claimed.pop(), value=self._value)

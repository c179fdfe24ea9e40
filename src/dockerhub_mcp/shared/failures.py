"""Count rejected credentials over all replicas."""

from __future__ import annotations

import secrets
from contextlib import suppress

from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.keys import KeyRing
from dockerhub_mcp.shared.state import SharedState

_MEMBER_BYTES = 8  # enough to tell the rejections within a window apart


class StoredFailures:
    """Sliding windows of rejected credentials, one for each network; the store sees no address.

    Args:
        state: The state that the replicas share.
        keys: Digest the networks.
        limit: How many credentials may be rejected within a window.
        seconds: The length of a window.
    """

    def __init__(self, state: SharedState, keys: KeyRing, *, limit: int, seconds: float) -> None:
        self._state, self._keys = state, keys
        self._limit, self._seconds = limit, seconds

    async def measure(self, network: str) -> float | None:
        """Return the seconds until credentials may be tried; None if they may now, or without the store."""
        with suppress(StoreUnavailable):
            key, limit, seconds = self._key_of(network), self._limit, self._seconds
            return await self._state.measure_window(key, limit=limit, seconds=seconds) or None
        return None

    async def add(self, network: str) -> float | None:
        """Count a rejection, unless there are as many as allowed already.

        Returns:
            None if it was counted, or without the store; otherwise the seconds until another one may be.
        """
        member = secrets.token_hex(_MEMBER_BYTES)
        with suppress(StoreUnavailable):
            key, limit, seconds = self._key_of(network), self._limit, self._seconds
            return await self._state.add_to_window(key, member, limit=limit, seconds=seconds) or None
        return None

    def _key_of(self, network: str) -> str:
        return f"throttle:{self._keys.digest(network)}"

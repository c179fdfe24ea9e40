"""Accept each answered confirmation once over all replicas."""

from __future__ import annotations

from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.state import SharedState

_CLAIM_SECONDS = 660.0  # an answer counts for 600, measured by the clocks of several machines


class StoredAnswers:
    """The confirmations that were used, at any replica.

    Args:
        state: The state that the replicas share.
    """

    def __init__(self, state: SharedState) -> None:
        self._state = state

    async def read_generation(self) -> str | None:
        """Return what identifies the record: another text once it may be incomplete; None if unknown."""
        try:
            return await self._state.read_generation()
        except StoreUnavailable:
            return None

    async def claim(self, question_id: str) -> tuple[bool, str] | None:
        """Record that the answer to a question is used.

        Returns:
            Whether it is used for the first time as far as the record goes, and what identifies the record;
            None if the store did not record it.
        """
        try:
            is_first = await self._state.claim(f"once:{question_id}", b"1", seconds=_CLAIM_SECONDS)
            # Read last: a record that is lost after the claim, and with it, is then another one.
            return is_first, await self._state.read_generation()
        except StoreUnavailable:
            return None

"""Accept each answered confirmation once over all replicas."""

from __future__ import annotations

from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.state import SharedState

_CLAIM_SECONDS = 660.0  # an answer counts for 600, measured by the clocks of several machines


class AnsweredConfirmations:
    """The confirmations that were used, at any replica.

    Args:
        state: The state that the replicas share.
    """

    def __init__(self, state: SharedState) -> None:
        self._state = state

    async def claim(self, question_id: str) -> bool | None:
        """Record that the answer to a question is used.

        Returns:
            Whether it is used for the first time; None if the store did not record it.
        """
        try:
            return await self._state.claim(f"once:{question_id}", b"1", seconds=_CLAIM_SECONDS)
        except StoreUnavailable:
            return None

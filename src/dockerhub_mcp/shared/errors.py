"""Errors of the shared store."""

from __future__ import annotations


class StoreUnavailable(Exception):
    """The shared store did not carry out a command in time, or is known to be unreachable.

    The command may have been carried out all the same. The message contains no address and no password.

    Args:
        reason: Why, as a clause without a period.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the shared store is unavailable: {reason}")
        self.reason = reason

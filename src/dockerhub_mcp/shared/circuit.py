"""Refuse commands at once while the store is known to be unavailable, and log each outage once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from dockerhub_mcp.shared.errors import StoreUnavailable

logger = logging.getLogger(__name__)

OPEN_SECONDS = 5.0


class Circuit:
    """A circuit breaker: open after a failure, then one trial every few seconds until one succeeds.

    Args:
        open_seconds: Seconds between trials.
        clock: A monotonic clock, in seconds.
    """

    def __init__(
        self, *, open_seconds: float = OPEN_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._open_seconds = open_seconds
        self._clock = clock
        self._next_trial = 0.0
        self._reason = ""

    @property
    def is_closed(self) -> bool:
        """Whether commands are sent: nothing has failed since the last success."""
        return not self._reason

    def admit(self) -> bool:
        """Let a command pass, or refuse it.

        Returns:
            Whether the command is a trial. While it is under way, the others are refused.

        Raises:
            StoreUnavailable: The circuit is open, and no trial is due.
        """
        if self.is_closed:
            return False
        now = self._clock()
        if now < self._next_trial:
            raise StoreUnavailable(self._reason)
        self._next_trial = now + self._open_seconds
        return True

    def allow_trial(self) -> None:
        """Let the next command be a trial, because the store seems to have recovered."""
        self._next_trial = 0.0

    def record_success(self) -> None:
        """Close the circuit: the store carried out a command."""
        if not self.is_closed:
            self._reason = ""
            logger.info("the shared store is available again")

    def record_failure(self, reason: str) -> None:
        """Open the circuit.

        Args:
            reason: Why the store is unavailable, without its address.
        """
        if self.is_closed:
            self._next_trial = self._clock() + self._open_seconds
            logger.warning("the shared store is unavailable: %s", reason)
        self._reason = reason

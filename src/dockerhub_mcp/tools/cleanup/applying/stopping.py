"""When a clean-up stops before its end: equal refusals, too many errors, or an error that ends it."""

from __future__ import annotations

from collections import Counter

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.errors import (
    ConnectionFailed,
    CredentialError,
    Refused,
    SignInError,
    Unauthorized,
    UnexpectedAnswer,
)
from dockerhub_mcp.tools.results.sanitize import error_text

MAX_EQUAL_REFUSALS = 3
MAX_ERRORS = 10


class StopRule:
    """Counts refusals and errors.

    Attributes:
        reason: Why the clean-up stops; empty while it goes on.
    """

    def __init__(self) -> None:
        self.reason = ""
        self._refusals: Counter[str] = Counter()
        self._errors = 0

    @property
    def is_stopped(self) -> bool:
        """Whether no further request may be sent."""
        return bool(self.reason)

    def count_refusal(self, reason: str, error: HubError) -> None:
        """Count a refusal; the third one for the same reason stops the clean-up."""
        self._refusals[reason] += 1
        if self._refusals[reason] >= MAX_EQUAL_REFUSALS:
            remedy = f" {error.remedy}" if error.remedy else ""
            self._stop(f"{MAX_EQUAL_REFUSALS} deletions were refused for the same reason.{remedy}")

    def count_error(self, error: HubError) -> None:
        """Count an error; the tenth one stops the clean-up, and at once one that meets every request."""
        self._errors += 1
        if isinstance(error, SignInError | CredentialError | Unauthorized) or not isinstance(
            error, Refused | ConnectionFailed | UnexpectedAnswer
        ):
            self._stop(error_text(error))
        elif self._errors >= MAX_ERRORS:
            self._stop(f"{MAX_ERRORS} requests failed, at last: {error_text(error)}")

    def stop(self, reason: str) -> None:
        """Stop the clean-up."""
        self._stop(reason)

    def _stop(self, reason: str) -> None:
        self.reason = self.reason or reason

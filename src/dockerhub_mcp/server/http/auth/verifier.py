"""Who calls over HTTP, and why somebody may not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from dockerhub_mcp.tools.access import Access


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a name for logs, and the most that may be done.

    Attributes:
        name: As the operator named the token, or the subject of an OAuth token; empty for anybody on this
            machine.
        access: The ceiling on what tools may do.
        toolsets: The areas of tools; none means what the server offers.
        issuer: Who issued the OAuth token; empty for the operator's own tokens.
        subject: What tells the bearers of the issuer's tokens apart, where a name may be cut.
    """

    name: str
    access: Access
    toolsets: tuple[str, ...] = ()
    issuer: str = ""
    subject: str = ""


class TokenVerifier(Protocol):
    """Tells who presents a token."""

    async def verify_token(self, token: str) -> Caller:
        """Return whose token it is.

        Raises:
            CallerError: Nobody may call with it, or not now.
        """
        ...


class TokenVerificationError(Exception):
    """Somebody who may not call, or not now; the root of what a verifier raises."""


class InvalidToken(TokenVerificationError):
    """The token is not good: 401, `invalid_token`.

    Whoever presents it learns nothing more; the reason is for the log and never holds the token.
    """

    def __init__(self, log_reason: str) -> None:
        super().__init__(log_reason)
        self.log_reason = log_reason


class InsufficientScope(TokenVerificationError):
    """The token is good, but carries none of the scopes that this server knows: 403, `insufficient_scope`."""

    def __init__(self, accepted_scopes: Iterable[str]) -> None:
        self.accepted_scopes = tuple(accepted_scopes)
        super().__init__(f"the token carries none of the scopes {' '.join(self.accepted_scopes)}")


class TokenVerifierUnavailable(TokenVerificationError):
    """Nobody can tell now whether the token is good, since the issuer's keys are not to be had: 503."""

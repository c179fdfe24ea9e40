"""Define callers, and how bearer tokens are verified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dockerhub_mcp.tools.access import Access


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller, and the most that it may do.

    Attributes:
        name: The operator's name for the token, or the subject of an OAuth token; empty for an anonymous
            caller on this machine.
        access: The highest level of access; `admin` sets no limit beside that of the server.
        toolsets: The toolsets allowed; empty for all that the server offers.
        issuer: The issuer of the OAuth token; empty for the operator's own tokens.
        subject: Distinguishes the issuer's subjects, because `name` may be truncated.
        scopes: The scope of an OAuth token that grants each level of access.
    """

    name: str
    access: Access
    toolsets: tuple[str, ...] = ()
    issuer: str = ""
    subject: str = ""
    scopes: Mapping[Access, str] = field(default_factory=dict, compare=False)


class TokenVerifier(Protocol):
    """Verifies bearer tokens."""

    async def verify_token(self, token: str) -> Caller:
        """Return the caller that the token belongs to.

        Raises:
            TokenVerificationError: The token is not accepted, or cannot be verified now.
        """
        ...


class TokenVerificationError(Exception):
    """The base class of what a `TokenVerifier` raises."""


class InvalidToken(TokenVerificationError):
    """The token is not valid: 401, `invalid_token`.

    Attributes:
        log_reason: The reason, for the log only; it never contains the token.
    """

    def __init__(self, log_reason: str) -> None:
        super().__init__(log_reason)
        self.log_reason = log_reason


class InsufficientScope(TokenVerificationError):
    """The token is valid but has none of the scopes that this server accepts: 403, `insufficient_scope`."""

    def __init__(self, accepted_scopes: Iterable[str]) -> None:
        self.accepted_scopes = tuple(accepted_scopes)
        super().__init__(f"the token has none of the scopes {' '.join(self.accepted_scopes)}")


class TokenVerifierUnavailable(TokenVerificationError):
    """The token cannot be verified now, because the issuer's keys are unavailable: 503."""

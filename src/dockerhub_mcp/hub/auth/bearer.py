"""Bearer tokens: what they say about themselves, and how long they are good."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dockerhub_mcp.hub.api.enums import CredentialKind

_HUB_CLAIM = "https://hub.docker.com"
_RENEWAL_LEEWAY = 60.0  # seconds before the end at which a bearer is renewed
_DEFAULT_LIFETIME = 600.0  # the reference: a bearer from /v2/auth/token is good for ten minutes


@dataclass(frozen=True, slots=True)
class Bearer:
    """A bearer token and what its claims say; they are not verified and serve as hints only.

    The end is kept on the monotonic clock, from the lifetime that the claims state, so that a wrong
    clock on this machine neither shortens nor lengthens it.
    """

    token: str = field(repr=False)
    username: str
    kind: CredentialKind
    scopes: tuple[str, ...]
    expires_at: datetime | None
    renew_at: float

    @classmethod
    def from_token(cls, token: str, *, name: str, secret: str) -> Bearer:
        """Read a token that was given for a name and secret."""
        claims = _decode_claims(token)
        hub = claims.get(_HUB_CLAIM)
        hub = hub if isinstance(hub, dict) else {}
        expires, issued = _parse_number(claims.get("exp")), _parse_number(claims.get("iat"))
        lifetime = _DEFAULT_LIFETIME
        if expires is not None:
            lifetime = expires - (issued if issued is not None else time.time())
        scope = claims.get("scope")
        username = hub.get("username")
        return cls(
            token=token,
            username=username if isinstance(username, str) and username else name,
            kind=CredentialKind.from_secret(secret),
            scopes=tuple(scope.split()) if isinstance(scope, str) else (),
            expires_at=_parse_timestamp(expires),
            renew_at=time.monotonic() + max(0.0, lifetime - min(_RENEWAL_LEEWAY, lifetime / 4)),
        )

    @classmethod
    def from_static_token(cls, token: str, kind: CredentialKind) -> Bearer:
        """Take a token that is sent as it is and never renewed."""
        return cls(token, "the organization", kind, (), None, float("inf"))

    @property
    def is_fresh(self) -> bool:
        """Whether it need not be renewed yet."""
        return time.monotonic() < self.renew_at


def _decode_claims(token: str) -> dict[str, Any]:
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _parse_number(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _parse_timestamp(value: float | None) -> datetime | None:
    try:
        return None if value is None else datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return None

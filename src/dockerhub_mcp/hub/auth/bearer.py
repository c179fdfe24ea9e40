"""Bearer tokens: what they say about themselves, and how long they are good."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dockerhub_mcp.hub.auth.credentials import Kind

_CLAIM = "https://hub.docker.com"
_LEEWAY = 60.0  # seconds before the end at which a bearer is renewed
_DEFAULT_LIFETIME = 600.0  # the reference: a bearer from /v2/auth/token is good for ten minutes


@dataclass(frozen=True, slots=True)
class Bearer:
    """A bearer token and what its claims say; they are not verified and serve as hints only.

    The end is kept on the monotonic clock, from the lifetime that the claims state, so that a wrong
    clock on this machine neither shortens nor lengthens it.
    """

    token: str = field(repr=False)
    username: str
    kind: Kind
    scopes: tuple[str, ...]
    expires_at: datetime | None
    good_until: float

    @classmethod
    def of(cls, token: str, *, name: str, secret: str) -> Bearer:
        """Read a token that was given for a name and secret."""
        claims = _claims(token)
        hub = claims.get(_CLAIM)
        hub = hub if isinstance(hub, dict) else {}
        expires, issued = _number(claims.get("exp")), _number(claims.get("iat"))
        lifetime = _DEFAULT_LIFETIME
        if expires is not None:
            lifetime = expires - (issued if issued is not None else time.time())
        scope = claims.get("scope")
        username = hub.get("username")
        return cls(
            token=token,
            username=username if isinstance(username, str) and username else name,
            kind=Kind.of(secret),
            scopes=tuple(scope.split()) if isinstance(scope, str) else (),
            expires_at=_moment(expires),
            good_until=time.monotonic() + max(0.0, lifetime - min(_LEEWAY, lifetime / 4)),
        )

    @classmethod
    def fixed(cls, token: str, kind: Kind) -> Bearer:
        """Take a token that is sent as it is and never renewed."""
        return cls(token, "the organization", kind, (), None, float("inf"))

    @property
    def is_good(self) -> bool:
        """Whether it need not be renewed yet."""
        return time.monotonic() < self.good_until


def _claims(token: str) -> dict[str, Any]:
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _moment(value: float | None) -> datetime | None:
    try:
        return None if value is None else datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return None

"""Bearer tokens: their claims, and when they are due for renewal."""

from __future__ import annotations

import base64
import json
import math
import time
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.models import SignInStatus

_HUB_CLAIM = "https://hub.docker.com"
_MESSAGE = "The server holds the token and renews it automatically."
_SECOND_FACTOR_MESSAGE = (
    "The server holds the token. No other one-time code is needed until it expires; "
    "the next sign-in asks for one."
)
_SESSION_MESSAGE = "It is the session that docker login stored; Docker's command line renews it."
_RENEWAL_LEEWAY = 60.0  # seconds before its expiry at which a token is renewed
SESSION_LEEWAY = 60.0
"""Seconds before its expiry at which a stored session is no longer used."""
_DEFAULT_LIFETIME = 600.0  # seconds; the reference says that tokens of /v2/auth/token last ten minutes


class Bearer(NamedTuple):
    """A bearer token with its claims, which are not verified and serve as hints only.

    Attributes:
        token: The encoded token.
        username: The account.
        kind: The kind of the credentials that it was issued for.
        scopes: The scopes that it claims.
        expires_at: The expiry that it claims, in UTC.
        uuid: The identifier of the account that it claims.
        renew_at: When to renew it, in seconds of the monotonic clock. It follows from the lifetime in the
            claims, so that a wrong wall clock on this machine has no influence.
        lifetime: The seconds from issue to expiry that it claims.
        has_second_factor: Whether it was issued for a one-time code, without which it cannot be renewed.
        is_shared: Whether another replica of the server got it, some time ago.
    """

    token: str
    username: str
    kind: CredentialKind
    scopes: tuple[str, ...]
    expires_at: datetime | None
    renew_at: float
    lifetime: float = float("inf")
    uuid: str = ""
    has_second_factor: bool = False
    is_shared: bool = False

    def __repr__(self) -> str:
        """Return the claims without the token."""
        return f"Bearer({self.username!r}, {self.kind!r}, {self.scopes!r}, expires_at={self.expires_at!r})"

    @classmethod
    def from_token(cls, token: str, *, name: str, secret: str, now: float) -> Bearer:
        """Read the claims of a token that was issued for a name and secret.

        Args:
            token: The encoded token.
            name: The name that was sent, used where the claims lack one.
            secret: The secret that was sent, which tells the kind of credentials.
            now: The time on the monotonic clock, in seconds.
        """
        claims = decode_claims(token)
        hub = claims.get(_HUB_CLAIM)
        hub = hub if isinstance(hub, dict) else {}
        expires, issued = _parse_number(claims.get("exp")), _parse_number(claims.get("iat"))
        lifetime = _DEFAULT_LIFETIME
        if expires is not None:
            lifetime = expires - (issued if issued is not None else time.time())
        scope = claims.get("scope")
        username, uuid = hub.get("username"), hub.get("uuid")
        return cls(
            token=token,
            username=username if isinstance(username, str) and username else name,
            kind=CredentialKind.from_secret(secret),
            uuid=uuid if isinstance(uuid, str) else "",
            scopes=tuple(scope.split()) if isinstance(scope, str) else (),
            expires_at=_parse_timestamp(expires),
            renew_at=now + max(0.0, lifetime - min(_RENEWAL_LEEWAY, lifetime / 4)),
            lifetime=lifetime,
        )

    @classmethod
    def from_session(
        cls, token: str, *, name: str, expires_at: float, now: float, unix_time: float
    ) -> Bearer:
        """Read the claims of the session that `docker login` stores.

        Args:
            token: The encoded token.
            name: The name that it is stored with, used where the claims lack one.
            expires_at: Its expiry, in Unix time.
            now: The time on the monotonic clock, in seconds.
            unix_time: The same time on the wall clock.
        """
        bearer = cls.from_token(token, name=name, secret="", now=now)
        renew_at = now + max(0.0, expires_at - SESSION_LEEWAY - unix_time)
        return bearer._replace(kind=CredentialKind.SESSION, renew_at=renew_at)

    @classmethod
    def from_static_token(cls, token: str, kind: CredentialKind) -> Bearer:
        """Wrap a token that never expires."""
        return cls(token, "the organization", kind, (), None, float("inf"))

    def describe(self) -> SignInStatus:
        """Return the account that the token signs in, without the token."""
        return SignInStatus(
            signed_in=True,
            username=self.username,
            kind=str(self.kind),
            scopes=list(self.scopes) or None,
            expires_at=self.expires_at,
            message=self._describe_renewal(),
        )

    def _describe_renewal(self) -> str:
        if self.has_second_factor:
            return _SECOND_FACTOR_MESSAGE
        return _SESSION_MESSAGE if self.kind is CredentialKind.SESSION else _MESSAGE

    @property
    def is_expired(self) -> bool:
        """Whether the token had expired, by its own claims, when it was issued."""
        return self.lifetime <= 0

    def is_fresh_at(self, now: float) -> bool:
        """Tell whether the token is not due for renewal yet, at a time of the monotonic clock."""
        return now < self.renew_at


def decode_claims(token: str) -> dict[str, Any]:
    """Return the claims of a token, not verified; an empty object where it is no JWT."""
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


def read_expiry(token: str) -> float | None:
    """Return the expiry that a token claims, in Unix time; None for a token without one."""
    expires = _parse_number(decode_claims(token).get("exp"))
    return expires if expires is not None and math.isfinite(expires) else None

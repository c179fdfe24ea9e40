"""Bearer tokens, who is asking, and how often a name may get its secret wrong."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import jwt

from dockerhub_mcp.sandbox.errors import SandboxHTTPError, unauthorized_error
from dockerhub_mcp.sandbox.state import SandboxState, TokenResourceRecord
from dockerhub_mcp.sandbox.timestamps import MINUTE

HUB_CLAIM = "https://hub.docker.com"
ISSUER = "https://login.docker.com/"
MAX_FAILED_LOGINS = 5
LOCKOUT_DURATION = 10 * MINUTE
TICKET_LIFETIME = 5 * MINUTE

CallerKind = Literal["anonymous", "password", "pat", "oat", "scim"]
CALLER_KIND_BY_SOURCE: dict[str, CallerKind] = {
    "docker_password": "password",
    "docker_pat": "pat",
    "docker_oat": "oat",
}


@dataclass(frozen=True)
class SandboxCaller:
    """Who is asking: nobody, a user, or (for an OAT or a SCIM token) an organization."""

    kind: CallerKind
    name: str = ""
    scopes: frozenset[str] = frozenset()
    resources: tuple[TokenResourceRecord, ...] = field(default=(), compare=False)

    @property
    def username(self) -> str | None:
        """The user asking, if it is a user."""
        return self.name if self.kind in {"password", "pat"} else None


ANONYMOUS = SandboxCaller("anonymous")


class BearerTokenIssuer:
    """Issues bearer tokens and reads them back."""

    def __init__(self, state: SandboxState, now: Callable[[], float], lifetime: float) -> None:
        self._state = state
        self._now = now
        self._lifetime = lifetime
        self._signing_key = secrets.token_bytes(32)

    def issue_token(self, source: str, name: str, uuid: str, scope: str, token_id: str = "") -> str:
        """A new bearer token for a user or an organization."""
        at = self._now()
        claims = {
            "iss": ISSUER,
            "aud": [HUB_CLAIM],
            "sub": uuid,
            "iat": int(at),
            "exp": int(at + self._lifetime),
            "jti": secrets.token_urlsafe(16),
            "scope": scope,
            HUB_CLAIM: {
                "username": name,
                "uuid": uuid,
                "session_id": secrets.token_hex(16),
                "source": source,
                "token_id": token_id,
            },
        }
        return jwt.encode(claims, self._signing_key, algorithm="HS256")

    def revoke_all(self) -> None:
        """Make every bearer token issued so far worthless."""
        self._signing_key = secrets.token_bytes(32)

    def authenticate(self, authorization: str | None) -> SandboxCaller:
        """Who an Authorization header stands for; a bad one is refused, never taken for anonymous."""
        if authorization is None:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in {"bearer", "jwt"}:
            raise unauthorized_error()
        for organization in self._state.organizations.values():
            if organization.scim_token and organization.scim_token == token.strip():
                return SandboxCaller("scim", organization.name)
        claims = self._decode_claims(token.strip())
        if claims["exp"] <= self._now():
            raise unauthorized_error()
        who = claims[HUB_CLAIM]
        kind = CALLER_KIND_BY_SOURCE[who["source"]]
        if kind == "oat":
            return self._authenticate_oat(who["username"], who["token_id"])
        if who["username"] not in self._state.users:
            raise unauthorized_error()
        if kind == "pat" and not self._is_active_pat(who["token_id"]):
            raise unauthorized_error()
        return SandboxCaller(kind, who["username"], frozenset(claims["scope"].split()))

    def _is_active_pat(self, uuid: str) -> bool:
        # A bearer ends with the token it was made from.
        return any(token.uuid == uuid and token.is_active for token in self._state.personal_access_tokens)

    def _decode_claims(self, token: str) -> dict[str, Any]:
        # The clock is the sandbox's own, so PyJWT must not compare with the machine's.
        options: Any = {"verify_exp": False, "verify_iat": False}
        try:
            return jwt.decode(
                token, self._signing_key, ["HS256"], audience=HUB_CLAIM, issuer=ISSUER, options=options
            )
        except jwt.InvalidTokenError as error:
            raise unauthorized_error() from error

    def _authenticate_oat(self, name: str, token_id: str) -> SandboxCaller:
        organization = self._state.organizations.get(name)
        found = (
            [token for token in organization.access_tokens if token.id == token_id and token.is_active]
            if organization
            else []
        )
        if not found:
            raise unauthorized_error()
        resources = tuple(found[0].resources)
        return SandboxCaller("oat", name, frozenset(s for r in resources for s in r.scopes), resources)


class LoginLockout:
    """Counts failed logins by name; too many lock the name for a while."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failures: dict[str, int] = {}
        self._locked_until: dict[str, float] = {}

    def require_unlocked(self, name: str) -> None:
        """Refuse a name that is locked."""
        until = self._locked_until.get(name)
        if until is None:
            return
        if self._now() < until:
            raise SandboxHTTPError(
                401, {"detail": "Too many failed login attempts. Try again in 10 minutes."}
            )
        del self._locked_until[name]

    def record_failure(self, name: str) -> None:
        """Count one more failure."""
        self._failures[name] = self._failures.get(name, 0) + 1
        if self._failures[name] >= MAX_FAILED_LOGINS:
            del self._failures[name]
            self._locked_until[name] = self._now() + LOCKOUT_DURATION

    def record_success(self, name: str) -> None:
        """Forget earlier failures."""
        self._failures.pop(name, None)


class TwoFactorTickets:
    """The `login_2fa_token`s that are still open."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._pending: dict[str, tuple[str, float]] = {}

    def issue_ticket(self, username: str) -> str:
        """A ticket that stands for a password already given."""
        ticket = secrets.token_urlsafe(24)
        self._pending[ticket] = (username, self._now() + TICKET_LIFETIME)
        return ticket

    def redeem_ticket(self, ticket: str) -> str | None:
        """The user a ticket stands for; a ticket is good once."""
        username, until = self._pending.pop(ticket, ("", 0.0))
        return username if self._now() < until else None

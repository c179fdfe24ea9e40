"""Bearer tokens, the callers they stand for, and the protection of logins."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import jwt

from dockerhub_mcp.sandbox.errors import account_service_error, unauthorized_error
from dockerhub_mcp.sandbox.state import SandboxState, TokenResourceRecord
from dockerhub_mcp.sandbox.timestamps import MINUTE

HUB_CLAIM = "https://hub.docker.com"
ISSUER = "https://login.docker.com/"
PAT_ISSUER = "https://api.docker.com/"
MAX_FAILED_LOGINS = 5
LOCKOUT_DURATION = 10 * MINUTE
TICKET_LIFETIME = 5 * MINUTE
MAX_VERIFIED_TOKENS = 1000
"""The number of tokens with verified claims that are kept."""

PAT_SOURCE = "docker_pat"
CallerKind = Literal["anonymous", "password", "pat", "oat", "scim"]
CALLER_KIND_BY_SOURCE: dict[str, CallerKind] = {
    "docker_password": "password",
    PAT_SOURCE: "pat",
    "docker_oat": "oat",
}


@dataclass(frozen=True)
class SandboxCaller:
    """The caller of a request: anonymous, a user, or an organization for an OAT or a SCIM token."""

    kind: CallerKind
    name: str = ""
    scopes: frozenset[str] = frozenset()
    resources: tuple[TokenResourceRecord, ...] = field(default=(), compare=False)
    token_id: str = ""
    """The id of the access token that the caller logged in with."""

    @property
    def username(self) -> str | None:
        """The name of the user, None if the caller is not a user."""
        return self.name if self.kind in {"password", "pat"} else None


ANONYMOUS = SandboxCaller("anonymous")


@dataclass(frozen=True)
class LoginResult:
    """The account of a successful login."""

    source: str
    name: str
    uuid: str
    scope: str
    token_id: str = ""
    email: str = ""


class BearerTokenIssuer:
    """An issuer of bearer tokens (JWTs) that also authenticates requests by them."""

    def __init__(self, state: SandboxState, now: Callable[[], float], lifetime: float) -> None:
        self._state = state
        self._now = now
        self._lifetime = lifetime
        self._signing_key = secrets.token_bytes(32)
        self._verified_claims: dict[str, dict[str, Any]] = {}

    def issue_token(self, login: LoginResult) -> str:
        """Return a new bearer token for a login."""
        issued_at = int(self._now())
        account: dict[str, Any] = {
            "username": login.name,
            "uuid": login.uuid,
            "session_id": secrets.token_hex(16),
            "source": login.source,
        }
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": [HUB_CLAIM],
            "sub": login.uuid,
            "iat": issued_at,
            "exp": issued_at + int(self._lifetime),
            "jti": secrets.token_urlsafe(16),
            "scope": login.scope,
            HUB_CLAIM: account,
        }
        if login.source == PAT_SOURCE:
            claims |= {"iss": PAT_ISSUER, "aud": HUB_CLAIM}
            account |= {"email": login.email, "roles": [], "source": f"{PAT_SOURCE}|{login.token_id}"}
        else:
            account["token_id"] = login.token_id
        return jwt.encode(claims, self._signing_key, algorithm="HS256")

    def revoke_all(self) -> None:
        """Invalidate all bearer tokens issued so far."""
        self._signing_key = secrets.token_bytes(32)
        self._verified_claims.clear()

    def authenticate(self, authorization: str | None) -> SandboxCaller:
        """Return the caller for an Authorization header; without the header the caller is anonymous.

        Raises:
            SandboxHTTPError: 401 for an invalid or expired token.
        """
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
        account = claims[HUB_CLAIM]
        source, _, token_id = account["source"].partition("|")
        kind = CALLER_KIND_BY_SOURCE[source]
        if kind == "oat":
            return self._authenticate_oat(account["username"], account["token_id"])
        if account["username"] not in self._state.users:
            raise unauthorized_error()
        # A bearer token is valid only as long as the access token that it was issued for.
        if kind == "pat" and not self._is_active_pat(token_id):
            raise unauthorized_error()
        return SandboxCaller(kind, account["username"], frozenset(claims["scope"].split()), token_id=token_id)

    def _is_active_pat(self, uuid: str) -> bool:
        return any(token.uuid == uuid and token.is_active for token in self._state.personal_access_tokens)

    def _decode_claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a token; its signature is verified once."""
        if token not in self._verified_claims:
            if len(self._verified_claims) >= MAX_VERIFIED_TOKENS:
                self._verified_claims.clear()
            self._verified_claims[token] = self._verify_token(token)
        return self._verified_claims[token]

    def _verify_token(self, token: str) -> dict[str, Any]:
        # PyJWT would compare the times with the system clock, not with the sandbox's clock.
        options: Any = {"verify_exp": False, "verify_iat": False}
        try:
            return jwt.decode(
                token,
                self._signing_key,
                ["HS256"],
                audience=HUB_CLAIM,
                issuer=[ISSUER, PAT_ISSUER],
                options=options,
            )
        except jwt.InvalidTokenError as error:
            raise unauthorized_error() from error

    def _authenticate_oat(self, organization_name: str, token_id: str) -> SandboxCaller:
        organization = self._state.organizations.get(organization_name)
        for token in organization.access_tokens if organization else ():
            if token.id == token_id and token.is_active:
                resources = tuple(token.resources)
                scopes = frozenset(scope for resource in resources for scope in resource.scopes)
                return SandboxCaller("oat", organization_name, scopes, resources, token_id)
        raise unauthorized_error()


class LoginLockout:
    """A lockout of names: ten minutes after five failed logins in a row."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failures: dict[str, int] = {}
        self._locked_until: dict[str, float] = {}

    def require_unlocked(self, name: str) -> None:
        """Raise an error if a name is locked.

        Raises:
            SandboxHTTPError: 429 while the name is locked.
        """
        locked_until = self._locked_until.get(name)
        if locked_until is None:
            return
        if self._now() < locked_until:
            raise account_service_error(429, "Too many failed login attempts. Try again in 10 minutes.")
        del self._locked_until[name]

    def record_failure(self, name: str) -> None:
        """Count a failed login."""
        self._failures[name] = self._failures.get(name, 0) + 1
        if self._failures[name] >= MAX_FAILED_LOGINS:
            del self._failures[name]
            self._locked_until[name] = self._now() + LOCKOUT_DURATION

    def record_success(self, name: str) -> None:
        """Reset the count of failed logins."""
        self._failures.pop(name, None)


class TwoFactorTickets:
    """The tickets (`login_2fa_token`) between the two steps of a login; each is valid once."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._pending: dict[str, tuple[str, float]] = {}

    def issue_ticket(self, username: str) -> str:
        """Return a ticket for a user after the first step, the password."""
        ticket = secrets.token_urlsafe(24)
        self._pending[ticket] = (username, self._now() + TICKET_LIFETIME)
        return ticket

    def redeem_ticket(self, ticket: str) -> str | None:
        """Return the user that a ticket was issued for, None if it is unknown, used or expired."""
        username, expires_at = self._pending.pop(ticket, ("", 0.0))
        return username if self._now() < expires_at else None

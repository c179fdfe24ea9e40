"""The tokens of the registry, which are not bearer tokens of the Hub: each grants actions in repositories."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jwt

TOKEN_LIFETIME = 300
ISSUER = "auth.docker.io"
SERVICE = "registry.docker.io"


class Grant(NamedTuple):
    """The actions that a token allows in a repository."""

    repository: str
    actions: tuple[str, ...]


@dataclass(frozen=True)
class RegistryCaller:
    """The bearer of a token: the account, empty for anonymous callers, and its grants."""

    account: str
    account_id: str
    has_plan: bool
    grants: tuple[Grant, ...]

    def may(self, action: str, repository: str) -> bool:
        """Return whether the token allows an action in a repository."""
        return any(grant.repository == repository and action in grant.actions for grant in self.grants)


class InvalidTokenError(Exception):
    """A token is malformed, forged, expired or revoked."""


@dataclass
class RegistryTokenIssuer:
    """An issuer of registry tokens that also verifies them."""

    now: Callable[[], float]
    _signing_key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def issue_token(self, caller: RegistryCaller) -> str:
        """Return a new token."""
        issued_at = int(self.now())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": caller.account,
            "aud": SERVICE,
            "iat": issued_at,
            "nbf": issued_at,
            "exp": issued_at + TOKEN_LIFETIME,
            "jti": secrets.token_urlsafe(16),
            "access": [
                {"type": "repository", "name": grant.repository, "actions": list(grant.actions)}
                for grant in caller.grants
            ],
            ISSUER: {"account_id": caller.account_id, "has_plan": caller.has_plan},
        }
        return jwt.encode(claims, self._signing_key, algorithm="HS256")

    def verify_token(self, token: str) -> RegistryCaller:
        """Return the bearer of a token.

        Raises:
            InvalidTokenError: The token was not issued here, or is no longer valid.
        """
        # PyJWT would compare the times with the system clock, not with the sandbox's clock.
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
        try:
            claims = jwt.decode(
                token, self._signing_key, ["HS256"], audience=SERVICE, issuer=ISSUER, options=options
            )
        except jwt.InvalidTokenError as error:
            raise InvalidTokenError from error
        if claims["exp"] <= self.now():
            raise InvalidTokenError
        account = claims[ISSUER]
        return RegistryCaller(
            claims["sub"], account["account_id"], account["has_plan"], _parse_grants(claims["access"])
        )

    def revoke_all(self) -> None:
        """Invalidate all tokens issued so far."""
        self._signing_key = secrets.token_bytes(32)

    def sign_path(self, path: str) -> str:
        """Return the signature that a path of the blob store needs in place of a token."""
        return jwt.encode({"path": path, "exp": int(self.now()) + TOKEN_LIFETIME}, self._signing_key)

    def is_signed_path(self, path: str, signature: str) -> bool:
        """Return whether a signature is valid for a path."""
        try:
            claims = jwt.decode(signature, self._signing_key, ["HS256"], options={"verify_exp": False})
        except jwt.InvalidTokenError:
            return False
        return claims.get("path") == path and claims["exp"] > self.now()


def _parse_grants(access: Iterable[dict[str, Any]]) -> tuple[Grant, ...]:
    return tuple(Grant(entry["name"], tuple(entry["actions"])) for entry in access)

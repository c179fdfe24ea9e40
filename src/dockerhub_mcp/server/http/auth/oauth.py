"""Verify the access tokens of an OAuth 2.1 issuer: JWTs, signed with the keys that the issuer publishes."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jwt

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.server.http.auth.jwks import ALLOWED_ALGORITHMS, JWKSClient, SigningKey, validate_https_url
from dockerhub_mcp.server.http.auth.verifier import Caller, InsufficientScope, InvalidToken
from dockerhub_mcp.tools.access import Access

DEFAULT_SCOPES: Mapping[Access, str] = {access: f"dockerhub:{access}" for access in Access}

_TOKEN_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})

_MAX_TOKEN_LENGTH = 16 * 1024  # characters
_MAX_NAME_LENGTH = 128  # characters
_LEEWAY = 30  # seconds that clocks may differ

# PyJWT's own messages may quote the token, so these are logged instead.
_REJECTION_REASONS: Mapping[type[Exception], str] = {
    jwt.ExpiredSignatureError: "it has expired",
    jwt.ImmatureSignatureError: "it is not valid yet",
    jwt.InvalidAudienceError: "it is meant for another audience",
    jwt.InvalidIssuerError: "it is from another issuer",
    jwt.MissingRequiredClaimError: "it lacks one of the claims exp, iss and aud",
}


def validate_oauth_config(
    issuer: str, audience: str | Sequence[str], *, jwks_url: str, scopes: Mapping[Access, str]
) -> None:
    """Check the arguments of a `JWTVerifier`.

    Raises:
        SettingsError: An address is not https (http is allowed for this machine only), or a name is empty.
    """
    validate_https_url(issuer, "--oauth-issuer")
    if "?" in issuer:
        msg = "--oauth-issuer must have no query"
        raise SettingsError(msg)
    audiences = [audience] if isinstance(audience, str) else audience
    if not audiences or not all(audiences):
        msg = "--oauth-audience is empty; name the one that the issuer puts into tokens for this server"
        raise SettingsError(msg)
    if not scopes or any(scope.split() != [scope] for scope in scopes.values()):
        msg = "--oauth-scopes must name one word for each level, such as read=dockerhub:read"
        raise SettingsError(msg)
    if jwks_url:
        validate_https_url(jwks_url, "--oauth-jwks-url")


class JWTVerifier:
    """Verifies the access tokens of one issuer.

    Args:
        issuer: The issuer's identifier, spelled as in its tokens and its metadata.
        audience: The audience that a token must be for, or several of which one suffices.
        jwks_url: The address of the keys; by default it is read from the issuer's metadata.
        scopes: The scope that grants each level of access.
        clock: A monotonic clock, in seconds, for the age of the keys.

    Raises:
        SettingsError: The configuration is invalid (see `validate_oauth_config`).
    """

    def __init__(
        self,
        issuer: str,
        audience: str | Sequence[str],
        *,
        jwks_url: str = "",
        scopes: Mapping[Access, str] = DEFAULT_SCOPES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        validate_oauth_config(issuer, audience, jwks_url=jwks_url, scopes=scopes)
        self.issuer = issuer
        self._audiences = [audience] if isinstance(audience, str) else list(audience)
        self._scopes = {access: scopes[access] for access in Access if access in scopes}
        self._jwks = JWKSClient(issuer, jwks_url, clock)

    def build_resource_metadata(self, resource: str) -> dict[str, Any]:
        """Return the OAuth protected resource metadata (RFC 9728) of the resource at this URL."""
        return {
            "resource": resource,
            "authorization_servers": [self.issuer],
            "scopes_supported": list(dict.fromkeys(self._scopes.values())),
            "bearer_methods_supported": ["header"],
            "resource_name": "Docker Hub MCP",
        }

    async def verify_token(self, token: str) -> Caller:
        """Return the caller that the token belongs to.

        Raises:
            InvalidToken: It is not a valid token of this issuer for this audience.
            InsufficientScope: It is valid, but has none of the accepted scopes.
            TokenVerifierUnavailable: The issuer's keys cannot be fetched, and none are cached.
        """
        algorithm, kid = _parse_jose_header(token)
        fetch_count = self._jwks.fetch_count
        claims = self._decode_claims(token, algorithm, await self._jwks.get_signing_keys(algorithm, kid))
        # The issuer may have rotated its keys. Keys that were fetched just now are not fetched again.
        if claims is None and self._jwks.fetch_count == fetch_count:
            claims = self._decode_claims(
                token, algorithm, await self._jwks.refresh_signing_keys(algorithm, kid)
            )
        if claims is None:
            reason = "no key of the issuer verifies it"
            raise InvalidToken(reason)
        name = next(
            filter(None, (_sanitize_name(claims.get(claim)) for claim in ("sub", "client_id", "azp"))), ""
        )
        if not name:
            reason = "it has no subject: sub, client_id and azp are missing"
            raise InvalidToken(reason)
        granted = {*_parse_scope_claim(claims.get("scope")), *_parse_scope_claim(claims.get("scp"))}
        allowed = [access for access, scope in self._scopes.items() if scope in granted]
        if not allowed:
            raise InsufficientScope(dict.fromkeys(self._scopes.values()))
        identity = json.dumps([claims.get(claim) for claim in ("sub", "client_id", "azp")])
        subject = hashlib.sha256(identity.encode()).hexdigest()
        return Caller(name, allowed[-1], issuer=self.issuer, subject=subject, scopes=self._scopes)

    async def aclose(self) -> None:
        """Close the connections to the issuer."""
        await self._jwks.aclose()

    def _decode_claims(self, token: str, algorithm: str, keys: Iterable[SigningKey]) -> dict[str, Any] | None:
        """Return the claims, or None if none of the keys has signed them."""
        for key in keys:
            try:
                return jwt.decode(
                    token,
                    key.public_key,
                    algorithms=[algorithm],
                    audience=self._audiences,
                    issuer=self.issuer,
                    leeway=_LEEWAY,
                    options={"require": ["exp", "iss", "aud"]},
                )
            except jwt.InvalidSignatureError:
                continue
            except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
                raise InvalidToken(_REJECTION_REASONS.get(type(error), "its claims are malformed")) from None
        return None


def _parse_jose_header(token: str) -> tuple[str, str | None]:
    """Return the algorithm and the key id of a token's header.

    Raises:
        InvalidToken: The header is malformed, or names an algorithm or type that is not allowed.
    """
    if len(token) > _MAX_TOKEN_LENGTH:
        reason = f"it is longer than {_MAX_TOKEN_LENGTH} characters"
        raise InvalidToken(reason)
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        reason = "it is not a JWT"
        raise InvalidToken(reason) from None
    algorithm, kind = header.get("alg"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in ALLOWED_ALGORITHMS:
        reason = "its algorithm is not allowed"
    elif not isinstance(kind, str) or kind.lower() not in _TOKEN_TYPES:
        reason = "its type is not that of an access token"
    elif "crit" in header:
        reason = "it requires extensions (crit)"
    else:
        return algorithm, header.get("kid")
    raise InvalidToken(reason)


def _parse_scope_claim(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.split()
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def _sanitize_name(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(character for character in value if character.isprintable()).strip()[:_MAX_NAME_LENGTH]

"""Authentication. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/authentication-api.

The client keeps the bearer token; these methods return the account that is signed in, never a secret.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from dockerhub_mcp.hub.api.method import HIDDEN, LOCAL, POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.types import NonEmptyString, Secret
from dockerhub_mcp.hub.models import SignInStatus


class SignInMethod(Method[SignInStatus]):
    """A method that signs in with a name and secret."""

    name_argument: ClassVar[str] = ""
    secret_argument: ClassVar[str] = ""

    def get_explicit_credentials(self) -> tuple[str, str] | None:
        """Return the name and secret passed as arguments, or None to use the configured ones."""
        return None

    def build_sign_in_body(self, name: str, secret: str) -> dict[str, str]:
        """Return the body that exchanges the name and secret for a bearer token."""
        raise NotImplementedError


class CreateAuthToken(SignInMethod, Method[SignInStatus]):
    """Sign in and return the account, its scopes and the expiry.

    Without arguments it uses the configured credentials; the bearer token stays in the server.
    """

    http = POST("/v2/auth/token")
    effect = Effect.SIGN_IN
    scope = Scope.NONE
    area = Area.AUTHENTICATION
    title = "Create access token (sign in)"
    allows_anonymous = True
    oat_scope = ""
    name_argument = "identifier"
    secret_argument = "secret"

    identifier: Annotated[
        str | None,
        NonEmptyString,
        Field(
            description="Docker ID, or the organization's name for its access token. Leave out to use the "
            "configured one.",
            examples=["ada"],
        ),
    ] = None
    secret: Annotated[
        Secret | None,
        Field(
            description="Password, personal or organization access token. Prefer to leave it out: "
            "it would enter the conversation."
        ),
    ] = None

    @model_validator(mode="after")
    def _require_both_or_neither(self) -> Self:
        if (self.identifier is None) != (self.secret is None):
            msg = "give identifier and secret together, or neither to use the configured credentials"
            raise ValueError(msg)
        return self

    def get_explicit_credentials(self) -> tuple[str, str] | None:
        """Return the name and secret passed as arguments."""
        if self.identifier is None or self.secret is None:
            return None
        return self.identifier, self.secret.get_secret_value()

    def build_sign_in_body(self, name: str, secret: str) -> dict[str, str]:
        """Return the body of the API reference."""
        return {"identifier": name, "secret": secret}


class Login(SignInMethod, Method[SignInStatus]):
    """Sign in through the deprecated login route; prefer create_auth_token.

    Does not accept organization access tokens. Without arguments it uses the configured credentials.
    """

    http = POST("/v2/users/login")
    deprecated = "2025-02"
    effect = Effect.SIGN_IN
    scope = Scope.NONE
    area = Area.AUTHENTICATION
    title = "Log in (deprecated)"
    allows_anonymous = True
    name_argument = "username"
    secret_argument = "password"

    username: Annotated[
        str | None,
        NonEmptyString,
        Field(description="Docker ID. Leave out to use the configured one.", examples=["ada"]),
    ] = None
    password: Annotated[
        Secret | None,
        Field(
            description="Password or personal access token. Prefer to leave it out: it would enter the "
            "conversation."
        ),
    ] = None

    @model_validator(mode="after")
    def _require_both_or_neither(self) -> Self:
        if (self.username is None) != (self.password is None):
            msg = "give username and password together, or neither to use the configured credentials"
            raise ValueError(msg)
        return self

    def get_explicit_credentials(self) -> tuple[str, str] | None:
        """Return the name and secret passed as arguments."""
        if self.username is None or self.password is None:
            return None
        return self.username, self.password.get_secret_value()

    def build_sign_in_body(self, name: str, secret: str) -> dict[str, str]:
        """Return the body of the API reference."""
        return {"username": name, "password": secret}


class Complete2FALogin(Method[SignInStatus]):
    """Finish a sign-in that asked for a two-factor code; call create_auth_token or login first."""

    http = POST("/v2/users/2fa-login")
    effect = Effect.SIGN_IN
    scope = Scope.NONE
    area = Area.AUTHENTICATION
    title = "Complete two-factor login"
    allows_anonymous = True
    tool_name = "complete_2fa_login"

    code: Annotated[
        str,
        Field(
            min_length=6,
            max_length=64,
            description="One-time code from the authenticator app, as text (leading zeros count).",
            examples=["012345"],
        ),
    ]
    login_2fa_token: Annotated[
        Secret | None, LOCAL, HIDDEN, Field(description="Ticket of the first step; the client fills it in.")
    ] = None

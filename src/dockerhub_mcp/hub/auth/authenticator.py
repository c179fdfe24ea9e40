"""Exchange credentials for bearer tokens, and cache each token until shortly before it expires."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import anyio

from dockerhub_mcp.hub import error_bodies
from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.auth.bearer import Bearer
from dockerhub_mcp.hub.auth.credentials import Credentials, CredentialSource
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.auth.sign_in_errors import (
    DOCKER_SIGN_IN_HELP,
    SIGN_IN_HELP,
    missing_credentials_error,
    refused_sign_in_error,
    second_factor_error,
)
from dockerhub_mcp.hub.decoding import decode_json_object
from dockerhub_mcp.hub.error_advice import FIXED_IDENTITY_NOTICE
from dockerhub_mcp.hub.error_mapping import error_for
from dockerhub_mcp.hub.errors import (
    CredentialError,
    InvalidRequest,
    SignInError,
    SignInRefused,
    SignInRequired,
    UnexpectedAnswer,
)
from dockerhub_mcp.hub.methods.authentication import Complete2FALogin, CreateAuthToken, Login, SignInMethod
from dockerhub_mcp.hub.models import SignInStatus
from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.hub.transport.retry import RetryMode
from dockerhub_mcp.hub.transport.transport import Transport

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _PendingSignIn:
    """A sign-in that waits for its one-time code."""

    credentials: CredentialSource
    name: str
    secret: str = field(repr=False)
    ticket: str = field(repr=False)


class Authenticator:
    """Signs in once for all concurrent calls, and renews the bearer token before it expires.

    Refused credentials are not retried automatically, because Docker locks a name for ten minutes after
    a few failures. They are retried when a secret file changes, or on an explicit sign-in.

    Args:
        transport: Sends the sign-in requests.
        credentials: The credentials to sign in with; None for an anonymous client.
        fixed_identity: Whether calls cannot change the account; the authentication methods then only
            report it, and accept no secret.
        clock: The monotonic clock, in seconds, by which tokens are renewed.
    """

    def __init__(
        self,
        transport: Transport,
        credentials: CredentialSource | None,
        *,
        fixed_identity: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._fixed_identity = fixed_identity
        self._credentials = credentials
        self._clock = clock
        self._bearer: Bearer | None = None
        self._credentials_version: object = None
        self._rejection: tuple[object, SignInError] | None = None
        self._read_error: CredentialError | None = None
        self._pending_sign_in: _PendingSignIn | None = None
        self._lock = anyio.Lock()

    @property
    def principal(self) -> Principal:
        """The account that is signed in at the moment."""
        if self._bearer is not None and self._credentials is not None:
            bearer = self._bearer
            return Principal(bearer.username, bearer.kind, self._fixed_identity, bearer.scopes)
        return Principal("", CredentialKind.ANONYMOUS, self._fixed_identity)

    @property
    def credential_error(self) -> SignInError | CredentialError | None:
        """The reason why the configured credentials are not in use: refused, or unreadable."""
        if self._read_error is not None:
            return self._read_error
        return self._rejection[1] if self._rejection and self._bearer is None else None

    @property
    def uses_docker_login(self) -> bool:
        """Whether the credentials are those that `docker login` stores on this machine."""
        return self._credentials is not None and self._credentials.is_docker_login

    async def get_bearer(self) -> Bearer | None:
        """Return the cached bearer token, signing in where needed; None for an anonymous client.

        Raises:
            SignInRefused: The credentials were refused, now or before.
            SecondFactorRequired: The account requires a one-time code.
            CredentialError: A secret file, or Docker's credential store, cannot be read.
            ConnectionFailed: The Hub could not be reached.
        """
        if self._credentials is None:
            return None
        if bearer := self._get_fresh_bearer(self._credentials):
            return bearer
        async with self._lock:
            if bearer := self._get_fresh_bearer(self._credentials):
                return bearer
            version = await self._refresh_credentials(self._credentials)
            if self._credentials.is_absent:
                self._bearer = None
                return None
            if bearer := self._get_fresh_bearer(self._credentials):
                return bearer
            if self._rejection and self._rejection[0] == version:
                self._bearer = None
                raise self._rejection[1].with_traceback(None)  # each raise would lengthen the traceback
            try:
                return await self._exchange_credentials(CreateAuthToken(), self._credentials, version)
            except SignInError as error:
                self._bearer = None
                self._rejection = (version, error)
                self._credentials.mark_rejected()
                logger.warning("signing in failed", extra={"reason": error.what})
                raise

    def discard_bearer(self, bearer: Bearer) -> None:
        """Drop a bearer token that the Hub rejected, unless it was already replaced."""
        if self._bearer is bearer:
            self._bearer = None

    async def ensure_signed_in(self) -> SignInStatus | None:
        """Sign in where needed and return the account; None for an anonymous client.

        Raises:
            HubError: As `get_bearer` does.
        """
        bearer = await self.get_bearer()
        return None if bearer is None else bearer.describe()

    async def sign_in(self, method: Method[SignInStatus]) -> SignInStatus:
        """Carry out an authentication method and return the account that is signed in.

        Raises:
            SignInRefused: The Hub did not accept the name and secret, or the code.
            SecondFactorRequired: The account requires a one-time code.
            SignInRequired: There are no credentials, or no sign-in waits for a code.
            InvalidRequest: A secret was passed, and calls cannot change the account.
        """
        if self._fixed_identity:
            return await self._report_sign_in(method)
        async with self._lock:
            if isinstance(method, Complete2FALogin):
                return (await self._complete_two_factor(method)).describe()
            if not isinstance(method, SignInMethod):
                msg = f"{type(method).__name__} does not sign in"
                raise TypeError(msg)
            explicit = method.get_explicit_credentials()
            credentials = Credentials.from_strings(*explicit) if explicit else self._credentials
            if credentials is None:
                raise missing_credentials_error(SIGN_IN_HELP)
            version = await self._refresh_credentials(credentials, force=True)
            if credentials.is_absent:
                self._bearer = None
                remedy = DOCKER_SIGN_IN_HELP if credentials.is_docker_login else SIGN_IN_HELP
                raise missing_credentials_error(remedy)
            try:
                return (await self._exchange_credentials(method, credentials, version)).describe()
            except SignInError as error:
                if explicit is None and isinstance(method, CreateAuthToken):
                    self._rejection = (version, error)
                    credentials.mark_rejected()
                raise

    async def _report_sign_in(self, method: Method[SignInStatus]) -> SignInStatus:
        """Return the account, which calls cannot change."""
        if not isinstance(method, SignInMethod) or method.get_explicit_credentials():
            what = "This server accepts no secret from a call: its Hub account is configured outside."
            why = "Several callers may share it, and one must not change the account of the others."
            remedy = "Call create_auth_token without arguments to see the account."
            raise InvalidRequest(what, why=why, remedy=remedy)
        bearer = await self.get_bearer()
        if bearer is None:
            raise missing_credentials_error(FIXED_IDENTITY_NOTICE)
        return bearer.describe()

    def _get_fresh_bearer(self, credentials: CredentialSource) -> Bearer | None:
        bearer = self._bearer
        if (
            bearer
            and bearer.is_fresh_at(self._clock())
            and self._credentials_version == credentials.get_version()
        ):
            return bearer
        return None

    async def _refresh_credentials(self, credentials: CredentialSource, *, force: bool = False) -> object:
        try:
            version = await credentials.refresh(force=force)
        except CredentialError as error:
            self._read_error, self._bearer = error, None
            raise
        self._read_error = None
        return version

    async def _exchange_credentials(
        self, method: SignInMethod, credentials: CredentialSource, version: object
    ) -> Bearer:
        try:
            name, secret = credentials.username_and_secret()
        except CredentialError as error:
            self._read_error = error
            logger.warning("the credentials cannot be read", extra={"reason": error.what})
            raise
        self._read_error = None
        self._transport.redactor.add_secret(secret)
        response = await self._transport.request(
            method.http.verb,
            method.build_path(),
            body=method.build_sign_in_body(name, secret),
            retry_mode=RetryMode.NO_RESPONSE,
            path_template=method.http.path_template,
        )
        if response.status == 401:  # noqa: PLR2004
            if ticket := error_bodies.two_factor_ticket(response.content):
                self._transport.redactor.add_secret(ticket)
                if not self._fixed_identity:
                    self._pending_sign_in = _PendingSignIn(credentials, name, secret, ticket)
                raise second_factor_error(name, fixed_identity=self._fixed_identity)
            raise refused_sign_in_error(
                name,
                CredentialKind.from_secret(secret),
                error_bodies.error_message(response.content, self._transport.redactor),
                is_legacy_login=isinstance(method, Login),
                fixed_identity=self._fixed_identity,
                is_docker_login=credentials.is_docker_login,
            )
        token = self._extract_token(method, response, name, secret)
        return self._store_bearer(token, credentials, version, name, secret)

    async def _complete_two_factor(self, method: Complete2FALogin) -> Bearer:
        pending = self._pending_sign_in
        if pending is None:
            what = "No sign-in is waiting for a one-time code."
            remedy = "Call create_auth_token (or login) first, then send a fresh code."
            raise SignInRequired(what, remedy=remedy)
        ticket = method.login_2fa_token.get_secret_value() if method.login_2fa_token else pending.ticket
        self._pending_sign_in = None  # a ticket is valid for one attempt
        self._transport.redactor.add_secret(method.code)
        response = await self._transport.request(
            method.http.verb,
            method.build_path(),
            body={"login_2fa_token": ticket, "code": method.code},
            path_template=method.http.path_template,
        )
        if response.status == 401:  # noqa: PLR2004
            what = f"The Hub did not accept the one-time code for {pending.name}."
            message = error_bodies.error_message(response.content, self._transport.redactor)
            remedy = "Call create_auth_token (or login) again, then send a fresh code at once."
            raise SignInRefused(what, hub_message=message, remedy=remedy)
        token = self._extract_token(method, response, pending.name, pending.secret)
        version = pending.credentials.get_version()
        return self._store_bearer(token, pending.credentials, version, pending.name, pending.secret)

    def _extract_token(self, method: Method[SignInStatus], response: Response, name: str, secret: str) -> str:
        if response.status >= 300:  # noqa: PLR2004
            principal = Principal(name, CredentialKind.from_secret(secret))
            raise error_for(method, response, principal, self._transport.redactor)
        data = decode_json_object(response.content)
        token = data.get("access_token") or data.get("token")
        if not isinstance(token, str) or not token:
            what = f"{self._transport.host} accepted the sign-in but sent no token."
            raise UnexpectedAnswer(what, remedy="Check the Hub's address (DOCKERHUB_API_URL).")
        return token

    def _store_bearer(
        self, token: str, credentials: CredentialSource, version: object, name: str, secret: str
    ) -> Bearer:
        self._transport.redactor.add_secret(token)
        self._bearer = Bearer.from_token(token, name=name, secret=secret, now=self._clock())
        self._credentials = credentials
        self._credentials_version = version
        self._rejection = None
        self._pending_sign_in = None
        logger.info("signed in", extra={"username": self._bearer.username, "kind": str(self._bearer.kind)})
        return self._bearer

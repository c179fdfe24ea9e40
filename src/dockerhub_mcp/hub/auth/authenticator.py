"""Who the client is: the one place that holds credentials and the bearer token."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import anyio

from dockerhub_mcp.hub import error_bodies
from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.auth.bearer import Bearer
from dockerhub_mcp.hub.auth.credentials import Credentials, CredentialSource
from dockerhub_mcp.hub.auth.sign_in_errors import (
    DOCKER_SIGN_IN_HELP,
    SIGN_IN_HELP,
    missing_credentials_error,
    sign_in_refusal_advice,
)
from dockerhub_mcp.hub.decoding import decode_json_object
from dockerhub_mcp.hub.error_mapping import FIXED_IDENTITY_NOTICE, Principal, error_for
from dockerhub_mcp.hub.errors import (
    CredentialError,
    InvalidRequest,
    SecondFactorRequired,
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
    """A sign-in that waits for its second step."""

    credentials: CredentialSource
    name: str
    secret: str = field(repr=False)
    ticket: str = field(repr=False)


class Authenticator:
    """Holds the bearer token, renews it before its end, and signs in once for all who wait.

    A refused name and secret are not sent again by themselves: Docker locks a name for ten minutes after
    a few failures. They are tried again when a secret file changes or somebody asks for it.

    Args:
        transport: What requests travel on.
        credentials: Who to be; anonymous without.
        fixed_identity: Whether it stays so: the authentication methods then only report, and take no secret.
    """

    def __init__(
        self, transport: Transport, credentials: CredentialSource | None, *, fixed_identity: bool = False
    ) -> None:
        self._transport = transport
        self._fixed_identity = fixed_identity
        self._credentials = credentials
        self._bearer: Bearer | None = None
        self._credentials_version: object = None
        self._rejection: tuple[object, SignInError] | None = None
        self._read_error: CredentialError | None = None
        self._pending_sign_in: _PendingSignIn | None = None
        self._lock = anyio.Lock()

    @property
    def principal(self) -> Principal:
        """Who asks, as far as the explanation of an error needs it."""
        if self._bearer is not None and self._credentials is not None:
            return Principal(self._bearer.username, self._bearer.kind, self._fixed_identity)
        return Principal("", CredentialKind.ANONYMOUS, self._fixed_identity)

    @property
    def credential_error(self) -> SignInError | CredentialError | None:
        """Why the configured credentials are not in use: they were refused, or cannot be read."""
        if self._read_error is not None:
            return self._read_error
        return self._rejection[1] if self._rejection and self._bearer is None else None

    @property
    def uses_docker_login(self) -> bool:
        """Whether what `docker login` leaves on this machine would be used."""
        return self._credentials is not None and self._credentials.is_docker_login

    async def get_bearer(self) -> Bearer | None:
        """Return a bearer that is good, or None for an anonymous client.

        Raises:
            SignInRefused: The credentials were refused, now or before.
            SecondFactorRequired: The account wants a one-time code.
            CredentialError: A secret file, or Docker's store, cannot be read.
            ConnectionFailed: The Hub could not be reached.
        """
        if self._credentials is None:
            return None
        if good := self._get_fresh_bearer(self._credentials):
            return good
        async with self._lock:
            if good := self._get_fresh_bearer(self._credentials):
                return good
            version = await self._refresh_credentials(self._credentials)
            if self._credentials.is_absent:
                self._bearer = None
                return None
            if good := self._get_fresh_bearer(self._credentials):
                return good
            if self._rejection and self._rejection[0] == version:
                self._bearer = None
                raise self._rejection[1].with_traceback(None)  # or each raise would make it longer
            try:
                return await self._exchange_credentials(CreateAuthToken(), self._credentials, version)
            except SignInError as error:
                self._bearer = None
                self._rejection = (version, error)
                self._credentials.mark_rejected()
                logger.warning("signing in failed", extra={"reason": error.what})
                raise

    def discard_bearer(self, bearer: Bearer) -> None:
        """Drop a bearer that the Hub no longer takes; another that came meanwhile stays."""
        if self._bearer is bearer:
            self._bearer = None

    async def ensure_signed_in(self) -> SignInStatus | None:
        """Say who is signed in, after signing in where that is not done; None for nobody.

        Raises:
            HubError: As `bearer` does.
        """
        bearer = await self.get_bearer()
        return None if bearer is None else self._build_signed_in(bearer)

    async def sign_in(self, method: Method[SignInStatus]) -> SignInStatus:
        """Carry out one of the authentication methods and say who is signed in.

        Raises:
            SignInRefused: The Hub did not accept the name and secret, or the code.
            SecondFactorRequired: The account wants a one-time code.
            SignInRequired: There is nothing to sign in with, or no sign-in that waits for a code.
            InvalidRequest: A secret was given, and the client stays who it is.
        """
        if self._fixed_identity:
            return await self._report_sign_in(method)
        async with self._lock:
            if isinstance(method, Complete2FALogin):
                return self._build_signed_in(await self._complete_two_factor(method))
            if not isinstance(method, SignInMethod):
                msg = f"{type(method).__name__} does not sign in"
                raise TypeError(msg)
            pair = method.get_explicit_credentials()
            credentials = Credentials.from_strings(*pair) if pair else self._credentials
            if credentials is None:
                raise missing_credentials_error(SIGN_IN_HELP)
            version = await self._refresh_credentials(credentials, force=True)
            if credentials.is_absent:
                self._bearer = None
                how = DOCKER_SIGN_IN_HELP if credentials.is_docker_login else SIGN_IN_HELP
                raise missing_credentials_error(how)
            try:
                return self._build_signed_in(await self._exchange_credentials(method, credentials, version))
            except SignInError as error:
                if pair is None and isinstance(method, CreateAuthToken):
                    self._rejection = (version, error)
                    credentials.mark_rejected()
                raise

    async def _report_sign_in(self, method: Method[SignInStatus]) -> SignInStatus:
        """Say who is signed in; who that is was settled outside of any call."""
        if not isinstance(method, SignInMethod) or method.get_explicit_credentials():
            what = "This server does not take a secret from a call: who it is at the Hub is settled outside."
            why = "Several callers may share it, and one must not change who the others are."
            remedy = "Call create_auth_token without arguments to see who is signed in."
            raise InvalidRequest(what, why=why, remedy=remedy)
        bearer = await self.get_bearer()
        if bearer is None:
            raise missing_credentials_error(FIXED_IDENTITY_NOTICE)
        return self._build_signed_in(bearer)

    def _get_fresh_bearer(self, credentials: CredentialSource) -> Bearer | None:
        if self._bearer and self._bearer.is_fresh and self._credentials_version == credentials.get_version():
            return self._bearer
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
        answer = await self._transport.request(
            method.http.verb,
            method.build_path(),
            body=method.build_sign_in_body(name, secret),
            retry_mode=RetryMode.NO_RESPONSE,
            path_template=method.http.path_template,
        )
        if ticket := error_bodies.two_factor_ticket(answer.content) if answer.status == 401 else None:  # noqa: PLR2004
            self._transport.redactor.add_secret(ticket)
            if self._fixed_identity:
                what = f"The account {name} has two-factor authentication: here its password is not enough."
                raise SecondFactorRequired(what, remedy="Use a personal access token, which needs no code.")
            self._pending_sign_in = _PendingSignIn(credentials, name, secret, ticket)
            what = f"The account {name} has two-factor authentication; the sign-in waits for a one-time code."
            remedy = (
                "Call complete_2fa_login with the code, or use a personal access token, which needs none."
            )
            raise SecondFactorRequired(what, remedy=remedy)
        token = self._extract_token(method, answer, name, secret, is_docker_login=credentials.is_docker_login)
        return self._store_bearer(token, credentials, version, name, secret)

    async def _complete_two_factor(self, method: Complete2FALogin) -> Bearer:
        pending = self._pending_sign_in
        if pending is None:
            what = "No sign-in is waiting for a one-time code."
            raise SignInRequired(
                what, remedy="Call create_auth_token (or login) first, then send a fresh code."
            )
        ticket = method.login_2fa_token.get_secret_value() if method.login_2fa_token else pending.ticket
        self._pending_sign_in = None  # a ticket is good for one try
        self._transport.redactor.add_secret(method.code)
        answer = await self._transport.request(
            method.http.verb,
            method.build_path(),
            body={"login_2fa_token": ticket, "code": method.code},
            path_template=method.http.path_template,
        )
        if answer.status == 401:  # noqa: PLR2004
            what = f"The Hub did not accept the one-time code for {pending.name}."
            said = error_bodies.error_message(answer.content, self._transport.redactor)
            remedy = "Call create_auth_token (or login) again, then send a fresh code at once."
            raise SignInRefused(what, hub_message=said, remedy=remedy)
        token = self._extract_token(
            method, answer, pending.name, pending.secret, is_docker_login=pending.credentials.is_docker_login
        )
        version = pending.credentials.get_version()
        return self._store_bearer(token, pending.credentials, version, pending.name, pending.secret)

    def _extract_token(
        self,
        method: Method[SignInStatus],
        response: Response,
        name: str,
        secret: str,
        *,
        is_docker_login: bool,
    ) -> str:
        kind = CredentialKind.from_secret(secret)
        if response.status == 401:  # noqa: PLR2004
            said = error_bodies.error_message(response.content, self._transport.redactor)
            what = f"Docker Hub refused to sign in {name} with this {kind}."
            login = isinstance(method, Login)
            why, remedy = sign_in_refusal_advice(
                kind,
                said,
                is_legacy_login=login,
                fixed_identity=self._fixed_identity,
                is_docker_login=is_docker_login,
            )
            raise SignInRefused(what, hub_message=said, why=why, remedy=remedy)
        if response.status >= 300:  # noqa: PLR2004
            raise error_for(method, response, Principal(name, kind), self._transport.redactor)
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
        self._bearer = Bearer.from_token(token, name=name, secret=secret)
        self._credentials = credentials
        self._credentials_version = version
        self._rejection = None
        self._pending_sign_in = None
        logger.info("signed in", extra={"username": self._bearer.username, "kind": str(self._bearer.kind)})
        return self._bearer

    @staticmethod
    def _build_signed_in(bearer: Bearer) -> SignInStatus:
        return SignInStatus(
            signed_in=True,
            username=bearer.username,
            kind=str(bearer.kind),
            scopes=list(bearer.scopes) or None,
            expires_at=bearer.expires_at,
            message="The server holds the token and renews it by itself.",
        )

"""Exchange credentials for bearer tokens, and cache each token until shortly before it expires."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.auth.bearer import Bearer
from dockerhub_mcp.hub.auth.credentials import CredentialSource, read_checked_secret
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.auth.sign_in_errors import (
    DOCKER_SIGN_IN_HELP,
    SIGN_IN_HELP,
    fixed_identity_error,
    missing_credentials_error,
    no_pending_sign_in_error,
    rejected_session_error,
    unfinished_error,
)
from dockerhub_mcp.hub.auth.sign_in_guard import SignInGuard
from dockerhub_mcp.hub.auth.token_exchange import PendingSignIn, TokenExchange
from dockerhub_mcp.hub.auth.token_route import SecondFactorPending
from dockerhub_mcp.hub.error_advice import FIXED_IDENTITY_NOTICE
from dockerhub_mcp.hub.errors import CredentialError, SignInError, SignInRefused
from dockerhub_mcp.hub.transport.transport import Transport

if TYPE_CHECKING:  # the methods are slow to load, and reads without an account do without
    from dockerhub_mcp.hub.auth.replicas.sign_ins import SharedSignIns
    from dockerhub_mcp.hub.methods.authentication import Complete2FALogin, SignInMethod
    from dockerhub_mcp.hub.models import SignInStatus

logger = logging.getLogger(__name__)

_MIN_RENEWAL_INTERVAL = 60.0  # seconds between renewals of bearer tokens that the Hub rejects


class Authenticator:
    """Signs in once for all concurrent calls, and renews the bearer token before it expires.

    Refused credentials are not sent again until they change, because Docker locks a name after a few
    failures; other failures are retried after a pause (see `SignInGuard`).

    Args:
        transport: Sends the sign-in requests.
        credentials: The credentials to sign in with; None for an anonymous client.
        guard: The memory of failed sign-ins, shared by the clients of a process.
        shared_sign_ins: What replicas know of one another's sign-ins; None for one process alone.
        fixed_identity: Whether calls cannot change the account; the authentication methods then only
            report it, and accept no secret.
        clock: The monotonic clock, in seconds, by which tokens are renewed.
    """

    def __init__(
        self,
        transport: Transport,
        credentials: CredentialSource | None,
        *,
        guard: SignInGuard | None = None,
        shared_sign_ins: SharedSignIns | None = None,
        fixed_identity: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        guard = guard or SignInGuard(clock=clock)
        if shared_sign_ins is None:
            self._exchange = TokenExchange(transport, guard, fixed_identity=fixed_identity, clock=clock)
        else:
            from dockerhub_mcp.hub.auth.replicas.exchange import SharedTokenExchange  # noqa: PLC0415 - see above

            self._exchange = SharedTokenExchange(
                transport, guard, shared_sign_ins, fixed_identity=fixed_identity, clock=clock
            )
        self._fixed_identity = fixed_identity
        self._credentials = credentials
        self._clock = clock
        self._renewal: tuple[Bearer | None, float] = None, 0.0
        self._is_renewal_due = False
        self._bearer: Bearer | None = None
        self._credentials_version: object = None
        self._sign_in_error: SignInError | None = None
        self._session_error: SignInError | None = None
        self._read_error: CredentialError | None = None
        self._pending_sign_in: PendingSignIn | None = None
        self._lock = anyio.Lock()

    @property
    def principal(self) -> Principal:
        """The account that is signed in at the moment."""
        if (bearer := self._bearer) is not None and self._credentials is not None:
            return Principal(bearer.username, bearer.kind, self._fixed_identity, bearer.scopes)
        return Principal("", CredentialKind.ANONYMOUS, self._fixed_identity)

    @property
    def credentials(self) -> CredentialSource | None:
        """The credentials that the client signs in with; a sign-in with others replaces them."""
        return self._credentials

    @property
    def has_credentials(self) -> bool:
        """Whether there is an account to sign in with."""
        return self._credentials is not None and not self._credentials.is_absent

    @property
    def credential_error(self) -> SignInError | CredentialError | None:
        """The reason why the configured credentials are not in use; None if they are."""
        if self._read_error is not None:
            return self._read_error
        return self._sign_in_error if self._bearer is None else None

    @property
    def uses_docker_login(self) -> bool:
        """Whether the credentials are those that `docker login` stores on this machine."""
        return self._credentials is not None and self._credentials.is_docker_login

    async def get_bearer(self) -> Bearer | None:
        """Return the cached bearer token, signing in where needed; None for an anonymous client.

        It takes at most half of the timeout of a call, so that the call can still be made anonymously.

        Raises:
            SignInError: The sign-in failed, now or before.
            CredentialError: A secret file, or Docker's credential store, cannot be read.
        """
        if self._credentials is None:
            return None
        if bearer := await self._get_fresh_bearer(self._credentials):
            return bearer
        limit = self._transport.timeout / 2
        try:
            with anyio.fail_after(limit):
                async with self._lock:
                    return await self._renew_bearer(self._credentials)
        except (TimeoutError, SignInError) as cause:
            error = cause if isinstance(cause, SignInError) else unfinished_error(limit)
            self._bearer, self._sign_in_error = None, error.without_traceback()
            raise error from None

    async def _renew_bearer(self, credentials: CredentialSource) -> Bearer | None:
        if bearer := await self._get_fresh_bearer(credentials):
            return bearer
        version = await self._refresh_credentials(credentials)
        if credentials.is_absent:
            self._bearer = self._sign_in_error = None
            if self._session_error is not None:
                raise self._session_error.without_traceback()
            return None
        known = await self._get_fresh_bearer(credentials) or self._take_session(credentials, version)
        if known is not None:
            return known
        from dockerhub_mcp.hub.methods.authentication import CreateAuthToken  # noqa: PLC0415 - see above

        return await self._exchange_credentials(CreateAuthToken(), credentials, version)

    def discard_bearer(self, bearer: Bearer) -> None:
        """Drop a bearer token that the Hub rejected, unless it was replaced or a new one is no better."""
        renewal, renewed_at = self._renewal
        is_recent = self._clock() - renewed_at < _MIN_RENEWAL_INTERVAL
        if self._bearer is bearer and not (renewal is bearer and is_recent):
            self._drop_bearer(bearer)
            self._exchange.discard_token(bearer.token)
            self._is_renewal_due = True

    def _drop_bearer(self, bearer: Bearer) -> None:
        self._bearer = None
        if bearer.kind is CredentialKind.SESSION and self._credentials is not None:
            self._credentials.reject_session(bearer.token)
            self._session_error = rejected_session_error(bearer.username)

    def report_accepted_renewal(self, bearer: Bearer) -> None:
        """Allow for the renewal of a bearer token that the Hub accepted where it rejected the one before."""
        self._is_renewal_due = False
        if self._renewal[0] is bearer:
            self._renewal = None, 0.0

    async def report_unusable(self, bearer: Bearer) -> None:
        """Drop a new bearer token that the Hub rejects where it answers anonymous callers.

        The account is then not used for a while, because each call would sign in twice in vain.
        """
        if self._bearer is bearer and self._credentials is not None:
            self._drop_bearer(bearer)  # also if it was just reported as a rejected renewal
            if bearer.kind is CredentialKind.SESSION:
                return
            name, secret = await self._read_secret(self._credentials)
            self._sign_in_error = await self._exchange.reject_bearer(bearer, name, secret)

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
            SignInError: The sign-in failed, or must not be tried yet.
            CredentialError: The name or the secret cannot be one.
            SignInRequired: There are no credentials, or no sign-in waits for a code.
            InvalidRequest: A secret was passed, and calls cannot change the account.
        """
        from dockerhub_mcp.hub.auth.explicit_credentials import read_explicit_credentials  # noqa: PLC0415 - see above
        from dockerhub_mcp.hub.methods import authentication as methods  # noqa: PLC0415 - see above

        if self._fixed_identity:
            return await self._report_sign_in(method)
        async with self._lock:
            if isinstance(method, methods.Complete2FALogin):
                return (await self._complete_two_factor(method)).describe()
            if not isinstance(method, methods.SignInMethod):
                msg = f"{type(method).__name__} does not sign in"
                raise TypeError(msg)
            explicit = read_explicit_credentials(method, self._transport.redactor)
            credentials = explicit or self._credentials
            if credentials is None:
                raise missing_credentials_error(SIGN_IN_HELP)
            version = await self._refresh_credentials(credentials, force=True)
            if credentials.is_absent:
                self._bearer = None
                remedy = DOCKER_SIGN_IN_HELP if credentials.is_docker_login else SIGN_IN_HELP
                raise missing_credentials_error(remedy)
            is_usual = isinstance(method, methods.CreateAuthToken)
            if is_usual and (bearer := self._take_session(credentials, version)):
                return bearer.describe()
            bearer = await self._get_fresh_bearer(credentials)
            if bearer and bearer.has_second_factor and not explicit:
                return bearer.describe()  # another sign-in would ask for another code
            try:
                bearer = await self._exchange_credentials(method, credentials, version, explicit=True)
            except SignInError as error:
                if explicit is None and is_usual:
                    self._sign_in_error = error.without_traceback()
                raise
            return bearer.describe()

    async def _report_sign_in(self, method: Method[SignInStatus]) -> SignInStatus:
        """Return the account, which calls cannot change."""
        from dockerhub_mcp.hub.methods.authentication import SignInMethod  # noqa: PLC0415 - see above

        if not isinstance(method, SignInMethod) or method.get_explicit_credentials():
            raise fixed_identity_error()
        bearer = await self.get_bearer()
        if bearer is None:
            raise missing_credentials_error(FIXED_IDENTITY_NOTICE)
        return bearer.describe()

    async def _get_fresh_bearer(self, credentials: CredentialSource) -> Bearer | None:
        bearer = self._bearer
        if bearer is None or not bearer.is_fresh_at(self._clock()):
            return None
        return bearer if self._credentials_version == await credentials.get_version() else None

    async def _refresh_credentials(self, credentials: CredentialSource, *, force: bool = False) -> object:
        try:
            version = await credentials.refresh(force=force)
        except CredentialError as error:
            self._read_error, self._bearer = error, None
            raise
        self._read_error = None
        return version

    async def _exchange_credentials(
        self, method: SignInMethod, credentials: CredentialSource, version: object, *, explicit: bool = False
    ) -> Bearer:
        name, secret = await self._read_secret(credentials)
        try:
            bearer = await self._exchange.exchange(
                method, name, secret, is_docker_login=credentials.is_docker_login, explicit=explicit
            )
        except SecondFactorPending as pending:
            if not self._fixed_identity:
                self._pending_sign_in = PendingSignIn(credentials, name, secret, pending.ticket)
            raise pending.error from None
        except SignInRefused:
            credentials.mark_rejected()
            raise
        return self._keep_bearer(bearer, credentials, version)

    def _take_session(self, credentials: CredentialSource, version: object) -> Bearer | None:
        bearer = session.to_bearer(now=self._clock()) if (session := credentials.get_session()) else None
        return self._keep_bearer(bearer, credentials, version) if bearer else None

    async def _read_secret(self, credentials: CredentialSource) -> tuple[str, str]:
        try:
            name, secret = await read_checked_secret(credentials, self._transport.redactor)
        except CredentialError as error:
            self._read_error = error
            logger.warning("the credentials cannot be read", extra={"reason": error.what})
            raise
        self._read_error = None
        return name, secret

    async def _complete_two_factor(self, method: Complete2FALogin) -> Bearer:
        pending = self._pending_sign_in
        if pending is None:
            raise no_pending_sign_in_error()
        ticket = method.login_2fa_token.get_secret_value() if method.login_2fa_token else pending.ticket
        self._pending_sign_in = None  # a ticket is valid for one attempt
        self._transport.redactor.add_secret(method.code)
        bearer = await self._exchange.complete(method, pending.name, pending.secret, ticket)
        return self._keep_bearer(bearer, pending.credentials, await pending.credentials.get_version())

    def _keep_bearer(self, bearer: Bearer, credentials: CredentialSource, version: object) -> Bearer:
        self._transport.redactor.add_secret(bearer.token)
        if self._is_renewal_due and not bearer.is_shared:
            self._renewal, self._is_renewal_due = (bearer, self._clock()), False
        self._bearer = bearer
        self._credentials, self._credentials_version = credentials, version
        self._sign_in_error = self._session_error = self._pending_sign_in = None
        logger.info("signed in", extra={"username": bearer.username, "kind": str(bearer.kind)})
        return bearer

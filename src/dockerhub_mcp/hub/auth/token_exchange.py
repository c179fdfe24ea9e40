"""Exchange a name and secret for a bearer token where the guard allows it, and record the outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.auth.bearer import Bearer
from dockerhub_mcp.hub.auth.credentials import CredentialSource
from dockerhub_mcp.hub.auth.sign_in_errors import (
    rejected_code_error,
    unusable_bearer_error,
)
from dockerhub_mcp.hub.auth.sign_in_guard import SignInGuard
from dockerhub_mcp.hub.auth.token_route import SecondFactorPending, TokenRoute
from dockerhub_mcp.hub.errors import SignInError, SignInRefused
from dockerhub_mcp.hub.transport.transport import Transport

if TYPE_CHECKING:  # slow to load, and reads without an account do without
    from dockerhub_mcp.hub.methods.authentication import Complete2FALogin, SignInMethod

logger = logging.getLogger(__name__)


class PendingSignIn(NamedTuple):
    """A sign-in that waits for its one-time code."""

    credentials: CredentialSource
    name: str
    secret: str
    ticket: str

    def __repr__(self) -> str:
        """Return the name without the secret and the ticket."""
        return f"PendingSignIn({self.name!r})"


class SignInRequest(NamedTuple):
    """A name and secret to exchange, with what the exchange needs to know of them.

    Attributes:
        method: The authentication method, which has the route.
        name: The user name.
        secret: The secret.
        guarded_secret: The secret, with the route where a refusal there says nothing about the secret itself.
        fingerprint: The guard's digest of the name and the guarded secret.
        is_docker_login: Whether they come from `docker login`.
        explicit: Whether a user or an agent asked for this sign-in.
    """

    method: SignInMethod
    name: str
    secret: str
    guarded_secret: str
    fingerprint: bytes
    is_docker_login: bool
    explicit: bool

    def __repr__(self) -> str:
        """Return the name without the secret."""
        return f"SignInRequest({self.name!r})"


class TokenExchange:
    """Signs in for one client.

    Args:
        transport: Sends the sign-in requests.
        guard: The memory of failed sign-ins.
        fixed_identity: Whether calls cannot change the account, which decides the remedies.
        clock: The monotonic clock, in seconds.
    """

    def __init__(
        self,
        transport: Transport,
        guard: SignInGuard,
        *,
        fixed_identity: bool,
        clock: Callable[[], float],
    ) -> None:
        self._host = transport.host
        self._route = TokenRoute(transport, fixed_identity=fixed_identity)
        self._guard = guard
        self._clock = clock

    async def exchange(
        self,
        method: SignInMethod,
        name: str,
        secret: str,
        *,
        is_docker_login: bool = False,
        explicit: bool = False,
    ) -> Bearer:
        """Return a bearer token for a name and secret.

        Args:
            method: The authentication method, which has the route.
            name: The user name.
            secret: The secret.
            is_docker_login: Whether they come from `docker login`.
            explicit: Whether a user or an agent asked for this sign-in.

        Raises:
            SecondFactorPending: The account requires a one-time code.
            SignInError: The Hub issued no usable token, or the secret must not be sent now.
        """
        # The login route refuses each organization's token, which says nothing about the token.
        from dockerhub_mcp.hub.methods.authentication import Login  # noqa: PLC0415 - see above

        is_oat = CredentialKind.from_secret(secret) is CredentialKind.OAT
        route = method.http.path_template if isinstance(method, Login) and is_oat else ""
        guarded_secret = f"{route}{secret}"
        fingerprint = self._guard.fingerprint(name, guarded_secret)
        request = SignInRequest(method, name, secret, guarded_secret, fingerprint, is_docker_login, explicit)
        async with self._guard.lock_for(name):
            self._guard.check(name, fingerprint, explicit=explicit)
            return await self._sign_in(request)

    async def _sign_in(self, request: SignInRequest) -> Bearer:
        """Return a bearer token, after the guard has allowed for it and within the lock of the name."""
        return await self._send(request)

    async def _send(self, request: SignInRequest) -> Bearer:
        guard, name, fingerprint = self._guard, request.name, request.fingerprint
        try:
            token = await self._route.request_token(
                request.method,
                request.method.build_sign_in_body(name, request.secret),
                name,
                CredentialKind.from_secret(request.secret),
                may_repeat=lambda: self._count_before_repeat(request),
                is_docker_login=request.is_docker_login,
            )
            bearer = self._read_bearer(token, name, request.secret)
        except SecondFactorPending as pending:
            guard.record_failure(name, fingerprint, pending.error)
            raise
        except SignInError as error:
            logger.warning("signing in failed", extra={"reason": error.what})
            raise guard.record_failure(name, fingerprint, error) from None
        except BaseException:  # cancelled: the Hub may count the attempt
            guard.count_failure(name)
            raise
        guard.record_success(name, fingerprint)
        return bearer

    async def _count_before_repeat(self, request: SignInRequest) -> bool:
        """Count a sign-in that failed if it may be repeated."""
        return self._guard.count_before_repeat(request.name, request.fingerprint)

    async def complete(self, method: Complete2FALogin, name: str, secret: str, ticket: str) -> Bearer:
        """Return a bearer token for the one-time code of a sign-in that waits for it.

        Args:
            method: The call with the code.
            name: The user name.
            secret: The secret of the first step.
            ticket: The ticket of the first step.

        Raises:
            SignInError: The Hub issued no token.
        """
        guard, body = self._guard, {"login_2fa_token": ticket, "code": method.code}
        async with guard.lock_for(name):
            guard.check(name)
            try:
                token = await self._route.request_token(method, body, name, CredentialKind.PASSWORD)
            except SecondFactorPending:
                guard.count_failure(name)
                raise rejected_code_error(name, "") from None
            except BaseException as error:
                guard.count_failure(name)
                if isinstance(error, SignInRefused):
                    raise rejected_code_error(name, error.hub_message) from None
                raise
            guard.record_success(name, guard.fingerprint(name, secret))
        return self._read_bearer(token, name, secret)._replace(has_second_factor=True)

    def _read_bearer(self, token: str, name: str, secret: str) -> Bearer:
        bearer = Bearer.from_token(token, name=name, secret=secret, now=self._clock())
        if bearer.is_expired:
            raise unusable_bearer_error(name, self._host)
        return bearer

    def discard_token(self, token: str) -> None:
        """Note that the Hub rejected a bearer token; a process that signs in by itself needs no note."""

    async def reject_bearer(self, bearer: Bearer, name: str, secret: str) -> SignInError:
        """Remember that the Hub does not accept a bearer token that it issued, and return the error."""
        error = unusable_bearer_error(bearer.username, self._host)
        return self._guard.record_unusable_bearer(self._guard.fingerprint(name, secret), error)

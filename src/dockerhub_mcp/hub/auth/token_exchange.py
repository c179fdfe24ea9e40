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
        kind = CredentialKind.from_secret(secret)
        # The login route refuses each organization's token, which says nothing about the token.
        from dockerhub_mcp.hub.methods.authentication import Login  # noqa: PLC0415 - see above

        route = method.http.path_template if isinstance(method, Login) and kind is CredentialKind.OAT else ""
        guard, fingerprint = self._guard, self._guard.fingerprint(name, f"{route}{secret}")

        async with guard.lock_for(name):
            guard.check(name, fingerprint, explicit=explicit)
            try:
                token = await self._route.request_token(
                    method,
                    method.build_sign_in_body(name, secret),
                    name,
                    kind,
                    may_repeat=lambda: guard.count_before_repeat(name, fingerprint),
                    is_docker_login=is_docker_login,
                )
                bearer = self._read_bearer(token, name, secret)
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

    def reject_bearer(self, bearer: Bearer, name: str, secret: str) -> SignInError:
        """Remember that the Hub does not accept a bearer token that it issued, and return the error."""
        error = unusable_bearer_error(bearer.username, self._host)
        return self._guard.record_unusable_bearer(self._guard.fingerprint(name, secret), error)

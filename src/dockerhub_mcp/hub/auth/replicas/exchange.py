"""Sign in once for all replicas of a server, which share bearer tokens, refusals and the limit of a name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import anyio

from dockerhub_mcp.hub.auth.bearer import Bearer
from dockerhub_mcp.hub.auth.replicas.attempts import RECORD_TIMEOUT, SharedAttempts
from dockerhub_mcp.hub.auth.replicas.sign_ins import SharedSignIns
from dockerhub_mcp.hub.auth.sign_in_guard import SignInGuard
from dockerhub_mcp.hub.auth.token_exchange import SignInRequest, TokenExchange
from dockerhub_mcp.hub.errors import SignInError
from dockerhub_mcp.hub.transport.transport import Transport

_MAX_LIFETIME = 86_400.0  # seconds; claims may name any time


class SharedTokenExchange(TokenExchange):
    """Signs in for one client, and shares bearer tokens, refusals and limits with other replicas.

    Args:
        transport: Sends the sign-in requests.
        guard: The memory of failed sign-ins.
        shared: What replicas know of one another's sign-ins.
        fixed_identity: Whether calls cannot change the account, which decides the remedies.
        clock: The monotonic clock, in seconds.
    """

    def __init__(
        self,
        transport: Transport,
        guard: SignInGuard,
        shared: SharedSignIns,
        *,
        fixed_identity: bool,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(transport, guard, fixed_identity=fixed_identity, clock=clock)
        self._shared = shared
        self._attempts = SharedAttempts(guard, shared)
        self._discarded_token = ""

    def discard_token(self, token: str) -> None:
        """Note that the Hub rejected a bearer token, which the next sign-in discards for all replicas."""
        self._discarded_token = token

    async def reject_bearer(self, bearer: Bearer, name: str, secret: str) -> SignInError:
        """Remember that the Hub does not accept a bearer token that it issued, and return the error."""
        error = await super().reject_bearer(bearer, name, secret)
        await self._shared.discard_bearer(name, secret, bearer.token)
        await self._attempts.keep_refusal(name, secret, error)
        return error

    async def _sign_in(self, request: SignInRequest) -> Bearer:
        if self._discarded_token:
            token, self._discarded_token = self._discarded_token, ""
            await self._shared.discard_bearer(request.name, request.secret, token)
        return await self._attempts.send_in_turn(
            request.name,
            request.guarded_secret,
            partial(self._find_outcome, request),
            partial(self._send_and_share, request),
        )

    async def _find_outcome(self, request: SignInRequest) -> Bearer | None:
        """Return the bearer token of another replica's sign-in; None without one.

        Raises:
            SignInError: Another replica's sign-in failed, and the secret must not be sent now.
        """
        name, fingerprint = request.name, request.fingerprint
        if not request.explicit and (found := await self._shared.find_bearer(name, request.secret)):
            self._guard.record_success(name, fingerprint)
            now = self._clock()
            bearer = Bearer.from_token(found.token, name=name, secret=request.secret, now=now)
            return bearer._replace(renew_at=now + found.seconds_left, is_shared=True)
        await self._attempts.import_refusals(name, request.guarded_secret)
        self._guard.check(name, fingerprint, explicit=request.explicit)
        return None

    async def _send_and_share(self, request: SignInRequest) -> Bearer:
        bearer = await self._send(request)
        seconds = min(bearer.renew_at - self._clock(), _MAX_LIFETIME)
        if seconds > 0:
            with anyio.move_on_after(RECORD_TIMEOUT, shield=True):
                await self._shared.keep_bearer(request.name, request.secret, bearer.token, seconds=seconds)
        return bearer

    async def _count_before_repeat(self, request: SignInRequest) -> bool:
        return await self._attempts.count_before_repeat(request.name, request.guarded_secret)

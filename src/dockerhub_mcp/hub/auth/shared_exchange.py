"""Sign in once for all replicas of a server, which share bearer tokens, refusals and the limit of a name."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import anyio

from dockerhub_mcp.hub.auth.bearer import RENEWAL_LEEWAY, Bearer
from dockerhub_mcp.hub.auth.refusal_records import decode_refusal, encode_refusal
from dockerhub_mcp.hub.auth.shared_sign_ins import SharedSignIns
from dockerhub_mcp.hub.auth.sign_in_guard import MAX_FAILURES, SignInGuard, is_counted
from dockerhub_mcp.hub.auth.token_exchange import SignInRequest, TokenExchange
from dockerhub_mcp.hub.auth.token_route import SecondFactorPending
from dockerhub_mcp.hub.errors import SignInError, SignInLocked, SignInUnavailable
from dockerhub_mcp.hub.transport.transport import Transport

_POLL_INTERVAL = 0.1  # seconds between looks at the outcome of another replica's sign-in
_MAX_LIFETIME = 86_400.0  # seconds; claims may name any time


class SharedTokenExchange(TokenExchange):
    """Signs in for one client, and shares bearer tokens, refusals and limits with other replicas.

    The guard of the process decides as without replicas; it learns what they know before a secret is sent.

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
        self._discarded_token = ""

    def discard_token(self, token: str) -> None:
        """Note that the Hub rejected a bearer token, which the next sign-in discards for all replicas."""
        self._discarded_token = token

    async def reject_bearer(self, bearer: Bearer, name: str, secret: str) -> SignInError:
        """Remember that the Hub does not accept a bearer token that it issued, and return the error."""
        error = await super().reject_bearer(bearer, name, secret)
        await self._shared.discard_bearer(name, secret, bearer.token)
        await self._keep_refusal(name, secret, self._guard.fingerprint(name, secret), error)
        return error

    async def _sign_in(self, request: SignInRequest) -> Bearer:
        if self._discarded_token:
            token, self._discarded_token = self._discarded_token, ""
            await self._shared.discard_bearer(request.name, request.secret, token)
        while True:
            if bearer := await self._find_outcome(request):
                return bearer
            async with self._shared.take_turn(request.name) as is_taken:
                if is_taken:  # the turn before may have changed the outcome
                    return await self._find_outcome(request) or await self._send_counted(request)
            await anyio.sleep(_POLL_INTERVAL)

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
            return bearer._replace(renew_at=now + found.seconds_left)
        for secret in (request.guarded_secret, ""):
            kept = await self._shared.find_refusal(name, secret)
            refusal = decode_refusal(*kept) if kept else None
            if refusal is not None:
                self._guard.import_refusal(name, fingerprint, refusal)
        self._guard.check(name, fingerprint, explicit=request.explicit)
        return None

    async def _send_counted(self, request: SignInRequest) -> Bearer:
        """Count a sign-in before it is sent: the process may end before the Hub has answered."""
        name, secret, try_id = request.name, request.guarded_secret, secrets.token_hex(8)
        limit = await self._find_limit(request)
        if wait := await self._shared.add_try(name, try_id, limit=limit):
            raise self._guard.too_many_error(name, limit, wait)
        try:
            bearer = await self._send(request)
        except (SecondFactorPending, SignInError) as failure:
            error = failure.error if isinstance(failure, SecondFactorPending) else failure
            if not is_counted(error):
                await self._shared.remove_try(name, try_id)
            if not isinstance(error, SignInUnavailable) or error.is_answered:  # else others may reach the Hub
                await self._keep_refusal(name, secret, request.fingerprint, error)
            raise
        seconds = min(bearer.renew_at - self._clock(), bearer.lifetime - RENEWAL_LEEWAY, _MAX_LIFETIME)
        if seconds > 0:
            await self._shared.keep_bearer(name, request.secret, bearer.token, seconds=seconds)
        await self._shared.remove_try(name, try_id)
        await self._shared.clear_refusal(name, secret)
        return bearer

    async def _count_before_repeat(self, request: SignInRequest) -> bool:
        if not self._guard.may_repeat(request.name, request.fingerprint):
            return False
        limit = await self._find_limit(request) - 1  # leaves one, as the guard does
        if await self._shared.add_try(request.name, secrets.token_hex(8), limit=limit):
            return False
        self._guard.count_failure(request.name)
        return True

    async def _find_limit(self, request: SignInRequest) -> int:
        limit = self._guard.find_limit(request.name, request.fingerprint)
        has_other = await self._shared.has_accepted_other(request.name, request.guarded_secret)
        return min(limit, MAX_FAILURES - 1) if has_other else limit

    async def _keep_refusal(self, name: str, secret: str, fingerprint: bytes, error: SignInError) -> None:
        refusal = self._guard.export_refusal(name, fingerprint, error)
        if refusal is not None and refusal.seconds > 0:
            record, seconds = encode_refusal(refusal)
            lock_or_pause = "" if isinstance(error, SignInLocked) else secret
            await self._shared.keep_refusal(name, lock_or_pause, record, seconds=seconds)

"""Send the secrets of a name one at a time in all replicas of a server, each only as the guard allows."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeVar

import anyio

from dockerhub_mcp.hub.auth.replicas.refusal_records import decode_refusal, encode_refusal
from dockerhub_mcp.hub.auth.replicas.sign_ins import SharedSignIns
from dockerhub_mcp.hub.auth.sign_in_guard import MAX_FAILURES, Refusal, SignInGuard, is_counted
from dockerhub_mcp.hub.auth.token_route import SecondFactorPending
from dockerhub_mcp.hub.errors import SignInError, SignInLocked, SignInUnavailable

T = TypeVar("T")

RECORD_TIMEOUT = 1.0
"""Seconds to record an outcome although the call was cancelled meanwhile."""
_MIN_POLL_DELAY, _MAX_POLL_DELAY = 0.1, 0.5  # seconds between attempts to take the turn


class SharedAttempts:
    """Sends secrets for one process, which shares refusals and the limit of each name with other replicas.

    The guard of the process decides as without replicas; it learns what they know before a secret is sent.
    A secret is named together with the service or route where a refusal says nothing about it elsewhere.

    Args:
        guard: The memory of failed sign-ins.
        shared: What replicas know of one another's sign-ins.
    """

    def __init__(self, guard: SignInGuard, shared: SharedSignIns) -> None:
        self._guard = guard
        self._shared = shared

    async def import_refusals(self, name: str, *refused: str) -> None:
        """Let the guard remember what other replicas know of some secrets of a name, and of its lock."""
        for secret in (*refused, ""):
            kept = await self._shared.find_refusal(name, secret)
            refusal = decode_refusal(*kept) if kept else None
            fingerprint = self._guard.fingerprint(name, secret) if secret else b""
            if refusal is not None:
                self._guard.import_refusal(name, fingerprint, refusal)
            elif kept is None and self._shared.is_available:  # the secret was accepted since
                self._guard.forget_ended_pause(fingerprint)

    async def send_in_turn(
        self,
        name: str,
        secret: str,
        find: Callable[[], Awaitable[T | None]],
        send: Callable[[], Awaitable[T]],
    ) -> T:
        """Return what `find` returns, or otherwise what `send` returns once it is the turn of this process.

        Args:
            name: The user name, of which the caller has the lock of the guard.
            secret: The secret.
            find: Returns the outcome of another replica, None without one, or raises its error.
            send: Sends the secret, and records the outcome in the guard.
        """
        if (found := await find()) is not None:
            return found
        async with AsyncExitStack() as turn:
            async with AsyncExitStack() as place:  # the next in line, so that no replica has every turn
                await self._wait_for_turn(f"{name.strip()}\nnext", place)
                await self._wait_for_turn(name, turn)
            found = await find()  # the turn before may have changed the outcome
            return await self._send_counted(name, secret, send) if found is None else found

    async def _wait_for_turn(self, name: str, stack: AsyncExitStack) -> None:
        """Take a turn until the end of a stack."""
        delay = _MIN_POLL_DELAY
        while True:
            async with AsyncExitStack() as attempt:
                if await attempt.enter_async_context(self._shared.take_turn(name)):
                    stack.push_async_exit(attempt.pop_all())
                    return
            await anyio.sleep(delay)
            delay = min(_MAX_POLL_DELAY, delay * 1.5)

    async def _send_counted(self, name: str, secret: str, send: Callable[[], Awaitable[T]]) -> T:
        """Count a sign-in before it is sent: the process may end before the Hub has answered."""
        try_id, limit = secrets.token_hex(8), await self._find_limit(name, secret)
        if wait := await self._shared.add_try(name, try_id, limit=limit):
            error: SignInError = self._guard.build_limit_error(name, limit, wait)
            self._guard.import_refusal(name, self._guard.fingerprint(name, secret), Refusal(error, wait))
            raise error
        try:
            result = await send()
        except (SecondFactorPending, SignInError) as failure:
            error = failure.error if isinstance(failure, SecondFactorPending) else failure
            with anyio.move_on_after(RECORD_TIMEOUT, shield=True):
                if not is_counted(error):
                    await self._shared.remove_try(name, try_id)
                if not isinstance(error, SignInUnavailable) or error.is_sent:  # else others may reach the Hub
                    await self.keep_refusal(name, secret, error)
            raise
        with anyio.move_on_after(RECORD_TIMEOUT, shield=True):
            await self._shared.remove_try(name, try_id)
            await self._shared.clear_refusal(name, secret)
        return result

    async def count_before_repeat(self, name: str, secret: str) -> bool:
        """Count a sign-in that failed if it may be repeated, as the guard does for one process."""
        if not self._guard.may_repeat(name, self._guard.fingerprint(name, secret)):
            return False
        limit = await self._find_limit(name, secret) - 1  # leaves one, as the guard does
        if await self._shared.add_try(name, secrets.token_hex(8), limit=limit):
            return False
        self._guard.count_failure(name)
        return True

    async def _find_limit(self, name: str, secret: str) -> int:
        limit = self._guard.find_limit(name, self._guard.fingerprint(name, secret))
        has_other = await self._shared.has_accepted_other(name, secret)
        return min(limit, MAX_FAILURES - 1) if has_other else limit

    async def keep_refusal(self, name: str, secret: str, error: SignInError) -> None:
        """Keep what the guard remembers of an error for other replicas."""
        refusal = self._guard.export_refusal(name, self._guard.fingerprint(name, secret), error)
        if refusal is not None and refusal.seconds > 0:
            record, seconds = encode_refusal(refusal)
            refused = "" if isinstance(error, SignInLocked) else secret  # a lock refuses the whole name
            await self._shared.keep_refusal(name, refused, record, seconds=seconds)

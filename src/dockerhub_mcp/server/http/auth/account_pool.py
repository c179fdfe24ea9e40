"""The Docker accounts that requests bring along: each with a client of its own, none mixed with another."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from dockerhub_mcp.hub import Credentials, Hub, HubError
from dockerhub_mcp.hub.errors import HubUnavailable, RateLimited, Refused, SignInError

_REJECTION_TTL = 60.0  # seconds; Docker locks a name for ten minutes after a few failures


def is_credential_rejection(error: HubError) -> bool:
    """Tell whether the Hub does not take an account, rather than having trouble of its own."""
    return isinstance(error, SignInError | Refused) and not isinstance(error, RateLimited | HubUnavailable)


@dataclass(slots=True)
class _PooledAccount:
    hub: Hub
    last_used: float


class AccountPool:
    """Keeps a client of the Hub for each account, the most recently used ones.

    An account is known by a keyed hash of its name and secret, so that one with another secret is another
    one. What has not been used for a while is dropped, with its secret and its bearer token.

    Args:
        create_hub: Makes a client for credentials.
        key: For the hash; processes that answer for one another share it.
        max_accounts: Accounts kept at once.
        idle_timeout: Seconds without use after which one is dropped.
        clock: The clock, in seconds.
    """

    def __init__(
        self,
        create_hub: Callable[[Credentials], Hub],
        *,
        hash_key: bytes = b"",
        max_accounts: int = 1000,
        idle_timeout: float = 900.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._create_hub, self._max_accounts, self._idle_timeout, self._clock = (
            create_hub,
            max_accounts,
            idle_timeout,
            clock,
        )
        # Of its own kind, so that what is known of one use of the key tells nothing about another.
        self._hash_key = hmac.new(
            hash_key or secrets.token_bytes(32), b"accounts of requests", hashlib.sha256
        ).digest()
        self._accounts: OrderedDict[str, _PooledAccount] = OrderedDict()
        self._pending_sign_ins: dict[str, tuple[Hub, int]] = {}
        self._rejections: OrderedDict[str, tuple[float, HubError]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._accounts)

    def derive_account_key(self, username: str, secret: str) -> str:
        """Return what an account is known by; it tells nothing about the secret."""
        text = f"{len(username)}:{username}{secret}"
        return hmac.new(self._hash_key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    async def get_hub(self, username: str, secret: str) -> Hub:
        """Return the client of an account that the Hub has accepted.

        Raises:
            HubError: The Hub did not accept it, now or a moment ago (`is_refusal`), or could not be asked.
        """
        self.evict_expired()
        key = self.derive_account_key(username, secret)
        if kept := self._accounts.get(key):
            if kept.hub.credential_error is None:
                kept.last_used = self._clock()
                self._accounts.move_to_end(key)
                return kept.hub
            # It was good and is so no longer; the client would not ask again by itself.
            del self._accounts[key]
            self._store_rejection(key, kept.hub.credential_error)
        if key in self._rejections:
            raise self._rejections[key][1].with_traceback(None)
        return await self._sign_in(key, username, secret)

    async def _sign_in(self, account_key: str, username: str, secret: str) -> Hub:
        """Sign in once for all who wait for the same account."""
        hub, waiting = self._pending_sign_ins.get(account_key) or (
            self._create_hub(Credentials.from_strings(username, secret)),
            0,
        )
        self._pending_sign_ins[account_key] = hub, waiting + 1
        try:
            await hub.sign_in()
        except HubError as error:
            if is_credential_rejection(error):
                self._store_rejection(account_key, error)
            raise
        else:
            self._accounts[account_key] = _PooledAccount(hub, self._clock())
            self._accounts.move_to_end(account_key)
            if len(self._accounts) > self._max_accounts:
                self._accounts.popitem(last=False)
            return hub
        finally:
            hub, waiting = self._pending_sign_ins.pop(account_key)
            if waiting > 1:
                self._pending_sign_ins[account_key] = hub, waiting - 1

    def _store_rejection(self, account_key: str, error: HubError) -> None:
        self._rejections.pop(account_key, None)  # so that the order is that of the time
        self._rejections[account_key] = self._clock() + _REJECTION_TTL, error
        if len(self._rejections) > self._max_accounts:
            self._rejections.popitem(last=False)

    def evict_expired(self) -> None:
        """Drop what has not been used for a while."""
        now = self._clock()
        while self._accounts and next(iter(self._accounts.values())).last_used + self._idle_timeout < now:
            self._accounts.popitem(last=False)
        while self._rejections and next(iter(self._rejections.values()))[0] < now:
            self._rejections.popitem(last=False)

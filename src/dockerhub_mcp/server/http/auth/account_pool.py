"""Keep one Hub client for each Docker account that requests bring, and never mix two accounts."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

from cachetools import TTLCache

from dockerhub_mcp.hub import Credentials, Hub, HubError
from dockerhub_mcp.hub.errors import (
    CredentialError,
    HubUnavailable,
    RateLimited,
    Refused,
    SignInError,
    SignInLocked,
    SignInUnavailable,
)

_REJECTION_TTL = 60.0  # seconds; afterwards the guard of the clients still refuses the same secret


def is_credential_rejection(error: HubError) -> bool:
    """Return whether the Hub rejected the credentials, as opposed to being unavailable or rate-limited."""
    return isinstance(error, SignInError | CredentialError | Refused) and not isinstance(
        error, SignInUnavailable | SignInLocked | RateLimited | HubUnavailable
    )


class AccountPool:
    """Caches the Hub clients of the most recently used accounts.

    An account is identified by a keyed hash of its user name and secret, so a changed secret is a different
    account. An idle account is dropped together with its secret and its bearer token.

    Args:
        create_hub: Creates a Hub client for credentials.
        hash_key: The key of the hash; random by default.
        max_accounts: The most accounts cached at a time.
        idle_timeout: Seconds without use after which an account is dropped.
        clock: A monotonic clock, in seconds.
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
        self._create_hub = create_hub
        # Derived, so that this use of the key reveals nothing about its other uses.
        self._hash_key = hmac.new(
            hash_key or secrets.token_bytes(32), b"accounts of requests", hashlib.sha256
        ).digest()
        self._hubs: TTLCache[str, Hub] = TTLCache(max_accounts, idle_timeout, clock)
        self._rejections: TTLCache[str, HubError] = TTLCache(max_accounts, _REJECTION_TTL, clock)
        self._pending_sign_ins: dict[str, tuple[Hub, int]] = {}

    def __len__(self) -> int:
        return len(self._hubs)

    def derive_account_key(self, username: str, secret: str) -> str:
        """Return the account's identifier, from which the secret cannot be recovered."""
        text = f"{len(username)}:{username}{secret}"
        return hmac.new(self._hash_key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    async def get_hub(self, username: str, secret: str) -> Hub:
        """Return a client that is signed in with these credentials.

        Raises:
            HubError: The Hub rejected them, now or within the last minute (see `is_credential_rejection`), or
                could not be reached.
        """
        account_key = self.derive_account_key(username, secret)
        if hub := self._hubs.get(account_key):
            error = hub.credential_error
            if error is None or not is_credential_rejection(error):
                self._hubs[account_key] = hub  # restarts the idle timeout
                return hub  # anonymous while the sign-in does not work
            # The credentials were revoked; the client would not sign in again by itself.
            self._hubs.pop(account_key, None)
            self._rejections[account_key] = error
        if rejection := self._rejections.get(account_key):
            raise rejection.with_traceback(None)
        return await self._sign_in(account_key, username, secret)

    async def _sign_in(self, account_key: str, username: str, secret: str) -> Hub:
        """Sign in once for all concurrent requests with the same account."""
        hub, waiting = self._pending_sign_ins.get(account_key) or (
            self._create_hub(Credentials.from_strings(username, secret)),
            0,
        )
        self._pending_sign_ins[account_key] = hub, waiting + 1
        try:
            await hub.sign_in()
        except HubError as error:
            if is_credential_rejection(error):
                self._rejections[account_key] = error
            raise
        else:
            self._hubs[account_key] = hub
            return hub
        finally:
            hub, waiting = self._pending_sign_ins.pop(account_key)
            if waiting > 1:
                self._pending_sign_ins[account_key] = hub, waiting - 1

    def evict_expired(self) -> None:
        """Drop idle accounts and old rejections."""
        self._hubs.expire()
        self._rejections.expire()

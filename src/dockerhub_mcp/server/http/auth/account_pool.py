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

_REFUSED_FOR = 60.0  # seconds; Docker locks a name for ten minutes after a few failures


def is_refusal(error: HubError) -> bool:
    """Tell whether the Hub does not take an account, rather than having trouble of its own."""
    return isinstance(error, SignInError | Refused) and not isinstance(error, RateLimited | HubUnavailable)


@dataclass(slots=True)
class _Kept:
    hub: Hub
    used: float


class Identities:
    """Keeps a client of the Hub for each account, the most recently used ones.

    An account is known by a keyed hash of its name and secret, so that one with another secret is another
    one. What has not been used for a while is dropped, with its secret and its bearer token.

    Args:
        make: Makes a client for credentials.
        key: For the hash; processes that answer for one another share it.
        most: Accounts kept at once.
        idle: Seconds without use after which one is dropped.
        now: The clock, in seconds.
    """

    def __init__(
        self,
        make: Callable[[Credentials], Hub],
        *,
        key: bytes = b"",
        most: int = 1000,
        idle: float = 900.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make, self._most, self._idle, self._now = make, most, idle, now
        # Of its own kind, so that what is known of one use of the key tells nothing about another.
        self._key = hmac.new(key or secrets.token_bytes(32), b"accounts of requests", hashlib.sha256).digest()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._signing_in: dict[str, tuple[Hub, int]] = {}
        self._refused: OrderedDict[str, tuple[float, HubError]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def key(self, username: str, secret: str) -> str:
        """Return what an account is known by; it tells nothing about the secret."""
        text = f"{len(username)}:{username}{secret}"
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    async def hub(self, username: str, secret: str) -> Hub:
        """Return the client of an account that the Hub has accepted.

        Raises:
            HubError: The Hub did not accept it, now or a moment ago (`is_refusal`), or could not be asked.
        """
        self.sweep()
        key = self.key(username, secret)
        if kept := self._kept.get(key):
            if kept.hub.trouble is None:
                kept.used = self._now()
                self._kept.move_to_end(key)
                return kept.hub
            # It was good and is so no longer; the client would not ask again by itself.
            del self._kept[key]
            self._refuse(key, kept.hub.trouble)
        if key in self._refused:
            raise self._refused[key][1].with_traceback(None)
        return await self._sign_in(key, username, secret)

    async def _sign_in(self, key: str, username: str, secret: str) -> Hub:
        """Sign in once for all who wait for the same account."""
        hub, waiting = self._signing_in.get(key) or (self._make(Credentials.of(username, secret)), 0)
        self._signing_in[key] = hub, waiting + 1
        try:
            await hub.sign_in()
        except HubError as error:
            if is_refusal(error):
                self._refuse(key, error)
            raise
        else:
            self._kept[key] = _Kept(hub, self._now())
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return hub
        finally:
            hub, waiting = self._signing_in.pop(key)
            if waiting > 1:
                self._signing_in[key] = hub, waiting - 1

    def _refuse(self, key: str, error: HubError) -> None:
        self._refused.pop(key, None)  # so that the order is that of the time
        self._refused[key] = self._now() + _REFUSED_FOR, error
        if len(self._refused) > self._most:
            self._refused.popitem(last=False)

    def sweep(self) -> None:
        """Drop what has not been used for a while."""
        now = self._now()
        while self._kept and next(iter(self._kept.values())).used + self._idle < now:
            self._kept.popitem(last=False)
        while self._refused and next(iter(self._refused.values()))[0] < now:
            self._refused.popitem(last=False)

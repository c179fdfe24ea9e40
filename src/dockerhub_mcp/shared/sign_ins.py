"""Sign-ins that replicas share: bearer tokens, refusals, turns and the limit of each name."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from cachetools import LRUCache

from dockerhub_mcp.hub.auth.replicas.sign_ins import SharedBearer, SharedRefusal
from dockerhub_mcp.hub.auth.sign_in_guard import FAILURE_WINDOW, normalize_name
from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.keys import KeyRing
from dockerhub_mcp.shared.lock import StoredLock
from dockerhub_mcp.shared.sealing import Sealer
from dockerhub_mcp.shared.state import Entry, SharedState

_TURN_SECONDS = 5.0  # a replica that ends while it has the turn keeps others waiting this long
_EXTENSION_INTERVAL = 1.5
_ACCEPTED_SECONDS = 7200.0  # as long as the guard of a process remembers a name
_MAX_DISCARDED = 10_000


class StoredSignIns:
    """Shares sign-ins through a store, in which names are digests, and tokens and texts are sealed.

    While keys are rotated, reads look under every key of the ring, and writes use the first and drop what was
    kept under the others. Turns and tries use all of them, so that replicas with different first keys still
    wait for one another.

    Args:
        state: The store.
        keys: The keys that the replicas share.
    """

    def __init__(self, state: SharedState, keys: KeyRing) -> None:
        self._state = state
        self._keys = keys
        self._sealer = Sealer(keys)
        self._discarded: LRUCache[bytes, None] = LRUCache(_MAX_DISCARDED)  # digests of tokens

    @property
    def is_available(self) -> bool:
        """Whether replicas can reach one another, as far as this process knows."""
        return self._state.is_available

    async def find_bearer(self, name: str, secret: str) -> SharedBearer | None:
        """Return the bearer token of a name and secret, unless this process discarded it."""
        found = await self._find(self._keys_of("bearer", name, secret))
        if found is None or _digest_token(found.value) in self._discarded:
            return None
        return SharedBearer(found.value.decode(), found.seconds_left)

    async def keep_bearer(self, name: str, secret: str, token: str, *, seconds: float) -> None:
        """Keep a bearer token for some seconds, and remember the secret as the one accepted last."""
        await self._keep(self._keys_of("bearer", name, secret), token.encode(), seconds)
        accepted = self._keys.digest(normalize_name(name), secret).encode()
        await self._keep(self._keys_of("accepted", name), accepted, max(seconds, _ACCEPTED_SECONDS))

    async def discard_bearer(self, name: str, secret: str, token: str) -> None:
        """Drop a bearer token that the Hub rejected, unless another one is kept by now."""
        self._discarded[_digest_token(token.encode())] = None
        with suppress(StoreUnavailable):
            for key in self._keys_of("bearer", name, secret):
                entry = await self._state.read(key)
                if entry is not None and self._sealer.unseal(key, entry.value) == token.encode():
                    await self._state.delete(key, value=entry.value)

    async def has_accepted_other(self, name: str, secret: str) -> bool:
        """Return whether the Hub accepted another secret of a name last."""
        found = await self._find(self._keys_of("accepted", name))
        own = self._keys.digests(normalize_name(name), secret)
        return found is not None and found.value.decode() not in own

    @asynccontextmanager
    async def take_turn(self, name: str) -> AsyncIterator[bool]:
        """Take the turn to sign in under a name until the end of the block, and yield whether it was free."""
        lock = StoredLock(self._state, self._keys_of("turn", name), seconds=_TURN_SECONDS)
        extension: asyncio.Task[None] | None = None
        is_taken = True  # also where the store is unavailable
        try:
            with suppress(StoreUnavailable):
                is_taken = await lock.claim()
            if is_taken:
                extension = asyncio.create_task(_extend_regularly(lock))
            yield is_taken
        finally:
            if extension is not None:
                extension.cancel()
            await lock.release()

    async def find_refusal(self, name: str, secret: str = "") -> SharedRefusal | None:
        """Return the record of a refusal: of a name and secret, or of a whole name."""
        found = await self._find(self._refusal_keys(name, secret))
        return None if found is None else SharedRefusal(*found)

    async def keep_refusal(self, name: str, secret: str, record: bytes, *, seconds: float) -> None:
        """Keep the record of a refusal for some seconds; with an empty secret that of a whole name."""
        await self._keep(self._refusal_keys(name, secret), record, seconds)

    async def clear_refusal(self, name: str, secret: str) -> None:
        """Drop the record of a refusal."""
        with suppress(StoreUnavailable):
            for key in self._refusal_keys(name, secret):
                await self._state.delete(key)

    def _refusal_keys(self, name: str, secret: str) -> list[str]:
        return self._keys_of("refused", name, secret) if secret else self._keys_of("refused", name)

    async def add_try(self, name: str, try_id: str, *, limit: int) -> float:
        """Count a sign-in under a name as one that may fail.

        Returns:
            0.0 if it was counted; otherwise the seconds until another one may be.
        """
        counted: list[str] = []
        for key in self._keys_of("tries", name):
            try:
                wait = await self._state.add_to_window(key, try_id, limit=limit, seconds=FAILURE_WINDOW)
            except StoreUnavailable:
                return 0.0
            if wait:
                await self._remove_from_windows(counted, try_id)
                return wait
            counted.append(key)
        return 0.0

    async def remove_try(self, name: str, try_id: str) -> None:
        """Count a sign-in no more: it did not fail."""
        await self._remove_from_windows(self._keys_of("tries", name), try_id)

    async def _remove_from_windows(self, keys: list[str], member: str) -> None:
        with suppress(StoreUnavailable):
            for key in keys:
                await self._state.remove_from_window(key, member)

    def _keys_of(self, kind: str, name: str, *secret: str) -> list[str]:
        """Return the store's keys of a name, or of a name and secret, under each key of the ring."""
        return [f"{kind}:{digest}" for digest in self._keys.digests(normalize_name(name), *secret)]

    async def _find(self, keys: list[str]) -> Entry | None:
        """Return the first entry that can be unsealed, with its content as its value."""
        with suppress(StoreUnavailable):
            for key in keys:
                entry = await self._state.read(key)
                content = None if entry is None else self._sealer.unseal(key, entry.value)
                if entry is not None and content is not None:
                    return entry._replace(value=content)
        return None

    async def _keep(self, keys: list[str], content: bytes, seconds: float) -> None:
        """Keep a value under the first key, and drop the earlier ones under the others."""
        with suppress(StoreUnavailable):
            await self._state.write(keys[0], self._sealer.seal(keys[0], content), seconds=seconds)
            for key in keys[1:]:
                await self._state.delete(key)


async def _extend_regularly(lock: StoredLock) -> None:
    while True:
        await asyncio.sleep(_EXTENSION_INTERVAL)
        with suppress(StoreUnavailable):
            await lock.extend()


def _digest_token(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()

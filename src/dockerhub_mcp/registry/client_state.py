"""What the sessions of one account share."""

from __future__ import annotations

from weakref import WeakValueDictionary

import anyio
from cachetools import TTLCache

from dockerhub_mcp.hub.auth.account import Account, Login
from dockerhub_mcp.registry.models import Manifest
from dockerhub_mcp.registry.pull_limits import PullLimits
from dockerhub_mcp.registry.requester import Requester
from dockerhub_mcp.registry.server import CachedManifest, RegistryServer

_VISIBLE_SECONDS = 300.0  # a token for pulls lives as long
_MAX_VISIBLE = 4096


class ClientState:
    """The state of the client of one account.

    Attributes:
        server: The registry.
        requester: Sends the requests of the account.
        limits: The pull limits that responses reported.

    Args:
        server: The registry.
        account: The account.
    """

    def __init__(self, server: RegistryServer, account: Account) -> None:
        self.server = server
        self.requester = Requester(server, account)
        self.limits = PullLimits(server.clock)
        self._visible: TTLCache[tuple[bytes, str, str], bool] = TTLCache(
            _MAX_VISIBLE, _VISIBLE_SECONDS, server.clock
        )
        self._locks: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    def lock_for(self, digest: str) -> anyio.Lock:
        """Return the lock under which a manifest is downloaded once for all calls that need it."""
        return self._locks.setdefault(digest, anyio.Lock())

    def record_visible(self, login: Login, repository: str, digest: str) -> None:
        """Remember that an account could read a manifest in a repository a moment ago."""
        self._visible[self.requester.get_account_key(login), repository, digest] = True

    async def is_visible(self, repository: str, digest: str) -> bool:
        """Return whether the present account could read a manifest in a repository a moment ago."""
        login = await self.requester.fetch_login()
        return (self.requester.get_account_key(login), repository, digest) in self._visible

    def find_cached(self, digest: str) -> Manifest | None:
        """Return a manifest that any account has downloaded; None without one.

        It must not be returned to a caller before its account could read it.
        """
        cached = self.server.manifests.get(digest)
        return None if cached is None else cached.manifest

    def cache(self, manifest: Manifest, size: int) -> None:
        """Keep a manifest, unless it is larger than the cache."""
        if size <= self.server.manifests.maxsize:
            self.server.manifests[manifest.digest] = CachedManifest(manifest, size)

"""Read manifests without a tag from the registry: the parts of indexes, and what signatures are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import anyio

from dockerhub_mcp.hub.errors import HubError
from dockerhub_mcp.registry import RegistrySession
from dockerhub_mcp.registry.models import ImageIndex, LegacyManifest, Manifest
from dockerhub_mcp.tools.cleanup.reading.index_contents import is_index_type

MAX_INDEX_PULLS = 20
"""The most indexes without a tag that one plan downloads where pulls are limited, each with one pull."""
MAX_PULLS = 50
"""The same for manifests that may be signatures; indexes leave these pulls to them."""
MAX_PULLS_WITHOUT_LIMIT = 1_000
"""The most of each where the registry reports no limit on pulls."""
_MAX_CONCURRENT_READS = 8


class UntaggedReader:
    """Reads manifests by digest within the limits of one plan.

    Args:
        session: The session, which counts pulls.
        repository: The repository as `namespace/name`.
    """

    def __init__(self, session: RegistrySession, repository: str) -> None:
        self._session = session
        self._repository = repository
        self._limiter = anyio.CapacityLimiter(_MAX_CONCURRENT_READS)

    @property
    def pulls(self) -> int:
        """The number of pulls so far."""
        return self._session.pulls_used

    async def read_parts(self, indexes: Iterable[str]) -> tuple[set[str], int]:
        """Return the digests below indexes, and how many of the indexes could not be read."""
        below: set[str] = set()
        unread = 0
        waiting, budget = set(indexes), _PullBudget(self._session, MAX_INDEX_PULLS)
        while waiting:
            read = await self._read_all(waiting, budget)
            unread += len(waiting) - len(read)
            parts = [
                part for each in read.values() if isinstance(each, ImageIndex) for part in each.descriptors
            ]
            waiting = {each.digest for each in parts if is_index_type(each.media_type)} - below
            below |= {each.digest for each in parts}
        return below, unread

    async def find_referring(self, digests: Iterable[str], staying: set[str]) -> tuple[set[str], set[str]]:
        """Return the manifests about something that stays, and those that could not be read.

        What is about one of the former is among them, and so are the parts of indexes among them.

        Args:
            digests: The digests of the manifests.
            staying: The digests of what stays.
        """
        digests = set(digests)
        read = await self._read_all(digests, _PullBudget(self._session, MAX_PULLS))
        subjects = {digest: _get_subject(each) for digest, each in read.items()}
        staying = set(staying)
        referring: set[str] = set()
        while found := {
            digest
            for digest in digests - referring
            if digest in staying or (digest in subjects and subjects[digest] in staying)
        }:
            referring |= found
            parts = (each.descriptors for each in map(read.get, found) if isinstance(each, ImageIndex))
            staying |= found.union(part.digest for descriptors in parts for part in descriptors)
        return referring, digests - read.keys() - referring

    async def _read_all(self, digests: Iterable[str], budget: _PullBudget) -> dict[str, Manifest]:
        """Return the manifests that could be read, by digest."""
        found: dict[str, Manifest] = {}

        async def read(digest: str) -> None:
            async with self._limiter:
                if budget.is_used_up:
                    return
                with budget.take(), suppress(HubError):
                    found[digest] = await self._session.get_manifest(self._repository, digest)

        async with anyio.create_task_group() as tasks:
            for digest in sorted(digests):
                tasks.start_soon(read, digest)
        return found


class _PullBudget:
    """Compares pulls with a limit, which is higher where the registry reports no limit on pulls."""

    def __init__(self, session: RegistrySession, limit: int) -> None:
        self._session = session
        self._limit = limit
        self._used_before = session.pulls_used
        self._in_flight = 0

    @property
    def is_used_up(self) -> bool:
        """Whether no further manifest may be read; one that is cached takes no pull."""
        is_unlimited = self._session.is_limit_known and self._session.pull_limit is None
        limit = MAX_PULLS_WITHOUT_LIMIT if is_unlimited else self._limit
        return self._session.pulls_used - self._used_before + self._in_flight >= limit

    @contextmanager
    def take(self) -> Iterator[None]:
        """Count a pull as used while the block runs."""
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1


def _get_subject(manifest: Manifest) -> str:
    """Return the digest that a manifest is about; empty for one that is about itself."""
    if isinstance(manifest, LegacyManifest) or manifest.subject is None:
        return ""
    return manifest.subject.digest

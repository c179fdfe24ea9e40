"""Find every manifest that kept tags need: their own, those of their parts, and of what refers to these."""

from __future__ import annotations

from collections.abc import Iterable

import anyio

from dockerhub_mcp.hub.errors import HubError
from dockerhub_mcp.registry import RegistryClient
from dockerhub_mcp.registry.models import Descriptor
from dockerhub_mcp.tools.cleanup.reading.index_contents import is_index_type
from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag
from dockerhub_mcp.tools.context import ToolContext

MAX_REFERRER_READS = 5_000
_MAX_CONCURRENT_READS = 8


def find_kept_digests(staying: Iterable[ListedTag], deleted: Iterable[ListedTag] = ()) -> set[str]:
    """Return the digests of the manifests of kept tags, of all that is below them, and of signed images.

    Args:
        staying: The kept tags.
        deleted: The deleted tags; if a kept signature is about one of their images, all parts of it stay.
    """
    kept = {digest for tag in staying for digest in (*tag.iter_digests(), tag.subject) if digest}
    below = {tag.manifest_digest: set(tag.iter_digests()) for tag in deleted if tag.manifest_digest in kept}
    return kept.union(*below.values())


def find_untagged_subjects(staying: Iterable[ListedTag], deleted: Iterable[ListedTag]) -> list[str]:
    """Return the digests of images that a kept signature is about, and of which no tag tells the contents."""
    staying = list(staying)
    known = {digest for tag in staying for digest in tag.iter_digests()}
    for tag in deleted:
        digests = list(tag.iter_digests())
        known.update(digests[1:] if tag.has_unknown_contents else digests)
    return sorted({tag.subject for tag in staying if tag.subject} - known)


async def find_referrers(
    context: ToolContext, namespace: str, repository: str, kept: set[str]
) -> tuple[set[str], bool]:
    """Return the manifests that the registry lists as referring to kept ones, and whether they are all.

    What refers to a referrer, such as the signature of a list of packages, is among them. Where the registry
    has no such list, referrers are in the fallback tag of their image. They may not be all where there are
    too many manifests to ask about, an answer could not be read, or a referrer is an index itself.
    """
    if not kept:
        return set(), True
    if context.registry is None:
        return set(), False
    name = f"{namespace}/{repository}"
    first, *others = sorted(kept)
    try:
        listed = await context.registry.list_untagged_referrers(name, first)
        if listed is None:
            return set(), True
        found = list(listed)
        asked, waiting = {first}, set(others)
        while True:
            waiting |= {each.digest for each in found} - asked
            if not waiting:
                break
            if len(asked) + len(waiting) > MAX_REFERRER_READS:
                return set(), False
            asked |= waiting
            found += await _list_all(context.registry, name, waiting)
            waiting = set()
    except HubError:
        return set(), False
    referrers = {each.digest for each in found}
    return referrers, not any(is_index_type(each.media_type) for each in found if each.digest not in kept)


async def _list_all(registry: RegistryClient, name: str, digests: Iterable[str]) -> list[Descriptor]:
    """Return what refers to any of some manifests.

    Raises:
        HubError: One of the lists could not be read.
    """
    found: list[Descriptor] = []
    failures: list[HubError] = []
    limiter = anyio.CapacityLimiter(_MAX_CONCURRENT_READS)

    async def read(digest: str) -> None:
        async with limiter:
            if failures:
                return
            try:
                found.extend(await registry.list_untagged_referrers(name, digest) or ())
            except HubError as error:
                failures.append(error)

    async with anyio.create_task_group() as tasks:
        for digest in sorted(digests):
            tasks.start_soon(read, digest)
    if failures:
        raise failures[0]
    return found

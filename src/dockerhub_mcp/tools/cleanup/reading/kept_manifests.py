"""Find every manifest that kept tags need: their own, those of their parts, and of what refers to these."""

from __future__ import annotations

from collections.abc import Sequence

import anyio

from dockerhub_mcp.hub.errors import HubError, InvalidRequest
from dockerhub_mcp.registry.models import ImageIndex
from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.results.sanitize import error_text

MAX_DOUBTFUL_TAGS = 200
"""The most kept tags that the registry is asked about, without a pull."""
MAX_PULLS = 20
"""The most indexes that are downloaded, each with one pull."""
MAX_REFERRER_READS = 5_000
_MAX_CONCURRENT_READS = 8


async def find_kept_digests(
    context: ToolContext, namespace: str, repository: str, staying: Sequence[ListedTag]
) -> set[str]:
    """Return the digests of the manifests of kept tags and of the images in them, with the signed images.

    A tag without its images in the list of the Hub is read from the registry.

    Raises:
        InvalidRequest: What a tag needs cannot be told for certain.
    """
    kept = {digest for tag in staying for digest in (*tag.iter_digests(), tag.subject) if digest}
    doubtful = [tag for tag in staying if not tag.manifest_digest or (tag.is_index and not tag.images)]
    if doubtful:
        kept |= await _resolve_tags(context, f"{namespace}/{repository}", doubtful)
    return kept


async def _resolve_tags(context: ToolContext, name: str, tags: Sequence[ListedTag]) -> set[str]:
    """Return the digests of tags and of the images in them, as the registry tells them.

    Only the manifest of an index is downloaded, which is a pull.

    Raises:
        InvalidRequest: They are too many, or one cannot be read.
    """
    if len(tags) > MAX_DOUBTFUL_TAGS or context.registry is None:
        why = f"The Hub does not list the images of {len(tags):,} tags that stay."
        raise _build_doubt_error(why)
    session = context.registry.start_session()
    found: set[str] = set()
    pulls = 0
    try:
        for tag in tags:
            waiting = [tag.manifest_digest or tag.name]
            while waiting:
                head = await session.head_manifest(name, waiting.pop())
                if head.digest in found:
                    continue
                found.add(head.digest)
                if not is_index_type(head.media_type):
                    continue
                pulls += 1
                if pulls > MAX_PULLS:
                    why = f"The Hub does not list the images of more than {MAX_PULLS} indexes that stay."
                    raise _build_doubt_error(why)
                manifest = await session.get_manifest(name, head.digest)
                children = manifest.descriptors if isinstance(manifest, ImageIndex) else ()
                found |= {each.digest for each in children if not is_index_type(each.media_type)}
                waiting += [each.digest for each in children if is_index_type(each.media_type)]
    except InvalidRequest:
        raise
    except HubError as error:
        why = f"The manifest of a tag that stays could not be read: {error_text(error)}"
        raise _build_doubt_error(why) from None
    return found


def is_index_type(media_type: str) -> bool:
    """Tell whether a media type is that of an index of images."""
    return "index" in media_type or "manifest.list" in media_type


def _build_doubt_error(why: str) -> InvalidRequest:
    what = "The manifests without a tag cannot be told for certain; nothing was planned."
    return InvalidRequest(what, why=why, remedy="Leave out untagged, or delete these tags first.")


async def find_referrers(
    context: ToolContext, namespace: str, repository: str, kept: set[str]
) -> tuple[set[str], bool]:
    """Return the manifests that the registry lists as referring to kept ones, and whether this is certain.

    Where the registry has no such list, referrers have tags, which are kept with their image. It is not
    certain where there are too many manifests to ask about, or an answer could not be read.
    """
    if not kept:
        return set(), True
    registry = context.registry
    if registry is None:
        return set(), False
    name = f"{namespace}/{repository}"
    waiting = sorted(kept)
    try:
        first = await registry.list_untagged_referrers(name, waiting[0])
    except HubError:
        return set(), False
    if first is None:
        return set(), True
    if len(waiting) > MAX_REFERRER_READS:
        return set(), False
    found = {each.digest for each in first}
    limiter = anyio.CapacityLimiter(_MAX_CONCURRENT_READS)
    failures: list[HubError] = []

    async def read(digest: str) -> None:
        async with limiter:
            if failures:
                return
            try:
                listed = await registry.list_untagged_referrers(name, digest)
            except HubError as error:
                failures.append(error)
                return
            found.update(each.digest for each in listed or ())

    async with anyio.create_task_group() as tasks:
        for digest in waiting[1:]:
            tasks.start_soon(read, digest)
    return (set(), False) if failures else (found, True)

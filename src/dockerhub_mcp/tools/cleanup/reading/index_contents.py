"""Read the indexes of tags of which the Hub does not list the images, such as fallback tags of signatures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from dockerhub_mcp.hub.errors import HubError, NotFound
from dockerhub_mcp.registry import RegistrySession
from dockerhub_mcp.registry.models import ImageIndex
from dockerhub_mcp.tools.cleanup.selecting.protection import TagGraph
from dockerhub_mcp.tools.cleanup.selecting.selection import Selection
from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag, RepositorySnapshot, TaggedImage
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.images.pulls import NO_REGISTRY_REASON
from dockerhub_mcp.tools.results.sanitize import error_text

MAX_DOUBTFUL_TAGS = 200
"""The most tags that the registry is asked about, without a pull."""
MAX_PULLS = 50
"""The most indexes that are downloaded for one plan, each with one pull."""


@dataclass(frozen=True, slots=True)
class SelectedTags:
    """The tags that a clean-up deletes, chosen with the contents of the indexes that stay.

    Attributes:
        snapshot: What was read of the repository, with these contents.
        selection: The tags that are deleted and kept.
        gap: Why the contents of an index that stays are not known; empty where all are.
        pulls: How many pulls this took.
    """

    snapshot: RepositorySnapshot
    selection: Selection
    gap: str = ""
    pulls: int = 0


async def select_with_contents(
    context: ToolContext,
    repository: str,
    snapshot: RepositorySnapshot,
    select: Callable[[RepositorySnapshot], Awaitable[Selection]],
    *,
    untagged: bool,
) -> SelectedTags:
    """Choose the tags to delete, and read the indexes that stay as long as this may keep more.

    An index is read only where the choice depends on it: for untagged manifests, and for tags of signatures
    of images that no tag is known to have.

    Args:
        context: The context of the call.
        repository: The repository as `namespace/name`.
        snapshot: What was read of the repository.
        select: Chooses the tags to delete.
        untagged: Whether manifests without a tag are deleted as well.
    """
    reader: _IndexReader | None = None
    while True:
        selection = await select(snapshot)
        pulls = 0 if reader is None else reader.pulls
        doubtful = _find_doubtful_tags(snapshot, selection, untagged=untagged)
        if not doubtful:
            return SelectedTags(snapshot, selection, pulls=pulls)
        if context.registry is None:
            gap = NO_REGISTRY_REASON
        else:
            reader = reader or _IndexReader(context.registry.start_session(), repository)
            read, gap = await reader.read(doubtful)
            tags = tuple(read.get(tag.name, tag) for tag in snapshot.tags)
            snapshot = replace(snapshot, tags=tags)
        if gap:
            snapshot = replace(snapshot, has_unknown_contents=True)
            pulls = 0 if reader is None else reader.pulls
            return SelectedTags(snapshot, await select(snapshot), gap, pulls)


async def read_index_contents(
    context: ToolContext, repository: str, tags: Sequence[ListedTag]
) -> tuple[tuple[ListedTag, ...], str]:
    """Return tags with the contents of all indexes, and why they are not all known; empty if they are."""
    doubtful = [tag for tag in tags if tag.has_unknown_contents]
    if not doubtful:
        return tuple(tags), ""
    if context.registry is None:
        return tuple(tags), NO_REGISTRY_REASON
    read, gap = await _IndexReader(context.registry.start_session(), repository).read(doubtful)
    return tuple(read.get(tag.name, tag) for tag in tags), gap


async def read_digests_below(
    context: ToolContext, repository: str, digests: Iterable[str]
) -> tuple[set[str], str]:
    """Return what is below manifests without a tag, and why it is not all; missing ones have nothing.

    Args:
        context: The context of the call.
        repository: The repository as `namespace/name`.
        digests: The digests of the manifests.
    """
    tags = [ListedTag(digest, digest, None) for digest in digests]
    if not tags:
        return set(), ""
    if context.registry is None:
        return set(), NO_REGISTRY_REASON
    reader = _IndexReader(context.registry.start_session(), repository, accepts_missing=True)
    read, gap = await reader.read(tags)
    return {digest for tag in read.values() for digest in tag.iter_digests()}, gap


def _find_doubtful_tags(
    snapshot: RepositorySnapshot, selection: Selection, *, untagged: bool
) -> list[ListedTag]:
    """Return the tags that stay and have contents that are not known, where the choice depends on these."""
    deleted = {tag.name for tag in selection.deleted}
    doubtful = [tag for tag in snapshot.tags if tag.has_unknown_contents and tag.name not in deleted]
    if doubtful and not untagged:
        graph = TagGraph(snapshot.tags)
        if not any(tag.subject and not graph.has_subject(tag) for tag in selection.deleted):
            return []
    return doubtful


class _IndexReader:
    """Reads the manifests of tags within the limits of one plan.

    Args:
        session: The session, which counts pulls.
        repository: The repository as `namespace/name`.
        accepts_missing: Whether a manifest that does not exist is left out, and no error.
    """

    def __init__(self, session: RegistrySession, repository: str, *, accepts_missing: bool = False) -> None:
        self._session = session
        self._repository = repository
        self._accepts_missing = accepts_missing
        self._left = MAX_DOUBTFUL_TAGS

    @property
    def pulls(self) -> int:
        """The number of pulls so far."""
        return self._session.pulls_used

    async def read(self, tags: Sequence[ListedTag]) -> tuple[dict[str, ListedTag], str]:
        """Return tags with their contents, by name, and why they are not all; empty if they are."""
        if len(tags) > self._left:
            return {}, f"The contents of {len(tags):,} manifests that stay are not known."
        self._left -= len(tags)
        found: dict[str, ListedTag] = {}
        for tag in tags:
            try:
                found[tag.name] = await self._read_tag(tag)
            except _TooManyPullsError:
                return (
                    found,
                    f"The Hub does not list the contents of more than {MAX_PULLS} indexes that stay.",
                )
            except HubError as error:
                if self._accepts_missing and isinstance(error, NotFound):
                    continue
                return found, f"A manifest that stays could not be read: {error_text(error)}"
        return found, ""

    async def _read_tag(self, tag: ListedTag) -> ListedTag:
        """Return a tag with all digests below its manifest; only indexes are downloaded."""
        head = await self._session.head_manifest(self._repository, tag.digest or tag.name)
        below: dict[str, None] = {}
        waiting = [head.digest] if is_index_type(head.media_type) else []
        while waiting:
            digest = waiting.pop()
            if self.pulls >= MAX_PULLS:
                raise _TooManyPullsError
            manifest = await self._session.get_manifest(self._repository, digest)
            for each in manifest.descriptors if isinstance(manifest, ImageIndex) else ():
                if each.digest not in below and is_index_type(each.media_type):
                    waiting.append(each.digest)
                below[each.digest] = None
        known = {image.digest: image for image in tag.images if image.digest}
        images = (*known.values(), *(TaggedImage(each, None) for each in below if each not in known))
        is_index = is_index_type(head.media_type)
        return replace(tag, digest=head.digest, images=images, is_index=is_index, is_read=True)


class _TooManyPullsError(Exception):
    """The indexes of a repository take more pulls than one plan may use."""


def is_index_type(media_type: str) -> bool:
    """Tell whether a media type is that of an index of images."""
    return "index" in media_type or "manifest.list" in media_type

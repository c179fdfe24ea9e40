"""Read all tags of a repository for a clean-up, as completely as the Hub and the registry allow."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import anyio

from dockerhub_mcp.hub.errors import AnonymousLimit, HubError, IncompleteList, NotFound
from dockerhub_mcp.hub.lists.memory import release_free_memory
from dockerhub_mcp.hub.lists.pagination import MAX_PAGE_SIZE, PageResult
from dockerhub_mcp.hub.methods import GetTag, ListTags
from dockerhub_mcp.hub.models import TagDigests
from dockerhub_mcp.hub.models.timestamp import is_never
from dockerhub_mcp.registry import TagNames
from dockerhub_mcp.tools.cleanup.reading.index_contents import is_index_type
from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag, RepositorySnapshot, TaggedImage
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.images.request_reserve import check_request_reserve
from dockerhub_mcp.tools.results.sanitize import error_text

MAX_TAGS = 20_000
MAX_SINGLE_READS = 200
"""The most tags that are read one by one where the Hub's list ends early."""
_MANY_PAGES = 10  # of which the bodies take megabytes
_MAX_CONCURRENT_READS = 8


class _ListTagsWithDigests(ListTags):
    """List tags with the digests of their images."""

    tool_name = "list_tags"
    summary_model = TagDigests  # type: ignore[assignment]  # narrower than the base declares


class CleanupTagReducer:
    """Reduces tags to what the rules of a clean-up look at; tags of the same images share them."""

    def __init__(self) -> None:
        self._images: dict[tuple[TaggedImage, ...], tuple[TaggedImage, ...]] = {}

    def reduce_items(self, items: Sequence[Any]) -> list[ListedTag]:
        """Return the facts of the tags of a page."""
        return [self.reduce_tag(item) for item in items]

    def count_kept(self, items: Sequence[ListedTag]) -> int:
        """Return how many of the tags are kept: all."""
        return len(items)

    def reduce_tag(self, tag: Any) -> ListedTag:
        """Return the facts of a tag, a `Tag` or a `TagDigests`."""
        images = tuple(TaggedImage(sys.intern(each.digest or ""), each.size) for each in tag.images or [])
        digest, media_type = tag.digest or "", tag.media_type or ""
        return ListedTag(
            tag.name or "",
            sys.intern(digest),
            _drop_never(tag.tag_last_pushed) or _drop_never(tag.last_updated),
            _drop_never(tag.tag_last_pulled),
            tag.full_size,
            self._images.setdefault(images, images),
            (tag.tag_status or "active").lower() == "inactive",
            not media_type or is_index_type(media_type) or any(each.digest != digest for each in images),
        )


@dataclass(slots=True)
class _Reading:
    """What was read so far.

    Attributes:
        tags: The tags by name; of a tag that was read twice, what was read last.
        names: The names that the registry lists; None where it was not asked, or failed.
        reason: Why the Hub's list is not complete, or empty.
        has_ended: Whether the Hub's list was read to its end, and adds up to its count.
    """

    tags: dict[str, ListedTag] = field(default_factory=dict)
    names: TagNames | None = None
    reason: str = ""
    has_ended: bool = False

    @property
    def missing(self) -> list[str]:
        """The names that the registry lists, of tags that were not read."""
        return [] if self.names is None else [name for name in self.names.names if name not in self.tags]


async def read_repository_tags(
    context: ToolContext, namespace: str, repository: str, *, must_compare: bool = False
) -> RepositorySnapshot:
    """Return all tags of a repository, never from the cache.

    They are read by name, which stays in order when tags are pushed meanwhile. Where the Hub's list ends
    early, it is read from its other end, compared with the registry's list of names, and the last missing
    tags are read one by one.

    Args:
        context: The context of the call.
        namespace: The namespace.
        repository: The repository.
        must_compare: Whether to compare with the registry's list in any case.

    Raises:
        HubError: The first page could not be read.
    """
    reading = _Reading()
    error = await _walk(context, namespace, repository, reading, "name")
    if must_compare or not reading.has_ended:
        registry_reason = await _list_names(context, namespace, repository, reading)
        if error is None or isinstance(error, IncompleteList | NotFound):
            if len(reading.missing) > MAX_SINGLE_READS:
                await _walk(context, namespace, repository, reading, "name_descending")
            await _read_single_tags(context, namespace, repository, reading)
        reading.reason = " ".join(filter(None, (reading.reason, registry_reason)))
    return _build_snapshot(reading, must_compare=must_compare)


def _build_snapshot(reading: _Reading, *, must_compare: bool) -> RepositorySnapshot:
    tags = tuple(sorted(reading.tags.values(), key=lambda tag: tag.name))
    missing = tuple(reading.missing)
    is_compared = reading.names is not None and reading.names.is_complete
    has_all_names = is_compared or (reading.has_ended and not must_compare)
    if has_all_names and not missing:
        return RepositorySnapshot(tags, is_compared=is_compared)
    reason = reading.reason or "The registry's list of names could not be read in whole."
    return RepositorySnapshot(tags, missing, has_all_names, reason, is_compared=is_compared)


async def _walk(
    context: ToolContext,
    namespace: str,
    repository: str,
    reading: _Reading,
    order: Literal["name", "name_descending"],
) -> HubError | None:
    """Read the Hub's list, and return the error that cut it short, if any."""
    hub = context.hub
    call = _ListTagsWithDigests(namespace=namespace, repository=repository, ordering=order)
    limit = MAX_TAGS if hub.has_credentials else min(MAX_TAGS, ListTags.anonymous_max_offset or MAX_TAGS)

    async def on_progress(done: int, total: int | None) -> None:
        await context.report_progress(done, total)
        if total is None or done < total:
            check_request_reserve(hub, context.clock(), what_is_left="")

    is_first = not reading.tags
    try:
        result: PageResult[ListedTag] = await hub.paginate(
            call.as_summary(),
            max_items=limit,
            timeout=context.result_options.pagination_timeout,
            on_progress=on_progress,
            reducer=CleanupTagReducer(),
        )
    except HubError as error:
        if is_first:
            raise
        return error
    if result.pages_read >= _MANY_PAGES:
        release_free_memory()
    reading.tags |= {tag.name: tag for tag in result.results}
    if is_first:
        reading.has_ended = result.is_complete and result.error is None
        reading.reason = _describe_end(result, is_anonymous=not hub.has_credentials)
    return result.error


def _describe_end(result: PageResult[ListedTag], *, is_anonymous: bool) -> str:
    if result.is_complete and result.error is None:
        return ""
    total = "" if result.total is None else f" of {result.total:,}"
    what = f"The Hub's list gave {result.items_read:,}{total} tags."
    if isinstance(result.error, AnonymousLimit) or (is_anonymous and result.items_read > MAX_PAGE_SIZE):
        return f"{what} Anonymous callers reach no more; sign in to read all."
    return what if result.error is None else f"{what} {error_text(result.error)}"


async def _list_names(context: ToolContext, namespace: str, repository: str, reading: _Reading) -> str:
    """Read the registry's list of names, which is no pull, and return why it is not complete, if so."""
    registry = context.registry
    if registry is None:
        return "No registry may be contacted to complete it."
    try:
        reading.names = await registry.start_session().list_tags(f"{namespace}/{repository}")
    except HubError as error:
        return f"The registry's list of names could not be read either: {error_text(error)}"
    return "" if reading.names.is_complete else "The registry's list of names ended early as well."


async def _read_single_tags(context: ToolContext, namespace: str, repository: str, reading: _Reading) -> None:
    """Read up to 200 tags that the Hub's list does not give; those that cannot be read stay unread."""
    names = reading.missing[:MAX_SINGLE_READS]
    limiter = anyio.CapacityLimiter(_MAX_CONCURRENT_READS)
    reducer = CleanupTagReducer()

    async def read(name: str) -> None:
        async with limiter:
            try:
                check_request_reserve(context.hub, context.clock(), in_flight=limiter.borrowed_tokens)
                tag = await context.hub.send(GetTag(namespace=namespace, repository=repository, tag=name))
            except HubError:
                return
        reading.tags[name] = reducer.reduce_tag(tag)

    async with anyio.create_task_group() as tasks:
        for name in names:
            tasks.start_soon(read, name)


def _drop_never(value: datetime | None) -> datetime | None:
    return None if value is None or is_never(value) else value

"""The tags of a repository with the facts that the workflows need, read once and shared by calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from anyio import to_thread

from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.errors import AnonymousLimit
from dockerhub_mcp.hub.lists.memory import release_free_memory
from dockerhub_mcp.hub.lists.pagination import MAX_PAGE_SIZE, PageResult
from dockerhub_mcp.hub.methods import ListTags
from dockerhub_mcp.hub.models import TagDigests
from dockerhub_mcp.registry import TagNames
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.images.signature_tags import find_subject
from dockerhub_mcp.tools.images.tag_facts import PlatformFacts, TagFacts, TagListing
from dockerhub_mcp.tools.images.tag_reducer import TagReducer
from dockerhub_mcp.tools.request_context import get_current_request
from dockerhub_mcp.tools.results.sanitize import error_text

__all__ = ["MAX_TAGS", "PlatformFacts", "TagFacts", "TagListing", "read_newest_tags", "read_tags"]

MAX_TAGS = 20_000
"""The most tags that a listing has."""
_MANY_PAGES = 10  # of which the bodies take megabytes
_MANY_TAGS = 2000  # which take more than a few milliseconds to sort
_OLDEST = datetime.min.replace(tzinfo=UTC)


class RateReserveReached(HubError):
    """A walk ended early, because only the last tenth of the Hub's rate limit is left."""


class _ListTagDigests(ListTags):
    """List tags with the digests of their images."""

    tool_name = "list_tags"
    summary_model = TagDigests  # type: ignore[assignment]  # narrower than the base declares


async def read_tags(
    context: ToolContext, namespace: str, repository: str, *, name_part: str = ""
) -> TagListing:
    """Return the tags of a repository, from the cache or by reading as many pages as there are.

    A listing that is not complete is not cached, and says why. Calls at the same time share one walk.

    Args:
        context: The context of the call.
        namespace: The namespace.
        repository: The repository.
        name_part: Only tags with this in their name, in any case, which the Hub filters.

    Raises:
        HubError: The first page could not be read.
    """
    hub = context.hub
    if (cached := _find_cached(context, namespace, repository, name_part)) is not None:
        return cached

    async def fetch() -> TagListing:
        return await _walk(context, namespace, repository, name_part)

    entry, _ = await context.cache.tag_listings.get_or_fetch_entry(
        hub, lambda: _build_key(hub, namespace, repository, name_part), fetch
    )
    return entry.value


async def read_newest_tags(
    context: ToolContext, namespace: str, repository: str, *, name_part: str = ""
) -> TagListing:
    """Return the newest tags, one page of them; all tags where they are cached, or fit on the page.

    Raises:
        HubError: The page could not be read.
    """
    if (cached := _find_cached(context, namespace, repository, name_part)) is not None:
        return cached
    return await _walk(context, namespace, repository, name_part, max_items=MAX_PAGE_SIZE)


def _find_cached(context: ToolContext, namespace: str, repository: str, name_part: str) -> TagListing | None:
    """Return a cached listing of all tags, or of those with a part of a name."""
    hub, cache = context.hub, context.cache.tag_listings
    whole = cache.find(hub, _build_key(hub, namespace, repository, ""))
    if whole is not None:
        return filter_by_name(whole, name_part) if name_part else whole
    return cache.find(hub, _build_key(hub, namespace, repository, name_part)) if name_part else None


def _build_key(hub: Hub, namespace: str, repository: str, name_part: str) -> str:
    principal = hub.principal
    return f"{principal.username} {principal.kind} {namespace}/{repository} {name_part.lower()}"


def is_signature_tag(name: str) -> bool:
    """Tell whether a tag is that of a signature or another artifact of an image, not of an image."""
    return bool(find_subject(name))


def filter_by_name(listing: TagListing, name_part: str) -> TagListing:
    """Return the tags of a listing with a text in their name, in any case, as the Hub filters."""
    part = name_part.lower()
    tags = tuple(tag for tag in listing.tags if part in tag.name.lower())
    signatures = tuple(name for name in listing.signature_tags if part in name)
    further = tuple(name for name in listing.further_names if part in name.lower())
    return replace(
        listing,
        tags=tags,
        total=len(tags) + len(signatures),
        further_names=further,
        signature_tags=signatures,
    )


async def _walk(
    context: ToolContext, namespace: str, repository: str, name_part: str, *, max_items: int | None = None
) -> TagListing:
    hub, limit = context.hub, max_items or MAX_TAGS
    is_anonymous = not hub.has_credentials

    async def on_progress(done: int, total: int | None) -> None:
        await context.report_progress(done, total)
        rate_limit = hub.rate_limit
        if rate_limit is not None and rate_limit.headroom <= 0 and (total is None or done < total):
            raise _build_reserve_error(rate_limit.resets_at)

    result: PageResult[TagFacts] = await hub.paginate(
        _ListTagDigests(namespace=namespace, repository=repository, name=name_part or None).as_summary(),
        max_items=min(limit, ListTags.anonymous_max_offset or limit) if is_anonymous else limit,
        timeout=context.result_options.pagination_timeout,
        on_progress=on_progress,
        reducer=TagReducer(),
    )
    if result.pages_read >= _MANY_PAGES:
        release_free_memory()
    error = result.error
    get_current_request().pagination_error = type(error).__name__ if error else ""
    is_cut = error is None and result.next_page is not None
    names = TagNames(())
    reason = ""
    if isinstance(error, AnonymousLimit) or (is_cut and is_anonymous and result.items_read > MAX_PAGE_SIZE):
        names, registry_reason = await _list_names(context, namespace, repository, name_part)
        reason = f"{_describe_extent(result)}: anonymous callers reach no more. {registry_reason}"
    elif error is not None:
        reason = f"{_describe_extent(result)}. {error_text(error)}"
    elif is_cut:
        reason = f"{_describe_extent(result)}."
    if len(result.results) + len(names.names) < _MANY_TAGS:
        return _build_listing(result, names, reason)
    return await to_thread.run_sync(_build_listing, result, names, reason)


def _build_reserve_error(resets_at: datetime | None) -> RateReserveReached:
    when = f"; it is renewed at {resets_at:%H:%M:%S}Z" if resets_at else ""
    what = f"The last tenth of the Hub's rate limit is kept free{when}."
    return RateReserveReached(what, remedy="Call again then.")


def _describe_extent(result: PageResult[TagFacts]) -> str:
    total = "" if result.total is None else f" of {result.total:,}"
    return f"Read the newest {result.items_read:,}{total} tags"


async def _list_names(
    context: ToolContext, namespace: str, repository: str, name_part: str
) -> tuple[TagNames, str]:
    """Return the names that the registry lists, and a sentence on what they tell; no pull is used."""
    registry = context.registry
    if registry is None:
        return TagNames((), is_complete=False), "Sign in to read all."
    try:
        listed = await registry.start_session().list_tags(f"{namespace}/{repository}")
    except HubError as error:
        reason = f"The registry's list of names could not be read either: {error_text(error)}"
        return TagNames((), is_complete=False), reason
    part = name_part.lower()
    names = tuple(name for name in listed.names if part in name.lower())
    part_of = "" if listed.is_complete else "a part of "
    reason = f"The registry tells {part_of}the names of the others. Sign in to read all."
    return TagNames(names, listed.is_complete), reason


def _build_listing(result: PageResult[TagFacts], names: TagNames, reason: str) -> TagListing:
    tags = [tag for tag in result.results if not is_signature_tag(tag.name)]
    tags.sort(key=lambda tag: tag.pushed_at or _OLDEST, reverse=True)
    read = {tag.name for tag in result.results}
    further = [name for name in names.names if name not in read]
    signatures = [tag.name for tag in result.results if is_signature_tag(tag.name)]
    signatures += [name for name in further if is_signature_tag(name)]
    return TagListing(
        tuple(tags),
        result.total,
        is_complete=not reason,
        incomplete_reason=reason,
        further_names=tuple(name for name in further if not is_signature_tag(name)),
        signature_tags=tuple(signatures),
        has_all_names=not reason or (bool(names.names) and names.is_complete),
    )

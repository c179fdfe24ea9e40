"""Read as many tags as a search needs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import anyio

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.methods import GetTag
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.images.tag_facts import TagFacts, TagListing
from dockerhub_mcp.tools.images.tag_listing import read_newest_tags, read_tags
from dockerhub_mcp.tools.images.tag_reducer import TagReducer
from dockerhub_mcp.tools.tag_search.criteria import Criteria, Match
from dockerhub_mcp.tools.tag_search.filters import choose_image
from dockerhub_mcp.tools.tag_search.search import merge_listings


@dataclass(frozen=True, slots=True)
class Place:
    """A repository.

    Attributes:
        namespace: The namespace.
        repository: The name.
    """

    namespace: str
    repository: str

    @property
    def familiar_name(self) -> str:
        """The repository as Docker's command line shows it, such as `redis` or `acme/app`."""
        return self.repository if self.namespace == "library" else f"{self.namespace}/{self.repository}"


async def read_all(
    context: ToolContext, place: Place, *, name_part: str = "", needs_others: bool = False
) -> TagListing:
    """Return the tags with a part of a name, or all of a repository.

    Args:
        context: The context of the call.
        place: The repository.
        name_part: The part that each name has that may be found; empty for all tags.
        needs_others: Whether tags with other names tell something about those as well.
    """
    if name_part and not needs_others:
        return await read_tags(context, place.namespace, place.repository, name_part=name_part)
    listing = await read_tags(context, place.namespace, place.repository)
    if listing.is_complete or not name_part:
        return listing
    try:
        part = await read_tags(context, place.namespace, place.repository, name_part=name_part)
    except HubError:
        return listing
    return merge_listings(listing, part)


async def read_newest(context: ToolContext, place: Place, *, name_part: str = "") -> TagListing:
    """Return the newest tags, one page of them, or all from the cache."""
    return await read_newest_tags(context, place.namespace, place.repository, name_part=name_part)


async def read_tag(context: ToolContext, place: Place, name: str, listing: TagListing) -> TagFacts:
    """Return a tag, from a listing if it is there.

    Raises:
        NotFound: There is no such tag.
        HubError: It could not be read.
    """
    for facts in listing.tags:
        if facts.name == name:
            return facts
    call = GetTag(namespace=place.namespace, repository=place.repository, tag=name)
    return TagReducer().reduce_tag(await context.hub.send(call))


async def complete_facts(
    context: ToolContext, place: Place, matches: list[Match], criteria: Criteria
) -> list[Match]:
    """Return tags with their facts, and request those of tags of which only the name is known.

    A tag that could not be read keeps its name only. The last tenth of the rate limit is kept free.
    """
    completed = list(matches)
    missing = [index for index, match in enumerate(matches) if match.facts is None]
    rate_limit = context.hub.rate_limit
    if rate_limit is not None:
        missing = missing[: max(0, rate_limit.headroom)]

    async def read(index: int) -> None:
        match = matches[index]
        call = GetTag(namespace=place.namespace, repository=place.repository, tag=match.name)
        try:
            facts = TagReducer().reduce_tag(await context.hub.send(call))
        except HubError:
            return
        completed[index] = replace(match, facts=facts, image=choose_image(facts, criteria))

    async with anyio.create_task_group() as tasks:
        for index in missing:
            tasks.start_soon(read, index)
    return completed

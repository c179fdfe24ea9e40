"""The tags among which newer versions are searched, read with as few requests as possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyio import to_thread

from dockerhub_mcp.hub.errors import HubError
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.images.request_reserve import check_request_reserve
from dockerhub_mcp.tools.images.tag_listing import TagListing, read_newest_tags, read_tags
from dockerhub_mcp.tools.images.target import ImageTarget
from dockerhub_mcp.tools.tag_versions.model import NewerTags
from dockerhub_mcp.tools.tag_versions.selection import (
    find_newer_versions,
    find_unreleased,
    group_by_family,
    parse_tag,
)

if TYPE_CHECKING:
    from dockerhub_mcp.registry import RegistrySession

_MAX_COMPARED_INLINE = 500
"""The most tags that are compared in the event loop; ten thousand take tenths of a second."""


@dataclass(frozen=True, slots=True)
class VersionCandidates:
    """The names of the tags of a repository.

    Attributes:
        names: The names.
        digests: Pairs of tag and digest, as far as digests were read.
        gap: Why names are missing; empty if there are all that matter.
    """

    names: tuple[str, ...]
    digests: tuple[tuple[str, str], ...] = ()
    gap: str = ""

    async def find_newer(self, tags: Sequence[str]) -> dict[str, NewerTags]:
        """Return the newer tags of each tag, without those above the version of `latest`."""
        if len(self.names) <= _MAX_COMPARED_INLINE:
            return self._compare(tags)
        return await to_thread.run_sync(self._compare, tags)

    def _compare(self, tags: Sequence[str]) -> dict[str, NewerTags]:
        unreleased = find_unreleased(self.digests)
        families = group_by_family(self.names)
        newer = {}
        for tag in tags:
            version = parse_tag(tag)
            if version is None:
                newer[tag] = NewerTags()
                continue
            relatives = families.get(version.family, [])
            newer[tag] = find_newer_versions(version, relatives, unreleased=unreleased)
        return newer


async def read_candidates(
    context: ToolContext, session: RegistrySession | None, targets: Sequence[ImageTarget]
) -> VersionCandidates:
    """Return the tags among which newer versions of some tags of one repository are searched.

    One page of the Hub's list has all of them, or the newest with their digests; the registry then lists the
    other names in one request for each thousand. Only without a registry, all pages of the Hub are read.

    Raises:
        HubError: The first page could not be read.
    """
    place, word = targets[0], find_common_word([target.tag for target in targets])
    check_request_reserve(context.hub, context.clock())
    if session is not None:
        newest = await read_newest_tags(context, place.namespace, place.repository, name_part=word)
        if not newest.has_all_names and (names := await _list_names(session, place)):
            return VersionCandidates(names, _list_digests(newest))
    listing = await read_tags(context, place.namespace, place.repository, name_part=word)
    names = (*(tag.name for tag in listing.tags), *listing.further_names)
    gap = "" if listing.has_all_names else listing.incomplete_reason
    return VersionCandidates(names, _list_digests(listing), gap)


async def _list_names(session: RegistrySession, place: ImageTarget) -> tuple[str, ...]:
    """Return the names of all tags from the registry; none where it fails, because the Hub has them too."""
    try:
        listed = await session.list_tags(place.full_name)
    except HubError:
        return ()
    return listed.names if listed.is_complete else ()


def find_common_word(tags: Sequence[str]) -> str:
    """Return the longest word that the flavours of all tags have, for the Hub's filter; may be empty."""
    words: set[str] | None = None
    for tag in tags:
        version = parse_tag(tag)
        own = {word for word in version.family.flavour if word in tag} if version else set()
        words = own if words is None else words & own
    return max(sorted(words or ()), key=len, default="")


def _list_digests(listing: TagListing) -> tuple[tuple[str, str], ...]:
    return tuple((tag.name, tag.digest) for tag in listing.tags if tag.digest)

"""What was read of a repository before a clean-up: its tags with their images, and how complete they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from dockerhub_mcp.tools.images.signature_tags import find_subject


class TaggedImage(NamedTuple):
    """An image of a tag: of a platform, or the attestations of one.

    Attributes:
        digest: The digest of its manifest; empty where the Hub does not tell.
        size: The compressed size in bytes; None where unknown.
    """

    digest: str
    size: int | None


@dataclass(frozen=True, slots=True)
class ListedTag:
    """A tag as the Hub lists it.

    Attributes:
        name: The name.
        digest: The digest of its manifest; empty where the Hub does not tell.
        pushed_at: The time of the last push; None where the Hub does not tell.
        pulled_at: The time of the last pull; None where the Hub recorded none.
        size: The size that the Hub shows for the tag in bytes, that of one platform.
        images: Its images, attestations included.
        is_inactive: Whether the Hub calls the tag inactive.
        is_index: Whether its manifest is an index of images, or may be one because the Hub tells no type.
        is_read: Whether its manifest was read from the registry, so that `images` has all below it.
    """

    name: str
    digest: str
    pushed_at: datetime | None
    pulled_at: datetime | None = None
    size: int | None = None
    images: tuple[TaggedImage, ...] = ()
    is_inactive: bool = False
    is_index: bool = True
    is_read: bool = False

    @property
    def manifest_digest(self) -> str:
        """The digest of its manifest, that of its only image where the Hub tells no other; or empty."""
        return self.digest or (self.images[0].digest if len(self.images) == 1 else "")

    @property
    def has_unknown_contents(self) -> bool:
        """Whether it may have a manifest that is not known.

        Of an index without platforms, such as a fallback tag, the Hub lists the index as its only image.
        """
        if self.is_read:
            return False
        if not self.is_index:
            return not self.manifest_digest
        digests = [image.digest for image in self.images]
        return not (self.digest and all(digests) and set(digests) - {self.digest})

    def iter_digests(self) -> Iterator[str]:
        """Yield the known digests: that of the tag, then those of its images."""
        own = self.manifest_digest
        if own:
            yield own
        for image in self.images:
            if image.digest and image.digest != own:
                yield image.digest

    @property
    def subject(self) -> str:
        """The digest that a tag of a signature or attestation is about; empty for other tags."""
        return find_subject(self.name)


@dataclass(frozen=True, slots=True)
class RepositorySnapshot:
    """The tags of a repository at one time.

    Attributes:
        tags: The tags that were read, by name.
        unread_names: The names of further tags, of which nothing else is known.
        has_all_names: Whether `tags` and `unread_names` are all tags.
        incomplete_reason: Why they are not all, or why facts are missing; empty where the list is complete.
        immutable: The names of tags that a rule of the repository makes immutable.
        perhaps_immutable: The names of tags for which this could not be decided.
        is_compared: Whether the names were compared with the whole list of the registry.
        has_unknown_contents: Whether the contents of an index that stays could not be read.
    """

    tags: tuple[ListedTag, ...]
    unread_names: tuple[str, ...] = ()
    has_all_names: bool = True
    incomplete_reason: str = ""
    immutable: frozenset[str] = field(default_factory=frozenset)
    perhaps_immutable: frozenset[str] = field(default_factory=frozenset)
    is_compared: bool = False
    has_unknown_contents: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every tag was read."""
        return self.has_all_names and not self.unread_names

    @property
    def is_proven_complete(self) -> bool:
        """Whether the registry's list has no name of a tag that was not read."""
        return self.is_compared and self.is_complete

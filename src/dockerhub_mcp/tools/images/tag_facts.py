"""The facts of tags that the workflows on images compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

_TAG_BYTES = 480
_IMAGE_BYTES = 300
_NAME_BYTES = 120
"""About what a tag, an image and a name take in memory."""


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """The image of one platform of a tag.

    Attributes:
        platform: The platform as Docker writes it, such as `linux/arm64/v8`.
        architecture: The architecture, such as `arm64`.
        os: The operating system.
        digest: The digest of the image's manifest; empty where the Hub does not tell.
        size: The compressed size in bytes; None where unknown.
        status: `active` or `inactive`.
    """

    platform: str
    architecture: str
    os: str
    digest: str
    size: int | None
    status: str = "active"


@dataclass(frozen=True, slots=True)
class TagFacts:
    """A tag.

    Attributes:
        name: The name.
        digest: The digest of the index, or of the image where there is no index; empty where unknown.
        pushed_at: When it was pushed; None where the Hub does not tell.
        pulled_at: When it was pulled last; None where never, or not recorded.
        size: The size of one platform in bytes, as the Hub shows it.
        platforms: The runnable images; attestations are left out.
        media_type: The media type of the manifest.
        content_type: `image`, `helm`, `model` and so on.
        attestation_count: The number of attestation manifests.
        updater: The user name of the last updater.
    """

    name: str
    digest: str
    pushed_at: datetime | None
    pulled_at: datetime | None
    size: int | None
    platforms: tuple[PlatformFacts, ...]
    media_type: str = ""
    content_type: str = ""
    attestation_count: int = 0
    updater: str = ""

    def iter_digests(self) -> Iterator[str]:
        """Yield the known digests: that of the tag, then those of its images."""
        if self.digest:
            yield self.digest
        for image in self.platforms:
            if image.digest and image.digest != self.digest:
                yield image.digest


@dataclass(frozen=True, slots=True)
class TagListing:
    """The tags of a repository, newest first, without the tags of signatures (`sha256-...`).

    Attributes:
        tags: The tags that were read.
        total: The number of tags that the Hub counts, those of signatures included; None where it does not.
        is_complete: Whether these are all tags, or all with the part of a name that was asked for.
        incomplete_reason: Why they are not all; empty where they are.
        further_names: Names of tags that only the registry's list has, without facts.
        signature_tags: The names of the tags of signatures.
        has_all_names: Whether `tags` and `further_names` are all names, even if facts are missing.
    """

    tags: tuple[TagFacts, ...]
    total: int | None
    is_complete: bool
    incomplete_reason: str = ""
    further_names: tuple[str, ...] = ()
    signature_tags: tuple[str, ...] = ()
    has_all_names: bool = False

    def measure(self) -> int:
        """Return about how many bytes of memory the listing takes; images that tags share count once."""
        images = {id(tag.platforms): len(tag.platforms) for tag in self.tags}
        names = len(self.further_names) + len(self.signature_tags)
        return (len(self.tags) + 1) * _TAG_BYTES + sum(images.values()) * _IMAGE_BYTES + names * _NAME_BYTES

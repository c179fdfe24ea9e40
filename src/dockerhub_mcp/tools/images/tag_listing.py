"""The tags of a repository with the facts that the workflows need, read once and shared by calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dockerhub_mcp.tools.context import ToolContext


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


@dataclass(frozen=True, slots=True)
class TagListing:
    """The tags of a repository, newest first, without the tags of signatures (`sha256-...`).

    Attributes:
        tags: The tags that were read.
        total: The number of tags that the Hub counts; None where it does not.
        is_complete: Whether these are all tags, or all with the part of a name that was asked for.
        incomplete_reason: Why they are not all; empty where they are.
        further_names: Names of tags that only the registry's list has, without facts.
        signature_tags: The names of the tags of signatures.
    """

    tags: tuple[TagFacts, ...]
    total: int | None
    is_complete: bool
    incomplete_reason: str = ""
    further_names: tuple[str, ...] = ()
    signature_tags: tuple[str, ...] = ()


async def read_tags(
    context: ToolContext, namespace: str, repository: str, *, name_part: str = ""
) -> TagListing:
    """Return the tags of a repository, from the cache or by reading as many pages as there are.

    Args:
        context: The context of the call.
        namespace: The namespace.
        repository: The repository.
        name_part: Only tags whose name contains this, which the Hub filters.

    Raises:
        HubError: The first page could not be read.
    """
    raise NotImplementedError

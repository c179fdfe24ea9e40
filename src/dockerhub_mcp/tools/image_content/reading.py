"""Reading the image of one platform from the registry, with as few pulls as possible."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.models import Image, Platform
from dockerhub_mcp.hub.quoting import list_names, quote_name
from dockerhub_mcp.registry import ImageConfig, ImageIndex, ImageManifest, LegacyManifest
from dockerhub_mcp.tools.image_content.kinds import (
    CONTAINER_IMAGE,
    LEGACY_IMAGE,
    LEGACY_TYPE_PREFIX,
    NESTED_INDEX,
    identify_content,
    identify_manifest,
)
from dockerhub_mcp.tools.image_content.platforms import choose_platform
from dockerhub_mcp.tools.image_content.resolution import ResolvedImage

if TYPE_CHECKING:
    from dockerhub_mcp.registry import Descriptor, Manifest, RegistrySession

_MAX_ENTRIES = 500
"""Entries of an index that are looked at: real ones have a few dozen."""


@dataclass(slots=True)
class ImageContent:
    """An image as far as it was read.

    Attributes:
        resolved: What was known before.
        kind: What it is, such as a container image or a Helm chart.
        platforms: The images of all platforms; attestations are left out. Unknown sizes have no value.
        chosen: That of the chosen platform; None if it is unknown.
        index: The index, where it was read.
        manifest: The manifest of the chosen platform, or of the artifact, where it was read.
        config: The configuration of the chosen image, where it was read.
        may_have_attestations: Whether the index may name attestations; the Hub tells where it does not.
    """

    resolved: ResolvedImage
    kind: str = CONTAINER_IMAGE
    platforms: list[Image] = field(default_factory=list)
    chosen: Image | None = None
    index: ImageIndex | None = None
    manifest: ImageManifest | None = None
    config: ImageConfig | None = None
    may_have_attestations: bool = True

    @property
    def image_digest(self) -> str:
        """The digest of the chosen image; empty where unknown."""
        return (self.chosen.digest if self.chosen else None) or ""

    def annotations(self) -> dict[str, str]:
        """Return the annotations of the manifest, and of its entry in the index."""
        entries = self.index.descriptors if self.index else ()
        entry = next((each for each in entries if each.digest == self.image_digest), None)
        of_index = dict(entry.annotations) if entry else {}
        return {**of_index, **(self.manifest.annotations if self.manifest else {})}


def select_platform(resolved: ResolvedImage, wanted: Platform | None) -> ImageContent:
    """Return the image of a platform as far as the Hub tells, without any request.

    Raises:
        InvalidRequest: There is no image of the platform.
    """
    content = ImageContent(resolved)
    tag = resolved.tag
    if resolved.media_type.startswith(LEGACY_TYPE_PREFIX):
        content.kind = LEGACY_IMAGE
    elif tag is not None:
        content.kind = identify_content(tag.content_type)
    images = resolved.hub_platforms
    runnable = [each for each in images if not each.is_attestation and each.digest]
    if runnable and content.kind in {CONTAINER_IMAGE, LEGACY_IMAGE}:
        content.may_have_attestations = len(runnable) < len(images)
        content.platforms = runnable
        _choose(content, wanted)
    return content


def _choose(content: ImageContent, wanted: Platform | None) -> None:
    content.chosen = choose_platform(content.platforms, wanted)
    if content.chosen is None and wanted is not None and content.platforms:
        what = f"{content.resolved.target} has no image of {quote_name(wanted.platform)}."
        there = list_names(each.platform for each in content.platforms)
        raise InvalidRequest(what, remedy=f"Give one of its platforms: {there}.")


async def read_index(content: ImageContent, session: RegistrySession, wanted: Platform | None) -> None:
    """Read what the digest of the reference stands for: an index, an image or another artifact; one pull.

    Raises:
        InvalidRequest: There is no image of the platform.
        HubError: It could not be read.
    """
    resolved = content.resolved
    is_read = content.manifest is not None and not resolved.is_index
    if content.index is not None or is_read or content.kind == LEGACY_IMAGE:
        return
    manifest: Manifest = await session.get_manifest(resolved.target.full_name, resolved.digest)
    if isinstance(manifest, LegacyManifest):
        content.kind = LEGACY_IMAGE
        content.chosen = Image(os="linux", architecture=manifest.architecture, digest=manifest.digest)
        content.platforms = [content.chosen]
    elif isinstance(manifest, ImageManifest):
        content.manifest, content.kind = manifest, identify_manifest(manifest)
        content.may_have_attestations = False
    else:
        content.index = manifest
        content.may_have_attestations = any(is_attestation(each) for each in manifest.descriptors)
        if content.chosen is None:
            content.platforms = _list_platforms(manifest, resolved)
            if not content.platforms:
                resolved.remarks.append("The index names no image that can be run.")
            _choose(content, wanted)


def _list_platforms(index: ImageIndex, resolved: ResolvedImage) -> list[Image]:
    """Return the images of an index, with sizes and states where the Hub tells them."""
    known = {each.digest: each for each in (resolved.tag.images if resolved.tag else None) or []}
    images = []
    for each in index.descriptors[:_MAX_ENTRIES]:
        platform = each.platform or Platform()
        if platform.is_attestation or is_attestation(each):
            continue
        of_hub = known.get(each.digest)
        images.append(
            Image(
                **platform.model_dump(include=set(Platform.model_fields)),
                digest=each.digest,
                size=of_hub.size if of_hub else None,
                status=of_hub.status if of_hub else None,
            )
        )
    return images


def is_attestation(descriptor: Descriptor) -> bool:
    """Tell whether an entry of an index is the attestation of an image."""
    return descriptor.annotations.get("vnd.docker.reference.type") == "attestation-manifest"


async def read_image(content: ImageContent, session: RegistrySession, wanted: Platform | None) -> None:
    """Read manifest and configuration of the chosen image: one pull, or two where the index is needed.

    Raises:
        InvalidRequest: There is no image of the platform.
        HubError: It could not be read.
    """
    resolved = content.resolved
    if content.chosen is None or not resolved.is_index:
        await read_index(content, session, wanted)
    if content.manifest is None and content.chosen is not None and content.kind == CONTAINER_IMAGE:
        manifest = await session.get_manifest(resolved.target.full_name, content.image_digest)
        if isinstance(manifest, ImageManifest):
            content.manifest, content.kind = manifest, identify_manifest(manifest)
        elif isinstance(manifest, LegacyManifest):
            content.kind = LEGACY_IMAGE
        else:
            content.kind = NESTED_INDEX
    if content.manifest is None or content.kind != CONTAINER_IMAGE:
        return
    content.config = await session.get_config(resolved.target.full_name, content.manifest)
    size = content.manifest.compressed_size
    if content.chosen is None:  # no index: the configuration tells the platform
        own = content.config.platform
        content.chosen = Image(
            **own.model_dump(include=set(Platform.model_fields)), digest=content.manifest.digest, size=size
        )
        content.platforms = [content.chosen]
        content.chosen = None
        _choose(content, wanted)
    elif content.chosen.size is None:
        content.chosen.size = size

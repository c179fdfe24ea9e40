"""Everything that the registry stores for a tag, and a summary of it for the Hub's lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple

from dockerhub_mcp.sandbox.data.images.artifacts import Artifact, build_artifact
from dockerhub_mcp.sandbox.data.images.attestations import Attestation, build_attestation
from dockerhub_mcp.sandbox.data.images.content import Content, ImageBuild, Layer, describe_tag, encode_json
from dockerhub_mcp.sandbox.data.images.image import PlatformImage, build_image, describe_platform
from dockerhub_mcp.sandbox.data.images.legacy import build_legacy_manifest
from dockerhub_mcp.sandbox.data.images.recipes import OFFICIAL_NAMESPACE
from dockerhub_mcp.sandbox.data.official_images import build_official_tags, load_official_images
from dockerhub_mcp.sandbox.image_records import PlatformRecord
from dockerhub_mcp.sandbox.media_types import DOCKER_SCHEMA_1, INDEX_TYPES
from dockerhub_mcp.sandbox.timestamps import CONTENT_EPOCH

SUMMARY_CACHE_SIZE = 2**13
CONTENT_CACHE_SIZE = 32
UNKNOWN_PLATFORM = PlatformRecord("unknown", "unknown")
"""The platform of attestations."""


class ImageSummary(NamedTuple):
    """An image or an attestation, as the Hub's lists show it; the size is that of its layers."""

    platform: PlatformRecord
    digest: str
    size: int


class ContentSummary(NamedTuple):
    """What the Hub shows of a tag, and the digests of all that the registry stores for it."""

    digest: str
    images: tuple[ImageSummary, ...]
    digests: frozenset[str]
    children: tuple[str, ...]
    """The manifests that the index of the tag refers to."""


@dataclass(frozen=True)
class TagContent:
    """What the registry stores for a tag.

    Attributes:
        digest: The digest of the manifest that the tag points at.
        images: The image of each platform, and its attestation if there is one.
        manifests: The manifests by digest.
        blobs: The configurations and statements by digest.
    """

    digest: str
    images: tuple[tuple[PlatformImage, Attestation | None], ...]
    manifests: Mapping[str, Content]
    blobs: Mapping[str, Content]

    def list_layers(self) -> list[tuple[Layer, ...]]:
        """Return the layers of each image and attestation, in the order of the Hub."""
        layers = []
        for image, attestation in self.images:
            layers.append(image.layers)
            if attestation is not None:
                layers.append(attestation.layers)
        return layers


@lru_cache(SUMMARY_CACHE_SIZE)
def summarize_content(build: ImageBuild) -> ContentSummary:
    """Return a summary of the content of a build, which is small enough to be kept for all tags."""
    content = _make_content(build)
    images = []
    for image, attestation in content.images:
        size = sum(layer.size for layer in image.layers)
        images.append(ImageSummary(image.platform, image.manifest.digest, size))
        if attestation is not None:
            size = sum(layer.size for layer in attestation.layers)
            images.append(ImageSummary(UNKNOWN_PLATFORM, attestation.manifest.digest, size))
    digests = frozenset((*content.manifests, *content.blobs))
    children = tuple(digest for digest in content.manifests if digest != content.digest)
    return ContentSummary(content.digest, tuple(images), digests, children)


@lru_cache(CONTENT_CACHE_SIZE)
def build_content(build: ImageBuild) -> TagContent:
    """Return the content of a build."""
    return _make_content(build)


def _make_content(build: ImageBuild) -> TagContent:
    if build.artifact is not None:
        return _make_artifact_content(build, build_artifact(build, build.artifact))
    base_digest = _find_base_digest(build.base.name) if build.is_attested and build.base.layer_size else None
    images = []
    for platform in build.platforms:
        image = build_image(build, platform)
        images.append((image, build_attestation(build, image, base_digest) if build.is_attested else None))
    contents = [image.manifest for image, _ in images]
    blobs = [image.config for image, _ in images]
    for _, attestation in images:
        if attestation is not None:
            contents.append(attestation.manifest)
            blobs += attestation.blobs
    if build.media_type == DOCKER_SCHEMA_1:
        legacy = build_legacy_manifest(build, images[0][0])
        image = images[0][0]._replace(manifest=legacy)
        return TagContent(legacy.digest, ((image, None),), {legacy.digest: legacy}, {})
    if build.media_type in INDEX_TYPES:
        contents.insert(0, _build_index(build, images))
    return TagContent(
        contents[0].digest,
        tuple(images),
        {content.digest: content for content in contents},
        {blob.digest: blob for blob in blobs},
    )


@cache
def _find_base_digest(name: str) -> str | None:
    """Return the digest of an official image by name and tag, None if the sandbox has no such image."""
    repository, _, tag_name = name.partition(":")
    official = next((image for image in load_official_images() if image.name == repository), None)
    tags = build_official_tags(official, CONTENT_EPOCH) if official else []
    tag = next((tag for tag in tags if tag.name == tag_name), None)
    return summarize_content(describe_tag(OFFICIAL_NAMESPACE, repository, tag)).digest if tag else None


def _make_artifact_content(build: ImageBuild, artifact: Artifact) -> TagContent:
    platform = build.platforms[0] if build.platforms else UNKNOWN_PLATFORM
    image = PlatformImage(platform, artifact.manifests[0], artifact.blobs[0], artifact.layers)
    return TagContent(
        artifact.manifests[0].digest,
        ((image, None),),
        {manifest.digest: manifest for manifest in artifact.manifests},
        {blob.digest: blob for blob in artifact.blobs},
    )


def _build_index(build: ImageBuild, images: list[tuple[PlatformImage, Attestation | None]]) -> Content:
    descriptors: list[dict[str, Any]] = []
    for image, attestation in images:
        descriptors.append(image.manifest.describe(platform=describe_platform(image.platform)))
        if attestation is not None:
            annotations = {
                "vnd.docker.reference.digest": image.manifest.digest,
                "vnd.docker.reference.type": "attestation-manifest",
            }
            platform = describe_platform(UNKNOWN_PLATFORM)
            descriptors.append(attestation.manifest.describe(annotations=annotations, platform=platform))
    index = {"schemaVersion": 2, "mediaType": build.media_type, "manifests": descriptors}
    return Content(build.media_type, encode_json(index))

"""Tags that follow from other tags: for the images of an index alone, and for signatures."""

from collections.abc import Callable
from dataclasses import replace

from dockerhub_mcp.sandbox.data.images.content import describe_tag
from dockerhub_mcp.sandbox.data.images.layers import derive_image_size
from dockerhub_mcp.sandbox.data.images.signatures import (
    ATTESTATION,
    FALLBACK,
    SBOM,
    SIGNATURE,
    build_signature_tags,
)
from dockerhub_mcp.sandbox.image_records import PlatformRecord
from dockerhub_mcp.sandbox.media_types import DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_MANIFEST
from dockerhub_mcp.sandbox.state import TagRecord
from dockerhub_mcp.sandbox.timestamps import DAY, MINUTE

UPLOAD_TIME = 2 * MINUTE
"""The time by which the images of an index are pushed before the index."""
ORPHAN_AGE = 30 * DAY
"""The time by which the signature of a missing image is older than the oldest image."""


def build_platform_tag(
    namespace: str, repository: str, tag: TagRecord, platform: PlatformRecord, name: str
) -> TagRecord:
    """Return a tag for the image of one platform of an index, with the digest that the index refers to."""
    media_type = DOCKER_MANIFEST if tag.media_type == DOCKER_MANIFEST_LIST else OCI_MANIFEST
    return replace(
        tag,
        name=name,
        platforms=(platform,),
        size=derive_image_size(describe_tag(namespace, repository, tag), platform),
        media_type=media_type,
        is_attested=False,
        pushed_at=tag.pushed_at - UPLOAD_TIME,
    )


def build_platform_tags(namespace: str, repository: str, tag: TagRecord) -> list[TagRecord]:
    """Return a tag for each platform of an index, such as `2.0.0-arm64` for `2.0.0`."""
    return [
        build_platform_tag(namespace, repository, tag, platform, f"{tag.name}-{platform.architecture}")
        for platform in tag.platforms
    ]


def add_platform_tags(
    namespace: str, repository: str, make_tags: Callable[[], list[TagRecord]]
) -> list[TagRecord]:
    """Return tags, and those of the images of each version alone."""
    tags = make_tags()
    versions = [tag for tag in tags if tag.name == tag.build_key]
    return [
        *tags,
        *(own for tag in versions for own in build_platform_tags(namespace, repository, tag)),
    ]


def add_signatures(
    namespace: str, repository: str, make_tags: Callable[[], list[TagRecord]]
) -> list[TagRecord]:
    """Return tags, the signatures of each version, and the signature of an image that does not exist."""
    tags = make_tags()
    signed = [tag for tag in tags if tag.name == tag.build_key]
    newest, *older = signed
    orphan = replace(
        newest,
        build_key="0.9.0",
        pushed_at=older[-1].pushed_at - ORPHAN_AGE,
        created_at=older[-1].created_at - ORPHAN_AGE,
    )
    suffixes = [(newest, (FALLBACK, SIGNATURE, ATTESTATION, SBOM)), (orphan, (SIGNATURE,))]
    suffixes += [(tag, (SIGNATURE, ATTESTATION)) for tag in older]
    return [
        *tags,
        *(own for tag, names in suffixes for own in build_signature_tags(namespace, repository, tag, names)),
    ]

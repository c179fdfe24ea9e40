"""The tags that cosign makes for a signed image, which are named after its digest."""

from collections.abc import Iterable

from dockerhub_mcp.sandbox.data.images.content import describe_tag
from dockerhub_mcp.sandbox.data.images.tag_content import build_content
from dockerhub_mcp.sandbox.image_records import ArtifactRecord
from dockerhub_mcp.sandbox.media_types import OCI_INDEX, OCI_MANIFEST
from dockerhub_mcp.sandbox.state import TagRecord
from dockerhub_mcp.sandbox.timestamps import MINUTE

SIGNATURE_SIZE = 4_000
FALLBACK, SIGNATURE, ATTESTATION, SBOM = "", ".sig", ".att", ".sbom"
"""What the names of the tags end in; the fallback tag of referrers has nothing after the digest."""
ARTIFACTS = {
    FALLBACK: ("referrers", OCI_INDEX),
    SIGNATURE: ("cosign-signature", OCI_MANIFEST),
    ATTESTATION: ("cosign-attestation", OCI_MANIFEST),
    SBOM: ("cosign-sbom", OCI_MANIFEST),
}


def build_signature_tags(
    namespace: str, repository: str, signed: TagRecord, suffixes: Iterable[str]
) -> list[TagRecord]:
    """Return the tags of the signatures of an image, pushed a minute after one another."""
    content = build_content(describe_tag(namespace, repository, signed))
    subject = content.manifests[content.digest]
    prefix = subject.digest.replace(":", "-")
    tags = []
    for position, suffix in enumerate(suffixes, 1):
        kind, media_type = ARTIFACTS[suffix]
        tag = TagRecord(
            name=prefix + suffix,
            build_key=prefix + suffix,
            pushed_at=signed.pushed_at + MINUTE * position,
            pulled_at=None,
            platforms=(),
            size=SIGNATURE_SIZE,
            updater=signed.updater,
            created_at=signed.created_at,
            media_type=media_type,
            artifact=ArtifactRecord(kind, subject.digest, subject.media_type, len(subject.data)),
        )
        tags.append(tag)
    return tags

"""The sample organization `quayside`: images and artifacts in states that are rare in the registry.

The module also has the repository `ratelimitpreview/test`, which clients ask for their pull limit.
"""

from functools import partial

from dockerhub_mcp.sandbox.data.images.content import describe_build
from dockerhub_mcp.sandbox.data.images.tag_content import build_content
from dockerhub_mcp.sandbox.data.listed_repositories import (
    build_listed_organization,
    build_listed_repositories,
)
from dockerhub_mcp.sandbox.image_records import ArtifactRecord
from dockerhub_mcp.sandbox.media_types import OCI_INDEX, OCI_MANIFEST
from dockerhub_mcp.sandbox.state import OrganizationRecord, RepositoryRecord, TagRecord

NAMESPACE = "quayside"
LIMIT_PREVIEW_NAMESPACE = "ratelimitpreview"
SIGNED_REPOSITORY, SIGNED_TAG = "gateway", "1.5.0"
SIGNATURE_SIZE = 4_000


def build_organizations(now: float) -> list[OrganizationRecord]:
    """Return both organizations, without members."""
    return [build_listed_organization(name, now) for name in (NAMESPACE, LIMIT_PREVIEW_NAMESPACE)]


def build_repositories(now: float) -> list[RepositoryRecord]:
    """Return the repositories of both organizations."""
    repositories = build_listed_repositories(NAMESPACE, now)
    for repository in repositories:
        if repository.name == SIGNED_REPOSITORY:
            repository.make_tags = partial(_add_signatures, repository, repository.make_tags())
    return [*repositories, *build_listed_repositories(LIMIT_PREVIEW_NAMESPACE, now)]


def _add_signatures(repository: RepositoryRecord, tags: list[TagRecord]) -> list[TagRecord]:
    """Return the tags with those that cosign makes: the fallback tag of referrers, and its older names."""
    signed = next(tag for tag in tags if tag.name == SIGNED_TAG)
    content = build_content(describe_build(repository, signed))
    subject = content.manifests[content.digest]
    name = subject.digest.replace(":", "-")
    kinds = {
        name: ("referrers", OCI_INDEX),
        f"{name}.sig": ("cosign-signature", OCI_MANIFEST),
        f"{name}.att": ("cosign-attestation", OCI_MANIFEST),
    }
    return [
        *tags,
        *(
            TagRecord(
                name=tag_name,
                build_key=tag_name,
                pushed_at=signed.pushed_at + 60 * position,
                pulled_at=None,
                platforms=(),
                size=SIGNATURE_SIZE,
                updater=signed.updater,
                created_at=signed.created_at,
                media_type=media_type,
                artifact=ArtifactRecord(kind, subject.digest, subject.media_type, len(subject.data)),
            )
            for position, (tag_name, (kind, media_type)) in enumerate(kinds.items(), 1)
        ),
    ]

"""The sample organization `quayside`: images and artifacts in states that are rare in the registry.

The module also has the repository `ratelimitpreview/test`, which clients ask for their pull limit.
"""

from functools import partial

from dockerhub_mcp.sandbox.data.images.signatures import (
    ATTESTATION,
    FALLBACK,
    SIGNATURE,
    build_signature_tags,
)
from dockerhub_mcp.sandbox.data.listed_repositories import (
    build_listed_organization,
    build_listed_repositories,
)
from dockerhub_mcp.sandbox.state import OrganizationRecord, RepositoryRecord, TagRecord

NAMESPACE = "quayside"
LIMIT_PREVIEW_NAMESPACE = "ratelimitpreview"
SIGNED_REPOSITORY, SIGNED_TAG = "gateway", "1.5.0"


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
    suffixes = (FALLBACK, SIGNATURE, ATTESTATION)
    return [*tags, *build_signature_tags(repository.namespace, repository.name, signed, suffixes)]

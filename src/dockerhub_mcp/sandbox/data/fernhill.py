"""The sample organization `fernhill`: repositories and tags in states that are rare elsewhere."""

from dockerhub_mcp.sandbox.data.listed_repositories import (
    build_listed_organization,
    build_listed_repositories,
)
from dockerhub_mcp.sandbox.state import OrganizationRecord, RepositoryRecord

NAMESPACE = "fernhill"


def build_organization(now: float) -> OrganizationRecord:
    """Return the organization, without members."""
    return build_listed_organization(NAMESPACE, now)


def build_repositories(now: float) -> list[RepositoryRecord]:
    """Return the repositories of the organization."""
    return build_listed_repositories(NAMESPACE, now)

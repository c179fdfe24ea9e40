"""Reading one repository.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/repositories. Lists and changes have modules
of their own: many calls need only these.
"""

from __future__ import annotations

from dockerhub_mcp.hub.api.method import GET, HEAD, Area, Effect, Method, Scope
from dockerhub_mcp.hub.methods.mixins import ExistenceCheck, RepositoryMethod
from dockerhub_mcp.hub.models import Existence, Repository


class GetRepository(RepositoryMethod, Method[Repository]):
    """Read one repository: description, overview, pulls, stars, dates, permissions, immutable tags."""

    http = GET("/v2/namespaces/{namespace}/repositories/{repository}")
    introduced = "2025-09-19"
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.REPOSITORIES
    title = "Get repository"
    allows_anonymous = True
    oat_scope = "scope-repository-read"


class CheckRepository(ExistenceCheck, RepositoryMethod, Method[Existence]):
    """Check whether a repository exists and is visible to the caller, without reading it."""

    http = HEAD("/v2/namespaces/{namespace}/repositories/{repository}")
    introduced = "2025-09-19"
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.REPOSITORIES
    title = "Check repository"
    allows_anonymous = True
    oat_scope = "scope-repository-read"

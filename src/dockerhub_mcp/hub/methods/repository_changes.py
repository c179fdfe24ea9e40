"""Mutations of repositories.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/repositories. The OpenAPI document omits
the methods with `is_documented = False`; Docker's own clients use them.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.api.impact import Impact, StateReader
from dockerhub_mcp.hub.api.method import DELETE, PATCH, POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import Namespace, Overview
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.forbidden_advice import forbidden_advice
from dockerhub_mcp.hub.methods.mixins import NoContent, RepositoryMethod
from dockerhub_mcp.hub.methods.repositories import GetRepository
from dockerhub_mcp.hub.models import Acknowledgement, Repository
from dockerhub_mcp.hub.models.timestamp import format_day
from dockerhub_mcp.hub.quoting import quote_name


class RepositoryMutation(RepositoryMethod, Mutation):
    """A mutation of a repository, which is read first. The namespace is required."""

    area = Area.REPOSITORIES

    namespace: Annotated[
        Namespace, Field(description="User or organization that owns it.", examples=["acme"])
    ]

    def current_state_call(self) -> Method[Any]:
        """Return the call that reads the repository."""
        return GetRepository(namespace=self.namespace, repository=self.repository)

    async def examine(self, read: StateReader, current: Any) -> Any:
        """Check that the account has the permission that the change needs.

        Raises:
            InvalidRequest: The Hub says that it has not.
        """
        if isinstance(current, Repository):
            check_permission(self, current, read.principal)

    @property
    def qualified_name(self) -> str:
        """The repository as namespace/name, quoted where it is not a plain name."""
        return f"{quote_name(self.namespace)}/{quote_name(self.repository)}"


def check_permission(call: Mutation, repository: Repository, principal: Principal) -> None:
    """Check that the Hub lists the permission of a call among those of the account.

    Raises:
        InvalidRequest: It does not. The permissions of organization access tokens are scopes instead.
    """
    if repository.permissions is None or principal.kind is CredentialKind.OAT:
        return
    needed = "admin" if call.scope is Scope.REPO_ADMIN else "write"
    if getattr(repository.permissions, needed) is False:
        why, remedy = forbidden_advice(call, principal, "")
        what = f"{quote_name(principal.username)} has no {needed} permission in "
        what += f"{quote_name(repository.namespace or '?')}/{quote_name(repository.name or '?')}; "
        what += "nothing was sent."
        raise InvalidRequest(what, why=why, remedy=remedy)


class UpdateRepository(RepositoryMutation, Method[Repository]):
    """Change the description or the overview of a repository. Undocumented by Docker, used by its clients."""

    http = PATCH("/v2/namespaces/{namespace}/repositories/{repository}")
    effect = Effect.UPDATE
    scope = Scope.REPO_WRITE
    title = "Update repository"
    outcome_tool = "get_repository"
    oat_scope = "scope-repository-edit"
    is_documented = False
    unasked = "description and overview are texts"

    description: Annotated[
        str | None,
        StringConstraints(max_length=100),
        Field(description="Short description, at most 100 characters; empty clears it.", examples=["Images"]),
    ] = None
    full_description: Overview = None

    @model_validator(mode="after")
    def _require_changes(self) -> Self:
        self.require_any("description", "full_description")
        return self


class DeleteRepository(RepositoryMutation, NoContent, Method[Acknowledgement]):
    """Delete a repository with all its tags, for good. Undocumented by Docker, used by its clients."""

    http = DELETE("/v2/namespaces/{namespace}/repositories/{repository}")
    effect = Effect.DELETE
    scope = Scope.REPO_ADMIN
    title = "Delete repository"
    outcome_tool = "get_repository"
    oat_scope = "scope-repository-admin"
    is_documented = False
    takes = "the repository with all its tags"

    def assess(self, current: Repository, facts: Any) -> Impact:
        """Describe the repository that is deleted."""
        facts = [] if current.pull_count is None else [f"{current.pull_count} pulls"]
        if day := format_day(current.last_updated):
            facts.append(f"last changed {day}")
        known = f" ({', '.join(facts)})" if facts else ""
        text = (
            f"The repository {self.qualified_name}{known} is deleted with all its tags; they can no longer "
        )
        return Impact(f"{text}be pulled, and this cannot be undone.", takes=True)


class SetRepositoryVisibility(RepositoryMutation, NoContent, Method[Acknowledgement]):
    """Make a repository private or public. Undocumented by Docker, used by its clients."""

    http = POST("/v2/repositories/{namespace}/{repository}/privacy")
    effect = Effect.UPDATE
    scope = Scope.REPO_ADMIN
    title = "Set repository visibility"
    acknowledging_fields = ("is_private", "name")
    outcome_tool = "get_repository"
    is_documented = False

    gives = "everyone access to the repository, by making it public"
    takes = "access from everyone outside the namespace, by making it private"

    is_private: Annotated[bool, Field(description="Private, or public when false.", examples=[True])]

    def assess(self, current: Repository, facts: Any) -> Impact:  # noqa: ARG002
        """Describe how the visibility changes."""
        name = self.qualified_name
        if current.is_private == self.is_private:
            state = "private" if self.is_private else "public"
            return Impact(f"{name} is {state} already.", is_change=False)
        if self.is_private:
            text = f"{name} becomes private; it can only be pulled from within its namespace."
            return Impact(text, takes=True)
        return Impact(f"{name} becomes public; everyone can see and pull all its tags.", gives=True)

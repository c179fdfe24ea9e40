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
from dockerhub_mcp.hub.api.types import Namespace, NewRepositoryName, Overview
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.forbidden_advice import forbidden_advice
from dockerhub_mcp.hub.methods.mixins import NoContent, RepositoryMethod
from dockerhub_mcp.hub.methods.repository_reads import CheckRepository, GetRepository
from dockerhub_mcp.hub.models import Acknowledgement, Repository
from dockerhub_mcp.hub.models.timestamp import format_day
from dockerhub_mcp.hub.quoting import quote_name


class CreateRepository(Mutation, Method[Repository]):
    """Create an empty repository in a namespace that the account can write to."""

    http = POST("/v2/namespaces/{namespace}/repositories")
    introduced = "2025-09-19"
    effect = Effect.CREATE
    scope = Scope.REPO_WRITE
    area = Area.REPOSITORIES
    title = "Create repository"
    outcome_tool = "get_repository"
    oat_scope = "scope-repository-create"
    unasked = "a new repository is empty; the result says whether it is public"

    namespace: Annotated[
        Namespace, Field(description="User or organization to create it in.", examples=["acme"])
    ]
    name: NewRepositoryName
    description: Annotated[
        str | None,
        StringConstraints(max_length=100),
        Field(description="Short description, at most 100 characters.", examples=["Base images"]),
    ] = None
    full_description: Overview = None
    is_private: Annotated[bool, Field(description="Visible to the namespace only.", examples=[True])] = False

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:  # noqa: ARG003
        """Split a name of the form namespace/name."""
        if not isinstance(name := arguments.get("name"), str) or name.count("/") != 1:
            return arguments
        namespace, _, rest = name.partition("/")
        if (arguments.get("namespace") or namespace) != namespace:
            return arguments
        return arguments | {"namespace": namespace, "name": rest}

    async def examine(self, read: StateReader, current: Any) -> None:  # noqa: ARG002
        """Check in a dry run that there is no such repository; otherwise the Hub itself refuses it.

        Raises:
            InvalidRequest: There is a repository with this name.
        """
        if not self.dry_run:
            return
        found = await read(CheckRepository(namespace=self.namespace, repository=self.name))
        if found is not None and found.exists:
            what = f"The repository {self._qualified_name} exists already; nothing was sent."
            raise InvalidRequest(what, remedy="Read it with get_repository, or choose another name.")

    def assess(self, current: Any, facts: Any) -> Impact:  # noqa: ARG002
        """Describe the new repository."""
        visibility = _describe_visibility(self._qualified_name, self.is_private)
        return Impact(f"You create the empty repository {self._qualified_name}. {visibility}")

    def explain_result(self, result: Repository, reference: Any = None) -> list[str]:
        """Add whether the repository is public."""
        notes = super().explain_result(result, reference)
        shown = getattr(result, "is_private", None)  # an empty answer has no fields
        is_private = self.is_private if shown is None else shown
        return [*notes, _describe_visibility(self._qualified_name, is_private)]

    @property
    def _qualified_name(self) -> str:
        return f"{quote_name(self.namespace)}/{quote_name(self.name)}"

    def build_body(self) -> dict[str, Any] | None:
        """Return the body; the reference has the namespace both in it and in the path."""
        return (super().build_body() or {}) | {"namespace": self.namespace}


def _describe_visibility(name: str, is_private: bool) -> str:
    if is_private:
        return f"{name} is private."
    return f"{name} is public: everyone can see it, and pull what is pushed to it."


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

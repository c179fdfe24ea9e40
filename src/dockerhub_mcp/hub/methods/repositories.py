"""Repositories. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/repositories."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.api.filters import (
    CONTENT_TYPES,
    TYPE_ALIASES,
    describe_ignored_filter,
    describe_unknown_values,
    find_alias,
    normalize_list,
    quote,
    split_list,
)
from dockerhub_mcp.hub.api.impact import Impact, StateReader
from dockerhub_mcp.hub.api.method import GET, HEAD, POST, UNDOCUMENTED, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.name_filters import normalize_repository_filter
from dockerhub_mcp.hub.api.namespaces import normalize_namespace
from dockerhub_mcp.hub.api.ordering import OrderedMethod, SortOrder
from dockerhub_mcp.hub.api.types import (
    MaxItems,
    Namespace,
    NewRepositoryName,
    Overview,
    PageNumber,
    PageSize,
)
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.methods.mixins import ExistenceCheck, RepositoryMethod
from dockerhub_mcp.hub.methods.repository_selection import RepositorySelection
from dockerhub_mcp.hub.models import Existence, Page, Repository, RepositorySummary
from dockerhub_mcp.hub.quoting import quote_name


class ListRepositories(RepositorySelection, OrderedMethod, Method[Page[RepositorySummary]]):
    """List the repositories of a namespace.

    Private ones appear only to an account that may see them; an organization access token without
    scope-repository-list is shown the public ones, without a warning. Anonymous callers see the first 100.
    """

    http = GET("/v2/namespaces/{namespace}/repositories")
    introduced = "2025-06-27"
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.REPOSITORIES
    title = "List repositories"
    allows_anonymous = True
    oat_scope = "scope-repository-list"
    anonymous_max_offset = 100

    namespace: Namespace = "library"
    name: Annotated[str | None, Field(description="Only names that contain this.", examples=["redis"])] = None
    ordering: Annotated[
        Literal["newest", "oldest", "name", "name_descending", "most_pulled", "least_pulled", "largest"]
        | None,
        Field(description="Order of the list; largest is sorted here.", examples=["newest"]),
    ] = None
    content_types: Annotated[
        str | None,
        Field(
            description="Only these content types, comma-separated (undocumented).", examples=["image,helm"]
        ),
        UNDOCUMENTED,
    ] = None
    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:
        """Turn addresses into a namespace, patterns into a part of a name, and types into the Hub's words."""
        if isinstance(namespace := arguments.get("namespace"), str):
            namespace = normalize_namespace(namespace)
            arguments = arguments | {"namespace": namespace}
        if isinstance(name := arguments.get("name"), str):
            part = normalize_repository_filter(name, str(namespace or "library"), notes)
            arguments = arguments | {"name": part or None}
        if types := arguments.get("content_types"):
            arguments = arguments | {"content_types": normalize_list(types, find_alias(TYPE_ALIASES)) or None}
        return arguments

    @classmethod
    def available_orders(cls) -> dict[str, SortOrder]:
        """Return the orders; only the sign of name follows the reference."""
        return {
            "newest": SortOrder("last_updated", "last_updated", descending=True),
            "oldest": SortOrder("-last_updated", "last_updated", descending=False),
            "name": SortOrder("name", "name", descending=False),
            "name_descending": SortOrder("-name", "name", descending=True),
            "most_pulled": SortOrder("pull_count", "pull_count", descending=True),
            "least_pulled": SortOrder("-pull_count", "pull_count", descending=False),
        }

    def describe_hidden_items(self, principal: Principal) -> str:
        """Return that private repositories are hidden, where the account is known not to see them.

        An organization access token without the scope to list is given the public ones without a warning.
        """
        if self.namespace == "library":
            return ""
        if principal.is_anonymous:
            return "Public repositories only: the request was anonymous."
        if principal.kind is CredentialKind.OAT:
            if self.oat_scope in principal.scopes:
                return ""
            if any(scope.startswith("scope-") for scope in principal.scopes):
                return f"Public repositories only: the organization token lacks {self.oat_scope}."
            return f"May be partial: without {self.oat_scope} an organization token sees public ones only."
        if principal.kind is CredentialKind.PAT and principal.scopes == (Scope.REPO_PUBLIC_READ,):
            return f"Public repositories only: the token's scope is {Scope.REPO_PUBLIC_READ}."
        return ""

    def list_explained_fields(self) -> list[str]:
        """Add the fields of the filters."""
        return [*super().list_explained_fields(), "name", "content_types"]

    def explain_result(self, result: Page[Any], reference: Any = None) -> list[str]:
        """Add that a filter was ignored, or that the namespace may not exist where nothing matches."""
        notes = super().explain_result(result, reference)
        if result.results:
            notes += describe_ignored_filter("name", self.name, result.results, _contains_name)
            return notes + describe_ignored_filter(
                "content_types", self.content_types, result.results, _has_content_type
            )
        if self.page > 1:
            return notes
        notes += describe_unknown_values("content_types", self.content_types, CONTENT_TYPES)
        if self.namespace != "library":
            notes.append(
                f"The Hub answers so too if there is no namespace {quote(self.namespace)}, or if nothing in "
                "it is visible to this account: check the spelling."
            )
        elif self.name:
            notes.append(
                "library holds the official images only: give the namespace, or use search_repositories."
            )
        return notes


def _contains_name(repository: RepositorySummary, part: str) -> bool:
    return part in (repository.name or "")


def _has_content_type(repository: RepositorySummary, types: str) -> bool:
    """Tell whether a repository has content of one of the types; an empty one does not tell."""
    found = repository.content_types
    return not found or not set(split_list(types)).isdisjoint(found)


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

"""Lists of repositories.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/repositories.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

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
from dockerhub_mcp.hub.api.method import GET, UNDOCUMENTED, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.name_filters import normalize_repository_filter
from dockerhub_mcp.hub.api.namespaces import normalize_namespace
from dockerhub_mcp.hub.api.ordering import OrderedMethod, SortOrder
from dockerhub_mcp.hub.api.types import MaxItems, Namespace, PageNumber, PageSize
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.methods.repository_selection import RepositorySelection
from dockerhub_mcp.hub.models import Page, RepositorySummary


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

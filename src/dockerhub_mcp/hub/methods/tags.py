"""Tags. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/repositories."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dockerhub_mcp.hub.api.method import DELETE, GET, HEAD, UNDOCUMENTED, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.ordering import OrderedMethod, SortOrder
from dockerhub_mcp.hub.api.types import (
    Architecture,
    MaxItems,
    Namespace,
    OperatingSystem,
    PageNumber,
    PageSize,
    TagName,
)
from dockerhub_mcp.hub.methods.mixins import ExistenceCheck, NoContent, RepositoryMethod
from dockerhub_mcp.hub.models import Acknowledgement, Existence, Page, Tag, TagSummary
from dockerhub_mcp.hub.models.timestamp import format_day, is_never


class ListTags(OrderedMethod, RepositoryMethod, Method[Page[Tag]]):
    """List the tags of a repository, newest first, with digests, sizes and platforms.

    To find a tag, filter by name instead of reading all; anonymous callers reach the first 1,000.
    """

    http = GET("/v2/namespaces/{namespace}/repositories/{repository}/tags")
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.TAGS
    title = "List tags"
    allows_anonymous = True
    oat_scope = "scope-tag-read"
    summary_model = TagSummary

    name: Annotated[
        str | None,
        Field(description="Only names that contain this (undocumented).", examples=["8.2"]),
        UNDOCUMENTED,
    ] = None
    architecture: Architecture = None
    os: OperatingSystem = None
    ordering: Annotated[
        Literal["newest", "oldest", "name", "name_descending"] | None,
        Field(description="Order of the list (undocumented).", examples=["newest"]),
        UNDOCUMENTED,
    ] = None
    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None

    @classmethod
    def available_orders(cls) -> dict[str, SortOrder]:
        """Return the orders; on this route `-name` is the ascending order."""
        return {
            "newest": SortOrder("last_updated", "last_updated", descending=True),
            "oldest": SortOrder("-last_updated", "last_updated", descending=False),
            "name": SortOrder("-name", "name", descending=False),
            "name_descending": SortOrder("name", "name", descending=True),
        }


class GetTag(RepositoryMethod, Method[Tag]):
    """Read one tag: the digest to pin, and each platform with its own digest and size."""

    http = GET("/v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}")
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.TAGS
    title = "Get tag"
    allows_anonymous = True
    oat_scope = "scope-tag-read"

    tag: TagName


class CheckTag(ExistenceCheck, RepositoryMethod, Method[Existence]):
    """Check whether a tag exists and is visible to the caller, without reading it."""

    http = HEAD("/v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}")
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.TAGS
    title = "Check tag"
    allows_anonymous = True
    oat_scope = "scope-tag-read"

    tag: TagName


class CheckTags(ExistenceCheck, RepositoryMethod, Method[Existence]):
    """Check whether a repository has any tags and is visible to the caller, without reading them."""

    http = HEAD("/v2/namespaces/{namespace}/repositories/{repository}/tags")
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.TAGS
    title = "Check tags"
    allows_anonymous = True
    oat_scope = "scope-tag-read"
    is_enabled_by_default = False


class DeleteTag(RepositoryMethod, Mutation, NoContent, Method[Acknowledgement]):
    """Delete a tag for good; immutable ones stay. Undocumented by Docker, used by its clients."""

    http = DELETE("/v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}")
    effect = Effect.DELETE
    scope = Scope.REPO_ADMIN
    area = Area.TAGS
    title = "Delete tag"
    oat_scope = "scope-tag-admin"
    is_documented = False
    is_enabled_by_default = False

    namespace: Annotated[
        Namespace, Field(description="User or organization that owns it.", examples=["acme"])
    ]
    tag: TagName

    def current_state_call(self) -> GetTag:
        """Return the call that reads the tag."""
        return GetTag(namespace=self.namespace, repository=self.repository, tag=self.tag)

    def loss_text(self, current: Tag) -> str:
        """Describe the tag that is deleted."""
        pushed = f", pushed {day}" if (day := format_day(current.last_updated)) else ""
        pulled = f", last pulled {day}" if (day := format_day(current.tag_last_pulled)) else ""
        if current.tag_last_pulled is not None and is_never(current.tag_last_pulled):
            pulled = ", never pulled"
        name = f"{self.namespace}/{self.repository}:{self.tag}"
        facts = f"{current.digest or 'no digest'}{pushed}{pulled}"
        return f"The tag {name} ({facts}) is deleted; it can no longer be pulled by this name."

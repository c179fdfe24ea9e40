"""Tags. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/repositories."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dockerhub_mcp.hub.api.method import DELETE, GET, HEAD, UNDOCUMENTED, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Write
from dockerhub_mcp.hub.api.ordering import Order, Ordered
from dockerhub_mcp.hub.api.types import (
    Architecture,
    MaxItems,
    Namespace,
    OperatingSystem,
    PageNumber,
    PageSize,
    TagName,
)
from dockerhub_mcp.hub.methods.mixins import Check, InRepository, NoContent
from dockerhub_mcp.hub.models import Done, Existence, Page, Tag, TagRow


class ListTags(Ordered, InRepository, Method[Page[Tag]]):
    """List the tags of a repository, newest first, with digests, sizes and platforms.

    To find a tag, filter by name instead of reading all; anonymous callers reach the first 1,000.
    """

    http = GET("/v2/namespaces/{namespace}/repositories/{repository}/tags")
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.TAGS
    title = "List tags"
    anonymous = True
    oat_scope = "scope-tag-read"
    rows = TagRow

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
    def orders(cls) -> dict[str, Order]:
        """Return the orders; on this route `-name` counts up."""
        return {
            "newest": Order("last_updated", "last_updated", descending=True),
            "oldest": Order("-last_updated", "last_updated", descending=False),
            "name": Order("-name", "name", descending=False),
            "name_descending": Order("name", "name", descending=True),
        }


class GetTag(InRepository, Method[Tag]):
    """Read one tag: the digest to pin, and each platform with its own digest and size."""

    http = GET("/v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}")
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.TAGS
    title = "Get tag"
    anonymous = True
    oat_scope = "scope-tag-read"

    tag: TagName


class CheckTag(Check, InRepository, Method[Existence]):
    """Tell whether a tag exists and is visible to the caller, without reading it."""

    http = HEAD("/v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}")
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.TAGS
    title = "Check tag"
    anonymous = True
    oat_scope = "scope-tag-read"

    tag: TagName


class CheckTags(Check, InRepository, Method[Existence]):
    """Tell whether a repository has any tags and is visible to the caller, without reading them."""

    http = HEAD("/v2/namespaces/{namespace}/repositories/{repository}/tags")
    effect = Effect.READ
    scope = Scope.REPO_PUBLIC_READ
    area = Area.TAGS
    title = "Check tags"
    anonymous = True
    oat_scope = "scope-tag-read"
    by_default = False


class DeleteTag(InRepository, Write, NoContent, Method[Done]):
    """Delete a tag for good; immutable ones stay. Undocumented by Docker, used by its clients."""

    http = DELETE("/v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}")
    effect = Effect.DELETE
    scope = Scope.REPO_ADMIN
    area = Area.TAGS
    title = "Delete tag"
    oat_scope = "scope-tag-admin"
    documented = False
    by_default = False

    namespace: Annotated[
        Namespace, Field(description="User or organization that owns it.", examples=["acme"])
    ]
    tag: TagName

    def before(self) -> GetTag:
        """Read the tag."""
        return GetTag(namespace=self.namespace, repository=self.repository, tag=self.tag)

    def lost(self, present: Tag) -> str:
        """Say what is gone."""
        pushed = f", pushed {present.last_updated:%Y-%m-%d}" if present.last_updated else ""
        pulled = f", last pulled {present.tag_last_pulled:%Y-%m-%d}" if present.tag_last_pulled else ""
        name = f"{self.namespace}/{self.repository}:{self.tag}"
        facts = f"{present.digest or 'no digest'}{pushed}{pulled}"
        return f"The tag {name} ({facts}) is deleted; nobody can pull it by this name any more."

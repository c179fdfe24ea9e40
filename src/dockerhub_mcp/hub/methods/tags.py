"""Tags. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/repositories."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dockerhub_mcp.hub.method import GET, HEAD, UNDOCUMENTED, Area, Effect, Method, Scope
from dockerhub_mcp.hub.methods.parts import Check, InRepository
from dockerhub_mcp.hub.models import Existence, Page, Tag
from dockerhub_mcp.hub.ordering import Order, Ordered
from dockerhub_mcp.hub.types import (
    Architecture,
    MaxItems,
    OperatingSystem,
    PageNumber,
    PageSize,
    TagName,
)


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

"""Search.

The OpenAPI document omits this method; Docker's own clients use it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dockerhub_mcp.hub.api.method import GET, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.types import NonEmptyString
from dockerhub_mcp.hub.models import SearchResults


class SearchRepositories(Method[SearchResults]):
    """Search Docker Hub by keywords. Undocumented by Docker, used by its clients."""

    http = GET("/api/search/v4")
    effect = Effect.READ
    scope = Scope.NONE
    area = Area.SEARCH
    title = "Search repositories"
    allows_anonymous = True
    oat_scope = ""
    is_documented = False

    words: Annotated[
        str, NonEmptyString, Field(alias="query", description="Words to look for.", examples=["redis cache"])
    ]
    type: Annotated[str | None, Field(description="Such as image, helm, plugin.", examples=["image"])] = None
    badges: Annotated[
        str | None,
        Field(
            description="Any of official, verified_publisher, open_source, hardened; comma-separated.",
            examples=["official"],
        ),
    ] = None
    categories: Annotated[
        str | None, Field(description="Category slugs, comma-separated.", examples=["databases-and-storage"])
    ] = None
    architectures: Annotated[str | None, Field(description="Comma-separated.", examples=["arm64"])] = None
    operating_systems: Annotated[str | None, Field(description="Comma-separated.", examples=["linux"])] = None
    sort: Annotated[
        Literal["pull_count", "updated_at"] | None,
        Field(description="By relevance if left out.", examples=["pull_count"]),
    ] = None
    order: Annotated[Literal["asc", "desc"] | None, Field(description="With sort.", examples=["desc"])] = None
    from_: Annotated[int, Field(alias="from", ge=0, description="Results to skip.", examples=[25])] = 0
    size: Annotated[int, Field(ge=1, le=100, description="Results to return.", examples=[10])] = 10

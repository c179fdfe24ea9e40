"""Users, organizations and search results."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.models.base import Display, HubModel, ItemList, Shown
from dockerhub_mcp.hub.models.timestamp import Timestamp


class User(HubModel):
    """A user's profile."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("username", "id")
    summary_fields: ClassVar[tuple[str, ...]] = (
        "username",
        "full_name",
        "company",
        "location",
        "type",
        "date_joined",
        "badge",
    )
    untrusted_fields: ClassVar[tuple[str, ...]] = ("full_name", "company", "location")
    key_field = "username"

    id: str | None = None
    uuid: str | None = None
    username: str | None = None
    full_name: Annotated[str | None, Display.TEXT] = None
    company: Annotated[str | None, Display.TEXT] = None
    location: Annotated[str | None, Display.TEXT] = None
    type: str | None = None
    date_joined: Timestamp = None
    badge: str | None = None


class CurrentUser(User):
    """The profile of the signed-in account; `kind` and `scopes` only where the sign-in alone tells it."""

    summary_fields: ClassVar[tuple[str, ...]] = (*User.summary_fields, "kind", "scopes")

    kind: str | None = None
    scopes: list[str] | None = None


class Organization(User):
    """An organization's profile; `orgname` is its namespace."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("orgname", "username", "id")
    summary_fields: ClassVar[tuple[str, ...]] = ("orgname", *User.summary_fields[1:])
    key_field = "orgname"

    orgname: str | None = None


class Publisher(HubModel):
    """The publisher of a search result."""

    id: str | None = None
    name: str | None = None


class SearchResult(HubModel):
    """A search result. `pull_count` is a rounded text such as `1B+`, `raw_pull_count` the number.

    `id` is the full name, such as `library/nginx` or `dhi/nginx`, of which the Hub's `name` may be a part.
    """

    identifying_fields: ClassVar[tuple[str, ...]] = ("id", "name")
    summary_fields: ClassVar[tuple[str, ...]] = (
        "name",
        "type",
        "badge",
        "short_description",
        "pull_count",
        "raw_pull_count",
        "star_count",
        "updated_at",
        "archived",
        "architectures",
    )
    untrusted_fields: ClassVar[tuple[str, ...]] = ("short_description",)
    implied_values: ClassVar[dict[str, Any]] = {"badge": "none", "type": "image", "archived": False}
    key_field = "id"

    id: str | None = None
    name: str | None = None
    slug: str | None = None
    type: str | None = None
    publisher: Publisher | None = None
    created_at: Timestamp = None
    updated_at: Timestamp = None
    short_description: Annotated[str | None, Display.TEXT] = None
    badge: str | None = None
    star_count: int | None = None
    pull_count: str | None = None
    raw_pull_count: int | None = None
    operating_systems: list[Any] | None = None
    architectures: list[Any] | None = None
    logo_url: Any = None
    categories: list[Any] | None = None
    archived: bool | None = None

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show the full name, and the exact number of pulls instead of the rounded one."""
        if "name" in shown.names and self.id and "/" in self.id:
            values["name"] = self.id
        if shown.is_brief and self.raw_pull_count is not None:
            values.pop("pull_count", None)


class SearchResults(ItemList):
    """A slice of the results of a search."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("results",)
    count_field = "total"
    summary_fields: ClassVar[tuple[str, ...]] = ("total", "results")
    items_field = "results"

    total: int | None = None
    results: list[SearchResult] = Field(default_factory=list)


class HardenedImage(HubModel):
    """A mirror of a Docker Hardened Image."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("repository", "source")
    summary_fields: ClassVar[tuple[str, ...]] = ("repository", "source", "display_name")

    repository: str | None = None
    source: str | None = None
    display_name: str | None = None


class HardenedImages(ItemList):
    """The mirrors of Docker Hardened Images in an organization."""

    summary_fields: ClassVar[tuple[str, ...]] = ("organization", "results")
    items_field = "results"

    organization: str | None = None
    results: list[HardenedImage] = Field(default_factory=list)

"""Users, organizations and what a search finds."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.api.types import Timestamp
from dockerhub_mcp.hub.models.base import HubModel


class User(HubModel):
    """A user's profile."""

    brief: ClassVar[tuple[str, ...]] = (
        "username",
        "full_name",
        "company",
        "location",
        "type",
        "date_joined",
        "badge",
    )
    strangers: ClassVar[tuple[str, ...]] = ("full_name", "company", "location")
    identity = "username"

    id: str | None = None
    uuid: str | None = None
    username: str | None = None
    full_name: str | None = None
    company: str | None = None
    location: str | None = None
    type: str | None = None
    date_joined: Timestamp = None
    badge: str | None = None


class Organization(User):
    """An organization's profile; `orgname` is its namespace."""

    brief: ClassVar[tuple[str, ...]] = ("orgname", *User.brief[1:])
    identity = "orgname"

    orgname: str | None = None


class Publisher(HubModel):
    """Who publishes something that a search found."""

    id: str | None = None
    name: str | None = None


class SearchResult(HubModel):
    """Something that a search found. `pull_count` is a rounded text such as `1B+`."""

    brief: ClassVar[tuple[str, ...]] = (
        "name",
        "type",
        "badge",
        "short_description",
        "pull_count",
        "star_count",
        "updated_at",
        "architectures",
    )
    strangers: ClassVar[tuple[str, ...]] = ("short_description",)
    usual: ClassVar[dict[str, Any]] = {"badge": "none", "type": "image"}
    identity = "id"

    id: str | None = None
    name: str | None = None
    slug: str | None = None
    type: str | None = None
    publisher: Publisher | None = None
    created_at: Timestamp = None
    updated_at: Timestamp = None
    short_description: str | None = None
    badge: str | None = None
    star_count: int | None = None
    pull_count: str | None = None
    operating_systems: list[Any] | None = None
    architectures: list[Any] | None = None
    logo_url: Any = None
    categories: list[Any] | None = None
    archived: bool | None = None


class SearchResults(HubModel):
    """One slice of what a search found."""

    brief: ClassVar[tuple[str, ...]] = ("total", "results")
    items = "results"

    total: int | None = None
    results: list[SearchResult] = Field(default_factory=list)


class HardenedImage(HubModel):
    """A mirror of a Docker Hardened Image."""

    brief: ClassVar[tuple[str, ...]] = ("repository", "source", "display_name")

    repository: str | None = None
    source: str | None = None
    display_name: str | None = None


class HardenedImages(HubModel):
    """The mirrors of Docker Hardened Images in an organization."""

    brief: ClassVar[tuple[str, ...]] = ("organization", "results")
    items = "results"

    organization: str | None = None
    results: list[HardenedImage] = Field(default_factory=list)

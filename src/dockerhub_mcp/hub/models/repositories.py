"""Repositories, tags and images."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import ConfigDict, Field

from dockerhub_mcp.hub.models.base import Display, HubModel
from dockerhub_mcp.hub.models.timestamp import Timestamp

PlatformT = TypeVar("PlatformT", bound="Platform")


class Category(HubModel):
    """A category of repositories."""

    label_field = "name"

    name: str | None = None
    slug: str | None = None


class RepositoryPermissions(HubModel):
    """The permissions of the caller in a repository."""

    read: bool | None = None
    write: bool | None = None
    admin: bool | None = None


class ImmutableTagsSettings(HubModel):
    """The rules for tags that cannot be overwritten or deleted."""

    enabled: bool | None = None
    rules: list[str] | None = None


class RepositorySummary(HubModel):
    """A repository in a list. `status` is 1 for active, 0 for inactive; sizes are in bytes."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("name",)
    summary_fields: ClassVar[tuple[str, ...]] = (
        "namespace",
        "name",
        "description",
        "is_private",
        "status_description",
        "repository_type",
        "pull_count",
        "star_count",
        "last_updated",
        "storage_size",
        "content_types",
    )
    key_field = "name"
    untrusted_fields: ClassVar[tuple[str, ...]] = ("description",)
    implied_values: ClassVar[dict[str, Any]] = {
        "status_description": "active",
        "repository_type": "image",
        "content_types": ["image"],
    }

    name: str | None = None
    namespace: str | None = None
    repository_type: str | None = None
    status: int | None = None
    status_description: str | None = None
    description: str | None = None
    is_private: bool | None = None
    star_count: int | None = None
    pull_count: int | None = None
    last_updated: Timestamp = None
    last_modified: Timestamp = None
    date_registered: Timestamp = None
    affiliation: str | None = None
    media_types: list[str | None] | None = None
    content_types: list[str | None] | None = None
    categories: list[Category] | None = None
    storage_size: Annotated[int | None, Display.SIZE] = None


class Repository(RepositorySummary):
    """A repository with all its details."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        *RepositorySummary.summary_fields,
        "date_registered",
        "categories",
        "permissions",
        "immutable_tags_settings",
        "full_description",
    )
    untrusted_fields: ClassVar[tuple[str, ...]] = ("description", "full_description")

    user: str | None = None
    is_automated: bool | None = None
    collaborator_count: int | None = None
    hub_user: str | None = None
    has_starred: bool | None = None
    full_description: Annotated[str | None, Display.MULTILINE] = None
    permissions: RepositoryPermissions | None = None
    immutable_tags_settings: ImmutableTagsSettings | None = None
    source: str | None = None


class Layer(HubModel):
    """A layer of an image; `size` in bytes."""

    digest: Annotated[str | None, Display.DIGEST] = None
    size: Annotated[int | None, Display.SIZE] = None
    instruction: str | None = None


class Platform(HubModel):
    """The platform of an image; `unknown` for attestations."""

    architecture: str | None = None
    variant: str | None = None
    os: str | None = None

    @property
    def platform(self) -> str:
        """The platform as Docker writes it, such as `linux/arm64/v8`."""
        if self.os and self.architecture:  # the fast path, taken a thousand times on a page of tags
            name = f"{self.os}/{self.architecture}"
            return f"{name}/{self.variant}" if self.variant else name
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    @property
    def is_attestation(self) -> bool:
        """Whether this is a build attestation instead of a runnable image."""
        return self.os == "unknown" or self.architecture == "unknown"


class Image(Platform):
    """The image of one platform of a tag; `size` is compressed, in bytes."""

    summary_fields: ClassVar[tuple[str, ...]] = ("platform", "digest", "size")

    os_version: str | None = None
    os_features: str | None = None
    features: str | None = None
    digest: Annotated[str | None, Display.DIGEST] = None
    size: Annotated[int | None, Display.SIZE] = None
    status: str | None = None
    last_pulled: Timestamp = None
    last_pushed: Timestamp = None
    layers: list[Layer] | None = None


class _TagBase(HubModel, Generic[PlatformT]):
    """The fields of a tag in a list."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("name",)
    summary_aliases: ClassVar[dict[str, str]] = {"images": "platforms"}

    summary_fields: ClassVar[tuple[str, ...]] = (
        "name",
        "digest",
        "full_size",
        "last_updated",
        "last_updater_username",
        "tag_last_pulled",
        "tag_status",
        "content_type",
        "images",
    )
    key_field = "name"
    untrusted_fields: ClassVar[tuple[str, ...]] = ("name",)
    implied_values: ClassVar[dict[str, Any]] = {"tag_status": "active", "content_type": "image"}

    name: str | None = None
    images: list[PlatformT] | None = None
    last_updated: Timestamp = None
    last_updater_username: str | None = None
    full_size: Annotated[int | None, Display.SIZE] = None
    tag_last_pulled: Timestamp = None
    tag_status: str | None = None
    digest: Annotated[str | None, Display.DIGEST] = None
    content_type: str | None = None


class _PlatformSummary(Platform):
    model_config = ConfigDict(extra="ignore")


class TagSummary(_TagBase[_PlatformSummary]):
    """A tag with the fields of brief results only; most of a page of tags is about its images."""

    model_config = ConfigDict(extra="ignore")


class Tag(_TagBase[Image]):
    """A tag. `digest` is that of the image index; `full_size` is that of one platform, in bytes."""

    id: int | None = None
    creator: int | None = None
    last_updater: int | None = None
    repository: int | None = None
    v2: bool | None = None
    tag_last_pushed: Timestamp = None
    media_type: str | None = None


class RepositoryGroup(HubModel):
    """A group's (team's) permission in a repository: read, write or admin."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("group_id", "group_name")
    summary_fields: ClassVar[tuple[str, ...]] = ("group_id", "group_name", "permission")
    key_field = "group_id"

    group_id: int | None = None
    group_name: str | None = None
    permission: str | None = None


class MatchingTags(HubModel):
    """The tags that a rule for immutable tags matches."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("tags",)
    summary_fields: ClassVar[tuple[str, ...]] = ("tags",)

    tags: list[str] = Field(default_factory=list)

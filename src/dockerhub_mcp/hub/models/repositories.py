"""Repositories."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.models.base import Display, HubModel, Shown
from dockerhub_mcp.hub.models.tags import SCHEMA_1_PREFIX, SCHEMA_1_REMARK
from dockerhub_mcp.hub.models.timestamp import Timestamp, is_never

_ARCHIVED = 6
_STATUS_NAMES = {0: "inactive", 1: "active", _ARCHIVED: "archived"}


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

    @property
    def summary_text(self) -> str:
        """The names of the permissions that the caller has."""
        return " ".join(name for name in ("read", "write", "admin") if getattr(self, name)) or "none"


class ImmutableTagsSettings(HubModel):
    """The rules for tags that cannot be overwritten or deleted."""

    enabled: bool | None = None
    rules: list[str] | None = None

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Leave out rules that are not in force: every repository has the rule `.*` until it gets others."""
        if shown.is_text and shown.is_brief and not self.enabled:
            values.pop("rules", None)


class RepositorySummary(HubModel):
    """A repository in a list. `status` is 1 for active, 0 for inactive, 6 archived; sizes are in bytes."""

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
    meaningful_nulls = HubModel.meaningful_nulls | {"last_updated"}

    name: str | None = None
    namespace: str | None = None
    repository_type: str | None = None
    status: int | None = None
    status_description: str | None = None
    description: Annotated[str | None, Display.TEXT] = None
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
    archived: bool | None = None

    @property
    def is_archived(self) -> bool:
        """Whether it is archived."""
        return self.archived is True or self.status == _ARCHIVED

    @property
    def lacks_description(self) -> bool:
        """Whether the Hub sent a description that is empty."""
        return "description" in self.model_fields_set and not (self.description or "").strip()

    @property
    def last_change(self) -> datetime | None:
        """The time of the last update, or of the creation where there was none; None where unknown."""
        known = (self.last_updated, self.date_registered)
        return next((each for each in known if each is not None and not is_never(each)), None)

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Name the status where the Hub gives only its number; an archived repository is not active."""
        status = _ARCHIVED if self.is_archived else self.status
        if "status_description" not in shown.names or status is None:
            return
        name = _STATUS_NAMES.get(status, f"status {status}")
        if name == "archived" or (not self.status_description and not (shown.is_brief and name == "active")):
            values["status_description"] = name


class Repository(RepositorySummary):
    """A repository with all its details."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        *RepositorySummary.summary_fields,
        "date_registered",
        "categories",
        "permissions",
        "immutable_tags_settings",
        "remarks",
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

    @property
    def remarks(self) -> str:
        """What is unusual about the repository."""
        has_schema_1 = any((name or "").startswith(SCHEMA_1_PREFIX) for name in self.media_types or [])
        return f"has images of {SCHEMA_1_REMARK}" if has_schema_1 else ""


class RepositoryGroup(HubModel):
    """A group's (team's) permission in a repository: read, write or admin."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("group_id", "group_name")
    summary_fields: ClassVar[tuple[str, ...]] = ("group_id", "group_name", "permission")
    key_field = "group_id"

    group_id: int | None = Field(default=None, strict=True)
    group_name: str | None = None
    permission: str | None = None


class MatchingTags(HubModel):
    """The tags that a rule for immutable tags matches."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("tags",)
    summary_fields: ClassVar[tuple[str, ...]] = ("tags",)

    tags: list[str] = Field(default_factory=list)

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Say so where the rule matches no tag."""
        if shown.is_text and not self.tags:
            values["tags"] = "no tag matches"

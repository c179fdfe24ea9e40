"""SCIM resources (RFC 7643), with the attribute names of that standard."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.models.base import Display, HubModel, ItemList
from dockerhub_mcp.hub.models.timestamp import Timestamp


class ScimServiceProviderConfig(HubModel):
    """The capabilities of the Hub's SCIM service."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("schemas", "patch", "authenticationSchemes")
    summary_fields: ClassVar[tuple[str, ...]] = (
        "patch",
        "bulk",
        "filter",
        "changePassword",
        "sort",
        "etag",
        "documentationUri",
    )

    schemas: list[str] | None = None
    documentationUri: str | None = None  # noqa: N815 - the standard's spelling
    patch: dict[str, Any] | None = None
    bulk: dict[str, Any] | None = None
    filter: dict[str, Any] | None = None
    changePassword: dict[str, Any] | None = None  # noqa: N815
    sort: dict[str, Any] | None = None
    etag: dict[str, Any] | None = None
    authenticationSchemes: list[dict[str, Any]] | None = None  # noqa: N815


class ScimResourceType(HubModel):
    """A resource type."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("id", "name")
    summary_fields: ClassVar[tuple[str, ...]] = ("id", "name", "description", "endpoint")

    schemas: list[str] | None = None
    id: str | None = None
    name: str | None = None
    description: Annotated[str | None, Display.TEXT] = None
    endpoint: str | None = None
    schema_: str | None = Field(default=None, alias="schema")


class ScimSchema(HubModel):
    """The attributes of a resource type."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("id", "name")
    summary_fields: ClassVar[tuple[str, ...]] = ("id", "name", "description", "attributes")

    schemas: list[str] | None = None
    id: str | None = None
    name: str | None = None
    description: Annotated[str | None, Display.TEXT] = None
    attributes: list[dict[str, Any]] | None = None


class ScimName(HubModel):
    """The name of a user."""

    givenName: str | None = None  # noqa: N815
    familyName: str | None = None  # noqa: N815


class ScimMeta(HubModel):
    """The location and the timestamps of a resource."""

    resourceType: str | None = None  # noqa: N815
    location: str | None = None
    created: Timestamp = None
    lastModified: Timestamp = None  # noqa: N815


class ScimUser(HubModel):
    """A user managed by an identity provider; `active` is false for a deactivated one."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("id", "userName")
    summary_fields: ClassVar[tuple[str, ...]] = (
        "id",
        "userName",
        "displayName",
        "active",
        "name",
        "emails",
        "groups",
    )
    untrusted_fields: ClassVar[tuple[str, ...]] = ("displayName",)

    schemas: list[str] | None = None
    id: str | None = None
    userName: str | None = None  # noqa: N815
    name: ScimName | None = None
    displayName: Annotated[str | None, Display.TEXT] = None  # noqa: N815
    active: bool | None = None
    emails: list[dict[str, Any]] | None = None
    groups: list[dict[str, Any]] | None = None
    meta: ScimMeta | None = None


class ScimList(ItemList):
    """A list of resources, which an empty one may omit (RFC 7644, section 3.4.2)."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("Resources",)
    items_field = "Resources"
    count_field = "totalResults"

    totalResults: int | None = None  # noqa: N815

    @property
    def is_identified(self) -> bool:
        """Whether the resources were sent, or the list is empty."""
        return self.totalResults == 0 or super().is_identified


class ScimResourceTypes(ScimList):
    """All resource types."""

    summary_fields: ClassVar[tuple[str, ...]] = ("totalResults", "Resources")

    Resources: list[ScimResourceType] = Field(default_factory=list)


class ScimSchemas(ScimList):
    """All schemas."""

    summary_fields: ClassVar[tuple[str, ...]] = ("totalResults", "Resources")

    Resources: list[ScimSchema] = Field(default_factory=list)


class ScimUsers(ScimList):
    """A slice of the users."""

    summary_fields: ClassVar[tuple[str, ...]] = ("totalResults", "startIndex", "itemsPerPage", "Resources")

    startIndex: int | None = None  # noqa: N815
    itemsPerPage: int | None = None  # noqa: N815
    Resources: list[ScimUser] = Field(default_factory=list)

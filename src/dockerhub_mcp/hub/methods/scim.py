"""SCIM: user provisioning by an identity provider, with a separate token.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/scim.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field

from dockerhub_mcp.hub.api.method import GET, Area, Effect, Method, Scope, Service
from dockerhub_mcp.hub.api.scim_filters import normalize_attribute, normalize_filter
from dockerhub_mcp.hub.api.types import NonEmptyString
from dockerhub_mcp.hub.models import (
    ScimResourceType,
    ScimResourceTypes,
    ScimSchema,
    ScimSchemas,
    ScimServiceProviderConfig,
    ScimUser,
    ScimUsers,
)

USER_SCHEMA_URN = "urn:ietf:params:scim:schemas:core:2.0:User"

UserId = Annotated[
    str,
    NonEmptyString,
    Field(description="SCIM id of the user.", examples=["d80f7c79-7730-49d8-9a41-7c42fb622d9c"]),
]


class ScimMethod(Method[Any]):
    """A method of the SCIM service."""

    scope = Scope.ORGANIZATION
    area = Area.SCIM
    service = Service.SCIM
    media_type = "application/scim+json"
    accepts_pat = False
    is_enabled_by_default = False


class ScimGetProviderConfig(ScimMethod, Method[ScimServiceProviderConfig]):
    """Read the capabilities of the Hub's SCIM service. Needs a SCIM token."""

    http = GET("/v2/scim/2.0/ServiceProviderConfig")
    effect = Effect.READ
    title = "Get SCIM service provider configuration"


class ScimListResourceTypes(ScimMethod, Method[ScimResourceTypes]):
    """List the resource types of the SCIM service. Needs a SCIM token."""

    http = GET("/v2/scim/2.0/ResourceTypes")
    effect = Effect.READ
    title = "List SCIM resource types"


class ScimGetResourceType(ScimMethod, Method[ScimResourceType]):
    """Read one resource type of the SCIM service. Needs a SCIM token."""

    http = GET("/v2/scim/2.0/ResourceTypes/{name}")
    effect = Effect.READ
    title = "Get a SCIM resource type"

    name: Annotated[str, NonEmptyString, Field(description="Name of the type.", examples=["User"])]

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:  # noqa: ARG003
        """Write the name of the type for users as the service does."""
        return _replace_short_name(arguments, "name", "User")


class ScimListSchemas(ScimMethod, Method[ScimSchemas]):
    """List the schemas of the SCIM service. Needs a SCIM token."""

    http = GET("/v2/scim/2.0/Schemas")
    effect = Effect.READ
    title = "List SCIM schemas"


class ScimGetSchema(ScimMethod, Method[ScimSchema]):
    """Read one schema of the SCIM service. Needs a SCIM token."""

    http = GET("/v2/scim/2.0/Schemas/{id}")
    effect = Effect.READ
    title = "Get a SCIM schema"

    id: Annotated[str, NonEmptyString, Field(description="URN of the schema.", examples=[USER_SCHEMA_URN])]

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:  # noqa: ARG003
        """Replace the short name of the schema of users by its URN."""
        return _replace_short_name(arguments, "id", USER_SCHEMA_URN)


def _replace_short_name(arguments: dict[str, Any], name: str, full_name: str) -> dict[str, Any]:
    """Return the arguments with the full name where one is given as `user`, `Users` or in another case."""
    text = str(arguments.get(name) or "").strip().lower()
    if text in {"user", "users", full_name.lower()}:
        return arguments | {name: full_name}
    return arguments


class ScimListUsers(ScimMethod, Method[ScimUsers]):
    """List the users that the identity provider manages. Needs a SCIM token."""

    http = GET("/v2/scim/2.0/Users")
    effect = Effect.READ
    title = "List SCIM users"

    start_index: Annotated[
        int | None, Field(alias="startIndex", ge=1, description="First user, from 1.", examples=[1])
    ] = None
    count: Annotated[int | None, Field(ge=1, le=200, description="Users to return.", examples=[50])] = None
    filter: Annotated[
        str | None, Field(description="SCIM filter.", examples=['userName eq "bo@example.com"'])
    ] = None
    attributes: Annotated[
        str | None, Field(description="Only these attributes, comma-separated.", examples=["userName,active"])
    ] = None
    sort_by: Annotated[
        str | None, Field(alias="sortBy", description="Attribute to sort by.", examples=["userName"])
    ] = None
    sort_order: Annotated[
        Literal["ascending", "descending"] | None,
        Field(alias="sortOrder", description="With sortBy.", examples=["ascending"]),
    ] = None

    @property
    def starts_list(self) -> bool:
        """Whether no user is skipped."""
        return self.start_index in {None, 1}

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:
        """Write filter and attributes as the schema does."""
        normalized = dict(arguments)
        for name, normalize in _NORMALIZERS.items():
            if isinstance(value := normalized.get(name), str):
                normalized[name] = normalize(value)
        sort_by = normalized.get("sortBy") or normalized.get("sort_by")
        if (normalized.get("sortOrder") or normalized.get("sort_order")) and not sort_by:
            notes.append("sortOrder has no effect without sortBy.")
        return normalized

    def explain_result(self, result: ScimUsers, reference: Any = None) -> list[str]:
        """Add why a list without users is not the whole truth."""
        notes = super().explain_result(result, reference)
        if result.Resources:
            return notes
        if result.totalResults and (self.start_index or 1) > result.totalResults:
            return notes
        if self.filter:
            notes.append(
                "userName is usually the e-mail address; users without the identity provider are not listed."
            )
        return notes


_SORT_ORDERS = {"asc": "ascending", "desc": "descending"}
_NORMALIZERS: dict[str, Callable[[str], str]] = {
    "filter": normalize_filter,
    "attributes": lambda text: ",".join(
        normalize_attribute(part) for part in text.split(",") if part.strip()
    ),
    "sortBy": normalize_attribute,
    "sort_by": normalize_attribute,
    "sortOrder": lambda text: _SORT_ORDERS.get(text.strip().lower(), text),
    "sort_order": lambda text: _SORT_ORDERS.get(text.strip().lower(), text),
}


class ScimGetUser(ScimMethod, Method[ScimUser]):
    """Read one user that the identity provider manages. Needs a SCIM token."""

    http = GET("/v2/scim/2.0/Users/{id}")
    effect = Effect.READ
    title = "Get a SCIM user"

    id: UserId

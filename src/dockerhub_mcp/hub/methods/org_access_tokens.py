"""Organization access tokens.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/org-access-tokens.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from dockerhub_mcp.hub.api.method import DELETE, GET, PATCH, POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import MaxItems, NonEmptyString, OrgName, PageNumber, PageSize, UtcDatetime
from dockerhub_mcp.hub.methods.mixins import NoContent
from dockerhub_mcp.hub.models import Acknowledgement, OrgAccessToken, OrgAccessTokenDetail, Page
from dockerhub_mcp.hub.models.timestamp import format_day
from dockerhub_mcp.hub.redaction import to_single_line

TokenId = Annotated[
    str,
    NonEmptyString,
    Field(
        description="Id from list_org_access_tokens.",
        examples=["a7a5ef25-8889-43a0-8cc7-f2a94268e861"],
    ),
]
OrgTokenLabel = Annotated[str, NonEmptyString, Field(description="Name of the token.", examples=["deploy"])]
OrgTokenDescription = Annotated[
    str | None,
    StringConstraints(max_length=200),
    Field(description="What it is for, at most 200 characters.", examples=["Pulls for staging"]),
]


class TokenResource(BaseModel):
    """What an organization access token may do, and where."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["TYPE_REPO", "TYPE_ORG"]
    path: Annotated[str, Field(min_length=1, description="org/repository, org/*, or the organization.")]
    scopes: Annotated[list[str], Field(min_length=1, description="Such as scope-image-pull.")]


OrgTokenResources = Annotated[
    list[TokenResource],
    Field(
        min_length=1,
        description="What it may do, and where.",
        examples=[[{"type": "TYPE_REPO", "path": "acme/*", "scopes": ["scope-image-pull"]}]],
    ),
]


class ListOrgAccessTokens(Method[Page[OrgAccessToken]]):
    """List the access tokens of an organization: creator, last use and expiry, never the value.

    Needs an owner's password sign-in.
    """

    http = GET("/v2/orgs/{name}/access-tokens")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.ORG_ACCESS_TOKENS
    title = "List organization access tokens"
    accepts_pat = False

    name: OrgName
    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None


class GetOrgAccessToken(Method[OrgAccessTokenDetail]):
    """Read one access token of an organization with its scopes and resources, never its value.

    Needs an owner's password sign-in.
    """

    http = GET("/v2/orgs/{org_name}/access-tokens/{access_token_id}")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.ORG_ACCESS_TOKENS
    title = "Get organization access token"
    accepts_pat = False
    is_enabled_by_default = False

    org_name: OrgName
    access_token_id: TokenId


class CreateOrgAccessToken(Mutation, Method[OrgAccessTokenDetail]):
    """Create an access token of an organization. The Hub shows its value once.

    It is written to a file if the server has a secrets directory; otherwise it enters this conversation,
    after the user approves. Needs an owner's password sign-in.
    """

    http = POST("/v2/orgs/{name}/access-tokens")
    effect = Effect.CREATE
    scope = Scope.ORGANIZATION
    area = Area.ORG_ACCESS_TOKENS
    title = "Create organization access token"
    outcome_tool = "list_org_access_tokens"
    accepts_pat = False
    secret_field = "token"

    name: OrgName
    label: OrgTokenLabel
    resources: OrgTokenResources
    description: OrgTokenDescription = None
    expires_at: Annotated[
        UtcDatetime | None,
        Field(description="Expiry, as in 2027-01-31T00:00:00Z; never if left out. Cannot be changed later."),
    ] = None


class UpdateOrgAccessToken(Mutation, Method[OrgAccessTokenDetail]):
    """Rename, deactivate, reactivate or re-scope an access token of an organization.

    resources replaces all of them. The expiry cannot be changed. Needs an owner's password sign-in.
    """

    http = PATCH("/v2/orgs/{org_name}/access-tokens/{access_token_id}")
    effect = Effect.UPDATE
    scope = Scope.ORGANIZATION
    area = Area.ORG_ACCESS_TOKENS
    title = "Update organization access token"
    outcome_tool = "get_org_access_token"
    accepts_pat = False
    is_enabled_by_default = False

    org_name: OrgName
    access_token_id: TokenId
    label: OrgTokenLabel | None = None
    description: OrgTokenDescription = None
    resources: OrgTokenResources | None = None
    is_active: Annotated[bool | None, Field(description="False revokes its access.", examples=[False])] = None

    def current_state_call(self) -> GetOrgAccessToken:
        """Return the call that reads the token."""
        return GetOrgAccessToken(org_name=self.org_name, access_token_id=self.access_token_id)

    def loss_text(self, current: Any) -> str:
        """Describe which permissions end and begin, and the other changes."""
        label = to_single_line(repr(current.label))
        ending = " Its users lose access." if self.is_active is False else ""
        if self.resources is None:
            return f"{label}: {super().loss_text(current)}{ending}"
        new: set[Any] = {(r.type, r.path, scope) for r in self.resources for scope in r.scopes}
        old: set[Any] = {(r.type, r.path, scope) for r in current.resources or [] for scope in r.scopes or []}
        removed, added = _format_permissions(old - new), _format_permissions(new - old)
        text = f"The access token {label} of {self.org_name}. Permissions removed: {removed}. "
        text += f"Permissions added: {added}."
        rest = self.model_copy(update={"resources": None})
        return (
            f"{text} {super(UpdateOrgAccessToken, rest).loss_text(current)}{ending}"
            if rest.build_body()
            else text
        )

    @model_validator(mode="after")
    def _require_changes(self) -> Self:
        self.require_any("label", "description", "resources", "is_active")
        return self


def _format_permissions(permissions: set[Any]) -> str:
    return ", ".join(f"{scope} on {path}" for _, path, scope in sorted(permissions, key=str)) or "none"


class DeleteOrgAccessToken(Mutation, NoContent, Method[Acknowledgement]):
    """Delete an access token of an organization for good. Needs an owner's password sign-in."""

    http = DELETE("/v2/orgs/{org_name}/access-tokens/{access_token_id}")
    effect = Effect.DELETE
    scope = Scope.ORGANIZATION
    area = Area.ORG_ACCESS_TOKENS
    title = "Delete organization access token"
    outcome_tool = "list_org_access_tokens"
    accepts_pat = False

    org_name: OrgName
    access_token_id: TokenId

    def current_state_call(self) -> GetOrgAccessToken:
        """Return the call that reads the token."""
        return GetOrgAccessToken(org_name=self.org_name, access_token_id=self.access_token_id)

    def loss_text(self, current: Any) -> str:
        """Describe the token that is deleted."""
        used = f"last used {day}" if (day := format_day(current.last_used_at)) else "never used"
        created = f"created {day}, " if (day := format_day(current.created_at)) else ""
        label = to_single_line(str(current.label))
        facts = f"{self.access_token_id}, {created}{used}"
        token = f"The access token {label!r} of {self.org_name} ({facts})"
        return f"{token} is deleted for good; its users lose access."

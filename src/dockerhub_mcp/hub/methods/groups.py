"""Groups, which the Hub's pages call teams.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/groups.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from dockerhub_mcp.hub.api.method import DELETE, GET, PATCH, POST, PUT, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Write
from dockerhub_mcp.hub.api.types import Filled, MaxItems, OrgName, PageNumber, PageSize, Username
from dockerhub_mcp.hub.methods.mixins import NoContent
from dockerhub_mcp.hub.models import Done, GroupMember, OrgGroup, Page
from dockerhub_mcp.hub.redaction import plain

GroupName = Annotated[str, Filled, Field(description="Group (team) name.", examples=["platform"])]
GroupDescription = Annotated[
    str | None, Field(description="What the group is for.", examples=["Base images"])
]


class InOrganization(Method[Any]):
    """A method on the groups of an organization."""

    scope = Scope.ORGANIZATION
    area = Area.GROUPS
    oat_scope = "scope-group-edit"
    pat = False

    org_name: OrgName


class ListOrgGroups(InOrganization, Method[Page[OrgGroup]]):
    """List the groups (teams) of an organization.

    Needs an owner's password sign-in or an organization access token with scope-group-read.
    """

    http = GET("/v2/orgs/{org_name}/groups")
    effect = Effect.READ
    title = "List organization groups"
    oat_scope = "scope-group-read"

    username: Annotated[
        str | None, Field(description="Only groups that this user is in.", examples=["ada"])
    ] = None
    search: Annotated[
        str | None, Field(description="Only groups whose name contains this.", examples=["platform"])
    ] = None
    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None


class GetOrgGroup(InOrganization, Method[OrgGroup]):
    """Read one group (team) of an organization, with its numeric id."""

    http = GET("/v2/orgs/{org_name}/groups/{group_name}")
    effect = Effect.READ
    title = "Get organization group"
    oat_scope = "scope-group-read"
    by_default = False

    group_name: GroupName


class CreateOrgGroup(InOrganization, Write, Method[OrgGroup]):
    """Create a group (team) in an organization. Needs an owner, or a token with scope-group-edit."""

    http = POST("/v2/orgs/{org_name}/groups")
    effect = Effect.CREATE
    title = "Create organization group"

    name: GroupName
    description: GroupDescription = None


class ChangeGroup(InOrganization, Write):
    """A change of a group, which is read before."""

    group_name: GroupName

    def before(self) -> GetOrgGroup:
        """Read the group."""
        return GetOrgGroup(org_name=self.org_name, group_name=self.group_name)


class ReplaceOrgGroup(ChangeGroup, Method[OrgGroup]):
    """Replace name and description of a group (team); what you leave out stays as it is."""

    http = PUT("/v2/orgs/{org_name}/groups/{group_name}")
    effect = Effect.REPLACE
    title = "Replace organization group"
    must_read = True
    by_default = False

    name: GroupName | None = None
    description: GroupDescription = None

    def completed(self, present: OrgGroup) -> Self:
        """Keep what was not named; the Hub would empty it."""
        kept = {"name": present.name, "description": present.description}
        return self.model_copy(update={k: v for k, v in kept.items() if getattr(self, k) is None})

    def body(self) -> dict[str, Any] | None:
        """Return name and description, the name always among them."""
        self.refuse_gaps("name")
        return super().body()

    @model_validator(mode="after")
    def _something(self) -> Self:
        self.refuse_nothing("name", "description")
        return self


class UpdateOrgGroup(ChangeGroup, Method[OrgGroup]):
    """Change name, description or role of a group (team)."""

    http = PATCH("/v2/orgs/{org_name}/groups/{group_name}")
    effect = Effect.UPDATE
    title = "Update organization group"
    by_default = False

    name: GroupName | None = None
    description: GroupDescription = None
    role: Annotated[
        str | None,
        Field(description="owner, editor, member, or the name of a custom role.", examples=["editor"]),
    ] = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        self.refuse_nothing("name", "description", "role")
        return self


def _members(count: int | None) -> str:
    if count is None:
        return "members lose"
    return "1 member loses" if count == 1 else f"{count} members lose"


class DeleteOrgGroup(ChangeGroup, NoContent, Method[Done]):
    """Delete a group (team); its members lose what it gave them."""

    http = DELETE("/v2/orgs/{org_name}/groups/{group_name}")
    effect = Effect.DELETE
    title = "Delete organization group"
    by_default = False

    def lost(self, present: OrgGroup) -> str:
        """Say how many lose access."""
        return (
            f"The group {self.group_name} of {self.org_name} is deleted; "
            f"its {_members(present.member_count)} the access that it gave them."
        )


class ListOrgGroupMembers(InOrganization, Method[Page[GroupMember]]):
    """List the members of a group (team)."""

    http = GET("/v2/orgs/{org_name}/groups/{group_name}/members")
    effect = Effect.READ
    title = "List members of a group"
    oat_scope = "scope-group-read"
    by_default = False

    group_name: GroupName
    search: Annotated[
        str | None, Field(description="Only members whose name contains this.", examples=["ada"])
    ] = None
    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None


class AddOrgGroupMember(InOrganization, Write, NoContent, Method[Done]):
    """Add a member of the organization to a group (team)."""

    http = POST("/v2/orgs/{org_name}/groups/{group_name}/members")
    effect = Effect.CREATE
    title = "Add a member to a group"
    by_default = False

    group_name: GroupName
    member: Annotated[str, Filled, Field(description="Docker ID.", examples=["ada"])]


class RemoveOrgGroupMember(InOrganization, Write, NoContent, Method[Done]):
    """Remove a member from a group (team); they stay in the organization."""

    http = DELETE("/v2/orgs/{org_name}/groups/{group_name}/members/{username}")
    effect = Effect.DELETE
    title = "Remove a member from a group"
    by_default = False

    group_name: GroupName
    username: Username

    def lost(self, present: Any) -> str:  # noqa: ARG002
        """Say who loses what."""
        group = plain(f"{self.group_name!r} of {self.org_name!r}", 160)
        return f"{plain(repr(self.username), 80)} loses what the group {group} gave them."

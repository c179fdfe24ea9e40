"""Groups, which the Hub's website calls teams.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/groups.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from dockerhub_mcp.hub.api.filters import normalize_searches, quote
from dockerhub_mcp.hub.api.method import DELETE, GET, PATCH, POST, PUT, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import MaxItems, NonEmptyString, OrgName, PageNumber, PageSize, Username
from dockerhub_mcp.hub.methods.mixins import NoContent
from dockerhub_mcp.hub.models import Acknowledgement, GroupMember, OrgGroup, Page
from dockerhub_mcp.hub.redaction import to_single_line

GroupName = Annotated[str, NonEmptyString, Field(description="Group (team) name.", examples=["platform"])]
GroupDescription = Annotated[str | None, Field(description="Purpose of the group.", examples=["Base images"])]


class OrgGroupMethod(Method[Any]):
    """A method on the groups of an organization."""

    scope = Scope.ORGANIZATION
    area = Area.GROUPS
    oat_scope = "scope-group-edit"
    accepts_pat = False

    org_name: OrgName


class ListOrgGroups(OrgGroupMethod, Method[Page[OrgGroup]]):
    """List the groups (teams) of an organization.

    Needs an owner's password sign-in or an organization access token with scope-group-read.
    """

    http = GET("/v2/orgs/{org_name}/groups")
    effect = Effect.READ
    title = "List organization groups"
    oat_scope = "scope-group-read"

    username: Annotated[str | None, Field(description="Only groups of this user.", examples=["ada"])] = None
    search: Annotated[
        str | None, Field(description="Filter by text in the group's name.", examples=["platform"])
    ] = None
    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:  # noqa: ARG003
        """Remove the signs of a pattern from the texts to search for; user names are in lower case."""
        return normalize_searches(arguments)

    def explain_result(self, result: Page[OrgGroup], reference: Any = None) -> list[str]:
        """Add what a user filter takes where no group matches."""
        notes = super().explain_result(result, reference)
        if not result.results and self.page == 1 and self.username:
            notes.append(f"{quote(self.username)} is in no group, or is not the Docker ID of a member.")
        return notes


class GetOrgGroup(OrgGroupMethod, Method[OrgGroup]):
    """Read one group (team) of an organization, with its numeric id."""

    http = GET("/v2/orgs/{org_name}/groups/{group_name}")
    effect = Effect.READ
    title = "Get organization group"
    oat_scope = "scope-group-read"
    is_enabled_by_default = False

    group_name: GroupName


class CreateOrgGroup(OrgGroupMethod, Mutation, Method[OrgGroup]):
    """Create a group (team) in an organization. Needs an owner, or a token with scope-group-edit."""

    http = POST("/v2/orgs/{org_name}/groups")
    effect = Effect.CREATE
    title = "Create organization group"
    outcome_tool = "list_org_groups"

    name: GroupName
    description: GroupDescription = None


class OrgGroupMutation(OrgGroupMethod, Mutation):
    """A mutation of a group, which is read first."""

    group_name: GroupName

    def current_state_call(self) -> GetOrgGroup:
        """Return the call that reads the group."""
        return GetOrgGroup(org_name=self.org_name, group_name=self.group_name)


class ReplaceOrgGroup(OrgGroupMutation, Method[OrgGroup]):
    """Replace name and description of a group (team); what you leave out stays as it is."""

    http = PUT("/v2/orgs/{org_name}/groups/{group_name}")
    effect = Effect.REPLACE
    title = "Replace organization group"
    outcome_tool = "get_org_group"
    requires_current = True
    is_enabled_by_default = False

    name: GroupName | None = None
    description: GroupDescription = None

    def merge_current(self, current: OrgGroup) -> Self:
        """Fill in omitted fields; the Hub would clear them."""
        kept = {"name": current.name, "description": current.description}
        return self.model_copy(update={k: v for k, v in kept.items() if getattr(self, k) is None})

    def build_body(self) -> dict[str, Any] | None:
        """Return the name, which is required, and the description."""
        self.require_all("name")
        return super().build_body()

    @model_validator(mode="after")
    def _require_changes(self) -> Self:
        self.require_any("name", "description")
        return self


class UpdateOrgGroup(OrgGroupMutation, Method[OrgGroup]):
    """Change name, description or role of a group (team)."""

    http = PATCH("/v2/orgs/{org_name}/groups/{group_name}")
    effect = Effect.UPDATE
    title = "Update organization group"
    outcome_tool = "get_org_group"
    is_enabled_by_default = False

    name: GroupName | None = None
    description: GroupDescription = None
    role: Annotated[
        str | None,
        Field(description="owner, editor, member, or the name of a custom role.", examples=["editor"]),
    ] = None

    @model_validator(mode="after")
    def _require_changes(self) -> Self:
        self.require_any("name", "description", "role")
        return self


def _describe_member_loss(count: int | None) -> str:
    if count is None:
        return "members lose"
    return "1 member loses" if count == 1 else f"{count} members lose"


class DeleteOrgGroup(OrgGroupMutation, NoContent, Method[Acknowledgement]):
    """Delete a group (team); its members lose its permissions."""

    http = DELETE("/v2/orgs/{org_name}/groups/{group_name}")
    effect = Effect.DELETE
    title = "Delete organization group"
    outcome_tool = "list_org_groups"
    is_enabled_by_default = False

    def loss_text(self, current: OrgGroup) -> str:
        """Describe how many members lose access."""
        return (
            f"The group {self.group_name} of {self.org_name} is deleted; "
            f"its {_describe_member_loss(current.member_count)} its permissions."
        )


class ListOrgGroupMembers(OrgGroupMethod, Method[Page[GroupMember]]):
    """List the members of a group (team)."""

    http = GET("/v2/orgs/{org_name}/groups/{group_name}/members")
    effect = Effect.READ
    title = "List members of a group"
    oat_scope = "scope-group-read"
    is_enabled_by_default = False

    group_name: GroupName
    search: Annotated[
        str | None, Field(description="Filter by text in the member's name.", examples=["ada"])
    ] = None
    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:  # noqa: ARG003
        """Remove the signs of a pattern from the text to search for."""
        return normalize_searches(arguments)


class AddOrgGroupMember(OrgGroupMethod, Mutation, NoContent, Method[Acknowledgement]):
    """Add a member of the organization to a group (team)."""

    http = POST("/v2/orgs/{org_name}/groups/{group_name}/members")
    effect = Effect.CREATE
    title = "Add a member to a group"
    acknowledging_fields = ("username", "member", "id")
    outcome_tool = "list_org_group_members"
    is_enabled_by_default = False

    group_name: GroupName
    member: Annotated[str, NonEmptyString, Field(description="Docker ID.", examples=["ada"])]


class RemoveOrgGroupMember(OrgGroupMethod, Mutation, NoContent, Method[Acknowledgement]):
    """Remove a member from a group (team); they stay in the organization."""

    http = DELETE("/v2/orgs/{org_name}/groups/{group_name}/members/{username}")
    effect = Effect.DELETE
    title = "Remove a member from a group"
    outcome_tool = "list_org_group_members"
    is_enabled_by_default = False

    group_name: GroupName
    username: Username

    def loss_text(self, current: Any) -> str:  # noqa: ARG002
        """Describe the member and the group."""
        group = to_single_line(f"{self.group_name!r} of {self.org_name!r}", 600)
        return f"{to_single_line(repr(self.username))} loses the permissions of the group {group}."

"""The members of groups, which the Hub's website calls teams.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/groups.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from dockerhub_mcp.hub.api.filters import normalize_searches
from dockerhub_mcp.hub.api.impact import Impact, StateReader, is_complete, read_as_editor
from dockerhub_mcp.hub.api.method import DELETE, GET, POST, Effect, Method
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import MaxItems, PageNumber, PageSize, Username
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.methods.groups import GetOrgGroup, GroupName, OrgGroupMethod
from dockerhub_mcp.hub.methods.members import (
    ListOrgMembers,
    describe_member,
    find_member,
    missing_member_error,
)
from dockerhub_mcp.hub.methods.mixins import NoContent
from dockerhub_mcp.hub.methods.roles import is_owners_team, last_owner_error
from dockerhub_mcp.hub.methods.team_rights import read_team_rights
from dockerhub_mcp.hub.models import Acknowledgement, GroupMember, OrgGroup, Page
from dockerhub_mcp.hub.quoting import quote_name


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
    member: Username
    gives = "a member the permissions of the team; `owners` means full control of the organization"

    def current_state_call(self) -> GetOrgGroup:
        """Return the call that reads the group."""
        return GetOrgGroup(org_name=self.org_name, group_name=self.group_name)

    async def examine(self, read: StateReader, current: OrgGroup | None) -> tuple[str, bool, str]:
        """Read the member and the group.

        Returns:
            The member, whether they are in the group already, and what its members may do.

        Raises:
            InvalidRequest: The organization has no such member.
        """
        members = await read(ListOrgMembers(org_name=self.org_name, search=self.member, page_size=100))
        member = None if members is None else find_member(members, self.member)
        if members is not None and member is None and is_complete(members) and "@" not in self.member:
            raise missing_member_error(members, self.org_name, self.member)
        role = current.role if current else None
        rights = await read_team_rights(read, self.org_name, self.group_name, role)
        is_in_group = await _is_in_group(read, self.org_name, self.group_name, self.member)
        return describe_member(self.member, member), is_in_group is True, rights

    def assess(self, current: OrgGroup | None, facts: Any) -> Impact:  # noqa: ARG002
        """Describe the member, the group and what it may do."""
        name, is_in_group, rights = facts or (quote_name(self.member), False, "its rights are unknown")
        team = f"the team {quote_name(self.group_name)} of {quote_name(self.org_name)}"
        if is_in_group:
            return Impact(f"{name} is in {team} already.", is_change=False)
        return Impact(f"You add {name} to {team}, which means: {rights}.", gives=True)

    def assess_unread(self, facts: Any) -> Impact:
        """Describe the member and the group, which this sign-in may change but not read."""
        return self.assess(None, facts)


class RemoveOrgGroupMember(OrgGroupMethod, Mutation, NoContent, Method[Acknowledgement]):
    """Remove a member from a group (team); they stay in the organization."""

    http = DELETE("/v2/orgs/{org_name}/groups/{group_name}/members/{username}")
    effect = Effect.DELETE
    title = "Remove a member from a group"
    outcome_tool = "list_org_group_members"
    is_enabled_by_default = False

    group_name: GroupName
    username: Username

    takes = "the permissions of the team from the member"

    async def examine(self, read: StateReader, current: Any) -> str:  # noqa: ARG002
        """Check that the user is in the group, and return what its members may do.

        Raises:
            InvalidRequest: The user is not in the group, or is the last owner.
        """
        if await _is_in_group(read, self.org_name, self.group_name, self.username) is False:
            what = f"{quote_name(self.username)} is not in the group {quote_name(self.group_name)} of "
            what += f"{quote_name(self.org_name)}; nothing was sent."
            raise InvalidRequest(what, remedy="See list_org_group_members.")
        if is_owners_team(self.group_name):
            owners = await read(ListOrgGroupMembers(org_name=self.org_name, group_name=self.group_name))
            if is_complete(owners) and owners is not None and len(owners.results) == 1:
                raise last_owner_error(self.username, self.org_name)
        return await read_team_rights(read, self.org_name, self.group_name)

    def assess(self, current: Any, facts: Any) -> Impact:  # noqa: ARG002
        """Describe the member, the group and what it may do."""
        group = f"{quote_name(self.group_name)} of {quote_name(self.org_name)}"
        rights = f": {facts}" if facts else ""
        return Impact(
            f"{quote_name(self.username)} loses the permissions of the group {group}{rights}.", takes=True
        )


async def _is_in_group(read: StateReader, org: str, group: str, username: str) -> bool | None:
    """Tell whether a user is a member of a group; None where that cannot be read."""
    call = ListOrgGroupMembers(org_name=org, group_name=group, search=username, page_size=100)
    members = await read_as_editor(read, call)
    if members is None:
        return None
    if any((member.username or "").lower() == username.lower() for member in members.results):
        return True
    return False if is_complete(members) else None

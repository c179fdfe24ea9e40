"""The members of groups, which the Hub's website calls teams.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/groups.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from dockerhub_mcp.hub.api.filters import normalize_searches
from dockerhub_mcp.hub.api.impact import Impact, StateReader, is_complete, read_as_editor
from dockerhub_mcp.hub.api.method import DELETE, GET, LOCAL, POST, Effect, Method
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
from dockerhub_mcp.hub.models import Acknowledgement, GroupMember, OrgGroup, OrgMember, Page
from dockerhub_mcp.hub.quoting import list_names, quote_name


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
    """Add one or several members of the organization to a group (team), after one confirmation for all."""

    http = POST("/v2/orgs/{org_name}/groups/{group_name}/members")
    effect = Effect.CREATE
    title = "Add members to a group"
    acknowledging_fields = ("username", "member", "id")
    outcome_tool = "list_org_group_members"

    group_name: GroupName
    member: Username | None = None
    members: Annotated[
        list[Username] | None,
        LOCAL,
        Field(
            min_length=1,
            max_length=50,
            description="Docker IDs, in place of member.",
            examples=[["ada", "linus"]],
        ),
    ] = None
    gives = "members the permissions of the team; `owners` means full control of the organization"

    @property
    def names(self) -> list[str]:
        """The Docker IDs of the members to add, each once."""
        return list(dict.fromkeys(self.members or ([self.member] if self.member else [])))

    def current_state_call(self) -> GetOrgGroup:
        """Return the call that reads the group."""
        return GetOrgGroup(org_name=self.org_name, group_name=self.group_name)

    def split(self, facts: Any) -> list[Self]:
        """Return a call for each member that is not in the group yet: the Hub adds one at a time."""
        present = {name for name, _, is_in_group in facts[0] if is_in_group} if facts else set()
        return [
            self.model_copy(update={"member": name, "members": None})
            for name in self.names
            if name not in present
        ]

    async def examine(
        self, read: StateReader, current: OrgGroup | None
    ) -> tuple[list[tuple[str, str, bool]], str]:
        """Read the members and the group.

        Returns:
            Each name with its description and whether it is in the group already, and the group's rights.
            The description says where it was not checked whether this is a member, and a guest.

        Raises:
            InvalidRequest: The organization lacks such a member.
        """
        described = await self._describe_members(read)
        role = current.role if current else None
        rights = await read_team_rights(read, self.org_name, self.group_name, role)
        present = await self._find_present(read)
        return [(name, text, name in present) for name, text in described.items()], rights

    async def _describe_members(self, read: StateReader) -> dict[str, str]:
        """Return the names with their descriptions.

        Raises:
            InvalidRequest: The organization lacks such a member.
        """
        pages: dict[str, Page[OrgMember] | None] = {}
        if len(self.names) > _MAX_SEARCHES:
            whole = await read(ListOrgMembers(org_name=self.org_name, page_size=100))
            pages = dict.fromkeys(self.names, whole)
        for name in self.names:
            if name not in pages:
                page = await read(ListOrgMembers(org_name=self.org_name, search=name, page_size=100))
                pages[name] = page
        found = {name: find_member(page, name) if page else None for name, page in pages.items()}
        missing = [
            (name, page)
            for name, page in pages.items()
            if page is not None and found[name] is None and is_complete(page) and "@" not in name
        ]
        if len(missing) == 1:
            name, searched = missing[0]
            raise missing_member_error(searched, self.org_name, name)
        if missing:
            listed = list_names(name for name, _ in missing)
            what = f"{quote_name(self.org_name)} has no members {listed}; nothing was sent."
            raise InvalidRequest(what, remedy="See list_org_members; invited people are not members yet.")
        return {
            name: f"{quote_name(name)} (not checked)"
            if found[name] is None
            else describe_member(name, found[name])
            for name in self.names
        }

    async def _find_present(self, read: StateReader) -> set[str]:
        """Return the names that are known to be in the group."""
        if len(self.names) == 1:
            name = self.names[0]
            return {name} if await _is_in_group(read, self.org_name, self.group_name, name) else set()
        call = ListOrgGroupMembers(org_name=self.org_name, group_name=self.group_name, page_size=100)
        members = await read_as_editor(read, call)
        return {str(each.username).lower() for each in members.results} if members else set()

    def assess(self, current: OrgGroup | None, facts: Any) -> Impact:  # noqa: ARG002
        """Describe the members, the group and what it may do."""
        described, rights = facts or ([(name, quote_name(name), False) for name in self.names], "")
        rights = rights or "its rights are unknown"
        team = f"the team {quote_name(self.group_name)} of {quote_name(self.org_name)}"
        added = [text for _, text, is_in_group in described if not is_in_group]
        present = [text for _, text, is_in_group in described if is_in_group]
        already = f"{', '.join(present)} {'is' if len(present) == 1 else 'are'} in {team} already."
        if not added:
            return Impact(already, is_change=False)
        if len(described) == 1:
            return Impact(f"You add {added[0]} to {team}, which means: {rights}.", gives=True)
        count = "1 member" if len(added) == 1 else f"{len(added)} members"
        text = f"You add {count} to {team}: {', '.join(added)}. For each this means: {rights}."
        return Impact(f"{text}{f' {already}' if present else ''}", gives=True)

    def assess_unread(self, facts: Any) -> Impact:
        """Describe the members and the group, which this sign-in may change but not read."""
        return self.assess(None, facts)

    @model_validator(mode="after")
    def _require_member_or_members(self) -> Self:
        if (self.member is None) == (self.members is None):
            msg = "give member (a Docker ID) or members (a list of them), one of the two"
            raise ValueError(msg)
        return self


_MAX_SEARCHES = 5
"""Names up to which each is searched among the members; for more, all members are read."""


class RemoveOrgGroupMember(OrgGroupMethod, Mutation, NoContent, Method[Acknowledgement]):
    """Remove a member from a group (team); they stay in the organization."""

    http = DELETE("/v2/orgs/{org_name}/groups/{group_name}/members/{username}")
    effect = Effect.DELETE
    title = "Remove a member from a group"
    outcome_tool = "list_org_group_members"

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

"""Groups, which the Hub's website calls teams.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/groups.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from dockerhub_mcp.hub.api.filters import normalize_searches, quote
from dockerhub_mcp.hub.api.impact import Impact, StateReader
from dockerhub_mcp.hub.api.method import DELETE, GET, PATCH, POST, PUT, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import MaxItems, NonEmptyString, OrgName, PageNumber, PageSize
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.methods.mixins import NoContent
from dockerhub_mcp.hub.methods.roles import (
    RoleName,
    check_role,
    compare_roles,
    describe_role_rights,
    is_owners_team,
    name_role,
)
from dockerhub_mcp.hub.methods.team_rights import read_team_rights
from dockerhub_mcp.hub.models import Acknowledgement, OrgGroup, Page
from dockerhub_mcp.hub.quoting import quote_name

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
    unasked = "a new team has no members and no permissions"

    name: GroupName
    description: GroupDescription = None

    async def examine(self, read: StateReader, current: Any) -> None:  # noqa: ARG002
        """Check in a dry run that there is no such group; otherwise the Hub itself refuses it.

        Raises:
            InvalidRequest: There is a group with this name.
        """
        if self.dry_run:
            await _check_name_is_free(read, self.org_name, self.name)

    def assess(self, current: Any, facts: Any) -> Impact:  # noqa: ARG002
        """Describe the new group."""
        name = f"{quote_name(self.name)} in {quote_name(self.org_name)}"
        return Impact(f"You create the team {name}; it has no members and no permissions.")


async def _check_name_is_free(read: StateReader, org: str, name: str) -> None:
    """Check that an organization has no group with a name.

    Raises:
        InvalidRequest: It has one.
    """
    if await read(GetOrgGroup(org_name=org, group_name=name)) is not None:
        what = f"{quote_name(org)} has a group {quote_name(name)} already; nothing was sent."
        raise InvalidRequest(what, remedy="Choose another name.")


class OrgGroupMutation(OrgGroupMethod, Mutation):
    """A mutation of a group, which is read first."""

    group_name: GroupName

    def current_state_call(self) -> GetOrgGroup:
        """Return the call that reads the group."""
        return GetOrgGroup(org_name=self.org_name, group_name=self.group_name)

    def _check_owners_team_stays(self) -> None:
        """Check that the group is not the one of the owners.

        Raises:
            InvalidRequest: It is; the Hub neither renames nor deletes it.
        """
        if is_owners_team(self.group_name):
            what = f"The group owners of {quote_name(self.org_name)} can be neither renamed nor deleted, and "
            what += "its role cannot be changed; nothing was sent."
            raise InvalidRequest(what, why="Every organization has this group.", remedy="Use another group.")

    async def _check_new_name(self, read: StateReader, name: str | None, current: OrgGroup | None) -> None:
        if name is None or not self._is_renamed(name, current):
            return
        self._check_owners_team_stays()
        if name.lower() != self.group_name.lower():
            await _check_name_is_free(read, self.org_name, name)

    def _is_renamed(self, name: str | None, current: OrgGroup | None) -> bool:
        return name is not None and name != (current.name if current else None)


class ReplaceOrgGroup(OrgGroupMutation, Method[OrgGroup]):
    """Replace name and description of a group (team); what you leave out stays as it is."""

    http = PUT("/v2/orgs/{org_name}/groups/{group_name}")
    effect = Effect.REPLACE
    title = "Replace organization group"
    outcome_tool = "get_org_group"
    requires_current = True
    unasked = "name and description are texts; members and permissions stay"

    name: GroupName | None = None
    description: GroupDescription = None

    def merge_current(self, current: OrgGroup) -> Self:
        """Fill in omitted fields; the Hub would clear them."""
        kept = {"name": current.name, "description": current.description}
        return self.model_copy(update={k: v for k, v in kept.items() if getattr(self, k) is None})

    async def examine(self, read: StateReader, current: Any) -> None:
        """Check that the group of the owners is not renamed, and that a new name is free.

        Raises:
            InvalidRequest: The Hub would refuse the name.
        """
        await self._check_new_name(read, self.name, current)

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
    gives = "its members a higher role, or a custom one"
    takes = "from its members a higher role, or a custom one"
    unasked = "a new name or description: these are texts"

    name: GroupName | None = None
    description: GroupDescription = None
    role: Annotated[
        RoleName | None,
        Field(description="owner, editor, member, or the name of a custom role.", examples=["editor"]),
    ] = None

    async def examine(self, read: StateReader, current: Any) -> bool:
        """Check that the Hub takes the role, and that the group of the owners stays; return what is known.

        Raises:
            InvalidRequest: The Hub would refuse the call.
        """
        if self._changes_role(current):
            self._check_owners_team_stays()
        await self._check_new_name(read, self.name, current)
        return self.role is None or await check_role(read, self.org_name, self.role)

    def assess(self, current: OrgGroup, facts: Any) -> Impact:
        """Describe the old and the new value of each field, and what a new role may do."""
        changes = super().assess(current, facts)
        if self.role is None or not self._changes_role(current):
            return replace(changes, gives=False, takes=False)
        compared = replace(compare_roles(current.role or "member", self.role), is_change=True)
        count = "the member" if current.member_count == 1 else f"the {current.member_count or ''} members"
        count = " ".join(count.split())
        text = f"You give {count} of the team {quote_name(self.group_name)} of {quote_name(self.org_name)} "
        text += f"the {name_role(self.role)} instead of {quote_name(current.role or 'none')}: "
        text += f"{describe_role_rights(self.role, is_known=facts is not False)}. {changes.text}"
        return replace(compared, text=text)

    def assess_unread(self, facts: Any) -> Impact:
        """Describe the new values."""
        impact = super().assess_unread(facts)
        has_role = self.role is not None
        return replace(impact, gives=has_role, takes=has_role)

    def _changes_role(self, current: OrgGroup | None) -> bool:
        before = (current.role or "") if current else ""
        return self.role is not None and self.role.lower() != before.lower()

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

    takes = "the permissions of the team from its members"

    async def examine(self, read: StateReader, current: OrgGroup | None) -> str:
        """Check that it is not the group of the owners, and return what its members may do.

        Raises:
            InvalidRequest: The Hub never deletes the group.
        """
        self._check_owners_team_stays()
        return await read_team_rights(read, self.org_name, self.group_name, current.role if current else None)

    def assess(self, current: OrgGroup, facts: Any) -> Impact:
        """Describe how many members lose access."""
        name = f"{quote_name(self.group_name)} of {quote_name(self.org_name)}"
        lost = f"its {_describe_member_loss(current.member_count)} its permissions"
        return Impact(f"The group {name} is deleted; {lost}{f': {facts}' if facts else ''}.", takes=True)

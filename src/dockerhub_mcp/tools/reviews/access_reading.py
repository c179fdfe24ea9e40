"""Reading members, teams, permissions and invitations of an organization."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dockerhub_mcp.hub import CredentialKind, Hub
from dockerhub_mcp.hub.methods import ListOrgGroups, ListOrgInvites, ListOrgMembers, ListRepositoryGroups
from dockerhub_mcp.hub.methods.roles import is_owners_team
from dockerhub_mcp.hub.methods.team_rights import ListTeamRepositories
from dockerhub_mcp.hub.models import OrgGroup, OrgMember
from dockerhub_mcp.hub.quoting import quote_name
from dockerhub_mcp.tools.reviews.access_models import ReviewedInvitation
from dockerhub_mcp.tools.reviews.reading import ReviewReader

MEMBERS, TEAMS = "the members", "the teams"
"""What these lists contain, for `is_whole` and for the reason of an incomplete review."""
_REPOSITORY_TEAMS = "the permissions of the teams"
_INVITED_ROLE = "invitee"
"""The role of people in the list of members that have not accepted the invitation yet."""
_MAX_TEAMS = 60
"""The most teams of which the permissions are read, with a request each."""


class AccessReader(ReviewReader):
    """Reads the access to an organization.

    Attributes:
        unread_teams: The teams of which more permissions may exist than were read.

    Args:
        hub: The Hub client.
        now: The current time.
        organization: The name of the organization.
    """

    def __init__(self, hub: Hub, now: datetime, organization: str) -> None:
        super().__init__(hub, now)
        self._organization = organization
        self.unread_teams: set[str] = set()

    async def read_people(self, **filters: Any) -> list[OrgMember]:
        """Return the members that match the filters.

        Raises:
            HubError: They could not be read.
        """
        return await self.require_list(ListOrgMembers(org_name=self._organization, **filters), MEMBERS)

    async def read_members(self) -> list[OrgMember]:
        """Return the members, without the people that are only invited.

        Raises:
            HubError: They could not be read.
        """
        return select_members(await self.read_people())

    async def find_member(self, username: str) -> OrgMember | None:
        """Return the member with this name or e-mail address; the Hub's search matches parts of them."""
        found = select_members(await self.read_people(search=username))
        wanted = username.lower()
        return next((m for m in found if wanted in {str(m.username).lower(), (m.email or "").lower()}), None)

    async def read_teams(self, username: str | None = None) -> dict[str, OrgGroup]:
        """Return the teams by name, those of one member if a name is given; none if they cannot be read."""
        call = ListOrgGroups(org_name=self._organization, username=username)
        return {str(team.name): team for team in await self.try_list(call, TEAMS) or []}

    async def read_permissions(self, teams: Sequence[str]) -> dict[str, dict[str, str] | None]:
        """Return the permissions of teams by repository; the team of the owners needs none."""
        for name in teams[_MAX_TEAMS:]:
            self.add_failure(_describe_permissions(name), f"There are over {_MAX_TEAMS} teams.")
        calls = {
            name: ListTeamRepositories(org_name=self._organization, group_name=name)
            for name in teams[:_MAX_TEAMS]
        }
        read = await self.try_each(calls, _describe_permissions, self.try_list)
        prefix = f"{self._organization}/"
        found: dict[str, dict[str, str] | None] = dict.fromkeys(teams)
        self.unread_teams.update(name for name in teams if not self.is_whole(_describe_permissions(name)))
        for name, rows in read.items():
            if rows is not None:
                found[name] = {str(row.repository).removeprefix(prefix): str(row.permission) for row in rows}
        return found

    async def read_repository_permissions(
        self, repository: str, members: Sequence[OrgMember], teams: Mapping[str, OrgGroup]
    ) -> dict[str, dict[str, str] | None]:
        """Return the permissions of teams in a repository; an organization token reads all of each team."""
        if self._hub.principal.kind is CredentialKind.OAT:
            read = await self.read_permissions(list_team_names(members, teams))
            return {
                name: held if held is None else {key: each for key, each in held.items() if key == repository}
                for name, held in read.items()
            }
        call = ListRepositoryGroups(namespace=self._organization, repository=repository)
        rows = await self.try_list(call, _REPOSITORY_TEAMS)
        held = {str(row.group_name): {repository: str(row.permission)} for row in rows or ()}
        if self.is_whole(_REPOSITORY_TEAMS):
            return dict(held)
        unread = [name for name in list_team_names(members, teams) if name not in held]
        self.unread_teams.update(unread)
        return dict.fromkeys(unread) | held

    async def read_invitations(self, people: Iterable[OrgMember]) -> list[ReviewedInvitation]:
        """Return the invitations, the oldest first; where they cannot be read, those among the members."""
        call = ListOrgInvites(org_name=self._organization)
        invites = await self.try_list(call, "the age and the ids of invitations")
        if invites is None:
            members = select_members(people)
            invited = [person for person in people if person not in members]
            return [
                ReviewedInvitation(invitee=each.email or each.username, teams=each.groups) for each in invited
            ]
        rows = [
            ReviewedInvitation(
                id=each.id,
                invitee=each.invitee,
                teams=[each.team] if each.team else None,
                inviter=each.inviter_username,
                invited=each.created_at,
            )
            for each in invites
        ]
        return sorted(rows, key=lambda row: row.invited or self._now)


def select_members(people: Iterable[OrgMember]) -> list[OrgMember]:
    """Return the people of a list that are members, not only invited."""
    return [each for each in people if each.username and (each.role or "").lower() != _INVITED_ROLE]


def list_team_names(members: Iterable[OrgMember], teams: Iterable[str]) -> list[str]:
    """Return the teams that the organization lists and those that members name, without the owners."""
    named = dict.fromkeys([*teams, *(name for member in members for name in member.groups or ())])
    return [name for name in named if not is_owners_team(name)]


def _describe_permissions(team: str) -> str:
    return f"the permissions of {quote_name(team)}"

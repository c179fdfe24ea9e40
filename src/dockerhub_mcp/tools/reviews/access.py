"""Reviews of the access to an organization, to one of its repositories, or of one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import anyio

from dockerhub_mcp.hub.methods import (
    GetRepository,
    ListOrgInvites,
    ListRepositories,
)
from dockerhub_mcp.hub.models import OrgGroup, OrgMember
from dockerhub_mcp.hub.quoting import list_names, quote_name
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.reviews import rights as access_rights
from dockerhub_mcp.tools.reviews.access_findings import (
    find_organization,
    find_people,
    is_idle,
    is_powerful_guest,
)
from dockerhub_mcp.tools.reviews.access_models import (
    AccessReview,
    ReviewedRepository,
)
from dockerhub_mcp.tools.reviews.access_reading import (
    MEMBERS,
    TEAMS,
    AccessReader,
    list_team_names,
    select_members,
)
from dockerhub_mcp.tools.reviews.access_rows import (
    build_person,
    build_teams,
    build_teams_in,
    count_repositories,
    describe_visibility,
)
from dockerhub_mcp.tools.reviews.reading import fit_rows
from dockerhub_mcp.tools.reviews.rights import PersonRights, TeamPermissions, resolve_rights
from dockerhub_mcp.tools.workflows.base import WorkflowResult

_TEAMS_SHARE, _INVITATIONS_SHARE = 0.2, 0.1
"""The shares of a result that teams and invitations may take."""
_FIRST_ROWS = {"members": "those that stand out first", "invitations": "the oldest first"}
"""The order of rows, for a result that is cut; of the others, the highest permissions come first."""
_TOKENS_NOTE = (
    "Organization access tokens may reach the repository too: see their resources in review_tokens."
)


class AccessReviewer:
    """Reviews the access to an organization.

    Args:
        context: The context of the call.
        organization: The name of the organization.
    """

    def __init__(self, context: ToolContext, organization: str) -> None:
        self._context, self._organization = context, organization
        self._now = context.clock()
        self._reader = AccessReader(context.hub, self._now, organization)
        self._max_bytes = context.result_options.max_bytes
        self._notes: list[str] = []

    async def review_organization(self) -> WorkflowResult:
        """Review all members, teams, invitations and repositories.

        Raises:
            HubError: The members could not be read.
        """
        people = await self._reader.read_people(type="all")
        members = select_members(people)
        read: dict[str, Any] = {}

        async def read_teams() -> None:
            read["teams"] = teams = await self._reader.read_teams()
            read["permissions"] = await self._reader.read_permissions(list_team_names(members, teams))

        async def read_others() -> None:
            read["invitations"] = await self._reader.read_invitations(people)
            call = ListRepositories(namespace=self._organization)
            read["repositories"] = await self._reader.try_list(call, "the repositories")
            if hidden := call.describe_hidden_items(self._context.hub.principal):
                self._reader.add_failure("private repositories", hidden)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read_teams)
            tasks.start_soon(read_others)
        teams, permissions, invitations = read["teams"], read["permissions"], read["invitations"]
        repositories = read["repositories"]
        rights = self._resolve(members, teams, permissions)
        data = self._build_review(members)
        data.repositories = None if repositories is None else count_repositories(repositories)
        data.attention = [
            *find_people(members, rights, self._now, knows_all_owners=self._reader.is_whole(MEMBERS)),
            *find_organization(teams.values(), invitations, repositories or [], self._now),
        ]
        rows = [
            build_person(each, access=rights[str(each.username)].describe())
            for each in sorted(members, key=lambda member: self._rank(member, rights))
        ]
        data.people = self._fit(rows, "members", "username")
        team_rows = build_teams(teams, permissions, self._reader.unread_teams)
        data.teams = self._fit(team_rows, "teams", "repository", _TEAMS_SHARE) or None
        data.invitations = self._fit(invitations, "invitations", "username", _INVITATIONS_SHARE) or None
        return self._finish(data, rights)

    async def review_person(self, username: str) -> WorkflowResult:
        """Review what one person may do in the repositories of the organization.

        Raises:
            HubError: The members could not be read.
        """
        member = await self._reader.find_member(username)
        data = AccessReview(organization=self._organization, username=username)
        if member is None:
            return await self._finish_without_member(data, username)
        teams = await self._reader.read_teams(username=member.username)
        rights = resolve_rights(member, teams, {})
        if not rights.manages_all:
            permissions = await self._reader.read_permissions(list_team_names([member], {}))
            rights = self._resolve([member], teams, permissions)[str(member.username)]
        data.people = [build_person(member, access=rights.describe())]
        ranked = sorted(
            rights.by_repository.items(), key=lambda held: (-access_rights.rank_permission(held[1]), held[0])
        )
        rows = [
            ReviewedRepository(
                repository=name,
                permission=permission,
                through=" and ".join(map(quote_name, rights.teams_by_repository[name])),
            )
            for name, permission in ranked
        ]
        data.permissions = self._fit(rows, "repositories", "repository") or None
        return self._finish(data, {username: rights})

    async def review_repository(self, repository: str, username: str | None) -> WorkflowResult:
        """Review the access to one repository; of one person, if a name is given.

        Raises:
            HubError: The repository or the members could not be read.
        """
        place = {"namespace": self._organization, "repository": repository}
        found = await self._reader.require(GetRepository(**place))
        member = await self._reader.find_member(username) if username else None
        data = AccessReview(
            organization=self._organization,
            repository=f"{self._organization}/{repository}",
            visibility=describe_visibility(found),
            username=username,
        )
        if username and member is None:
            return await self._finish_without_member(data, username)
        members = [member] if member else await self._reader.read_members()
        teams = await self._reader.read_teams(username=member.username if member else None)
        permissions = await self._reader.read_repository_permissions(repository, members, teams)
        rights = self._resolve(members, teams, permissions)
        ranked = sorted(members, key=lambda each: _rank_in(repository, each, rights))
        rows = [
            build_person(
                each,
                permission=held.describe_in(repository),
                through=held.describe_source(repository) or None,
            )
            for each in ranked
            for held in [rights[str(each.username)]]
            if member or held.describe_in(repository) != access_rights.NONE
        ]
        data.people = self._fit(rows, "people", "username")
        data.attention = find_people_in(members, rights, repository, self._now) or None
        if not member:
            data.members = access_rights.count_roles(members)
            held_by = build_teams_in(repository, teams, permissions)
            data.teams = self._fit(held_by, "teams", "username", _TEAMS_SHARE) or None
            if managing := access_rights.list_managing_teams(teams):
                noun = "team" if len(managing) == 1 else "teams"
                by = "its role" if len(managing) == 1 else "their roles"
                verb = "administers" if len(managing) == 1 else "administer"
                self._notes.append(f"The {noun} {list_names(managing)} {verb} every repository by {by}.")
            if without := len(members) - len(rows):
                have = "The other member has" if without == 1 else f"The other {without} members have"
                self._notes.append(f"{have} no permission beyond that of everyone.")
        self._notes.append(_TOKENS_NOTE)
        return self._finish(data, rights)

    async def _finish_without_member(self, data: AccessReview, username: str) -> WorkflowResult:
        invites = await self._reader.try_list(ListOrgInvites(org_name=self._organization), "the invitations")
        invite = next((each for each in invites or () if (each.invitee or "").lower() == username), None)
        what = f"{quote_name(username)} is no member of {quote_name(self._organization)}"
        if not self._reader.is_whole(MEMBERS):
            what = (
                f"{quote_name(username)} is not among the members of {quote_name(self._organization)} "
                "that could be read"
            )
        if invite is not None:
            team = f", into the team {quote_name(invite.team)}" if invite.team else ""
            what += f", but has an open invitation ({invite.id}){team}"
        self._notes.append(f"{what}. Everyone can pull its public repositories.")
        return self._finish(data)

    def _resolve(
        self, members: Sequence[OrgMember], teams: Mapping[str, OrgGroup], permissions: TeamPermissions
    ) -> dict[str, PersonRights]:
        """Return what each member may do, by username."""
        if self._reader.is_whole(TEAMS):
            for name in {name: None for m in members for name in access_rights.find_unlisted_teams(m, teams)}:
                self._reader.add_failure(f"the team {quote_name(name)}", "The Hub did not list it.")
        unread = self._reader.unread_teams
        return {str(m.username): resolve_rights(m, teams, permissions, unread) for m in members}

    def _build_review(self, members: Sequence[OrgMember]) -> AccessReview:
        return AccessReview(
            organization=self._organization, members=access_rights.count_roles(members), people=[]
        )

    def _rank(self, member: OrgMember, rights: Mapping[str, PersonRights]) -> tuple[Any, ...]:
        """Return the place of a member: what stands out first, then by role and name."""
        held = rights[str(member.username)]
        stands_out = is_powerful_guest(member, held) or (
            bool(held.manages_all) and is_idle(member, self._now)
        )
        return not stands_out, access_rights.rank_role(member.role), not member.is_guest, member.username

    def _fit(self, rows: list[Any], what: str, argument: str, share: float = 0.5) -> list[Any]:
        """Return the rows that fit into a share of the result; a note says how many there are."""
        first = _FIRST_ROWS.get(what, "the highest permissions first")
        kept = fit_rows(rows, int(self._max_bytes * share))
        if len(kept) < len(rows):
            self._notes.append(
                f"CUT for its size: {len(kept)} of {len(rows)} {what} are listed, {first}. "
                f"Give {argument} for others."
            )
        return kept

    def _finish(self, data: AccessReview, rights: Mapping[str, PersonRights] | None = None) -> WorkflowResult:
        data.requests = self._reader.requests
        custom = {role: None for each in (rights or {}).values() for role in each.custom_roles}
        if custom:
            noun = "role" if len(custom) == 1 else "roles"
            self._notes.append(f"What the custom {noun} {list_names(custom)} may do is unknown here.")
        unnamed = sum(access_rights.UNNAMED_TEAMS in each.unread_teams for each in (rights or {}).values())
        if unnamed:
            self._reader.add_failure(f"the teams of {_count_members(unnamed)}", "The Hub did not name them.")
        if without_role := sum(not each.is_role_known for each in (rights or {}).values()):
            self._reader.add_failure(
                f"the role of {_count_members(without_role)}", "The Hub did not name it."
            )
        return WorkflowResult(data, self._notes, self._reader.describe_failures())


def _count_members(count: int) -> str:
    return "1 member" if count == 1 else f"{count} members"


def find_people_in(
    members: Sequence[OrgMember], rights: Mapping[str, PersonRights], repository: str, now: Any
) -> list[Any]:
    """Return what stands out among the members with a permission in a repository."""
    able = [m for m in members if rights[str(m.username)].permission_in(repository) != access_rights.NONE]
    return [each for each in find_people(able, rights, now) if each.finding != "the only owner"]


def _rank_in(repository: str, member: OrgMember, rights: Mapping[str, PersonRights]) -> tuple[Any, ...]:
    permission = rights[str(member.username)].permission_in(repository)
    rank = access_rights.rank_permission(permission)
    return -rank, not member.is_guest, access_rights.rank_role(member.role), member.username

"""Invitations to organizations. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/invites."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, field_validator

from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.api.impact import Impact, StateReader, is_complete, read_as_editor
from dockerhub_mcp.hub.api.marks import ORGANIZATION
from dockerhub_mcp.hub.api.method import DELETE, GET, LOCAL, PATCH, POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import OrgName
from dockerhub_mcp.hub.errors import Forbidden, HubError, InvalidRequest, NotFound
from dockerhub_mcp.hub.methods.account import ListOrganizations
from dockerhub_mcp.hub.methods.groups import GetOrgGroup
from dockerhub_mcp.hub.methods.members import ListOrgMembers
from dockerhub_mcp.hub.methods.mixins import NoContent
from dockerhub_mcp.hub.methods.roles import RoleName, check_role, describe_role_rights, name_role
from dockerhub_mcp.hub.methods.team_rights import read_team_rights
from dockerhub_mcp.hub.models import Acknowledgement, BulkInvites, Invite, OrgGroup, Page
from dockerhub_mcp.hub.quoting import list_names, quote_name

InviteId = Annotated[
    str,
    Field(min_length=1, max_length=255, description="Id from list_org_invites.", examples=["a7a5ef25-8889"]),
]


class ListOrgInvites(Method[Page[Invite]]):
    """List all pending invitations of an organization at once.

    Needs an owner's password sign-in or an organization access token with scope-invite-read.
    """

    http = GET("/v2/orgs/{org_name}/invites")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.INVITES
    title = "List organization invitations"
    oat_scope = "scope-invite-read"
    accepts_pat = False
    is_enabled_by_default = False

    org_name: OrgName


class CreateOrgInvites(Mutation, Method[BulkInvites]):
    """Invite people to an organization, by Docker ID or e-mail address.

    dry_run lets the Hub check the invitees without inviting them.
    """

    http = POST("/v2/invites/bulk")
    effect = Effect.CREATE
    scope = Scope.ORGANIZATION
    area = Area.INVITES
    title = "Invite people to an organization"
    outcome_tool = "list_org_invites"
    oat_scope = "scope-invite-edit"
    accepts_pat = False
    sends_dry_run = True
    gives = "people a role and a team in the organization, once they accept"

    org: OrgName
    invitees: Annotated[
        list[str],
        Field(
            min_length=1, description="Docker IDs or e-mail addresses.", examples=[["ada", "bo@example.com"]]
        ),
    ]
    team: Annotated[str | None, Field(description="Team to put them in.", examples=["developers"])] = None
    role: Annotated[
        RoleName | None,
        Field(description="owner, editor, member or a custom role's name.", examples=["member"]),
    ] = None
    dry_run: Annotated[bool, Field(description="Check only; invite no one.", examples=[True])] = False

    @field_validator("invitees")
    @classmethod
    def _drop_repeated_names(cls, invitees: list[str]) -> list[str]:
        """Keep the first spelling of each name, so that the question counts people."""
        kept: dict[str, str] = {}
        for invitee in invitees:
            kept.setdefault(invitee.strip().lower(), invitee.strip())
        return list(kept.values())

    async def examine(self, read: StateReader, current: Any) -> tuple[str, list[str], bool]:  # noqa: ARG002
        """Check the role and the team.

        Returns:
            What the team may do, the invitees that are members already, and whether the role is known.

        Raises:
            InvalidRequest: The Hub would refuse the role or the team.
        """
        is_known = await check_role(read, self.org, self.role or "member")
        rights = ""
        if self.team:
            team = await read.try_read(GetOrgGroup(org_name=self.org, group_name=self.team))
            if isinstance(team, NotFound) and read.principal.kind is not CredentialKind.OAT:
                what = f"{quote_name(self.org)} has no team {quote_name(self.team)}; nothing was sent."
                raise InvalidRequest(what, remedy="See list_org_groups.")
            role = team.role if isinstance(team, OrgGroup) else None
            rights = await read_team_rights(read, self.org, self.team, role)
        return rights, await self._find_members(read), is_known

    def explain_result(self, result: BulkInvites, reference: Any = None) -> list[str]:
        """Add which of the people were not invited, or are not in the Hub's answer."""
        notes = super().explain_result(result, reference)
        answered = {(each.invitee or "").lower() for each in result.invitees}
        refused = [
            each.invitee or "?"
            for each in result.invitees
            if each.invite is None and each.status not in _EXPECTED_STATUSES
        ]
        if refused:
            notes.append(f"Not reported as invited: {list_names(refused)}; status has the reason.")
        if missing := [name for name in self.invitees if name.lower() not in answered]:
            notes.append(
                f"The Hub's answer does not name {list_names(missing)}: whether they are invited is unknown."
            )
        return notes

    async def _find_members(self, read: StateReader) -> list[str]:
        """Return the invitees that are members already, as far as the members can be read."""
        searches = self.invitees if len(self.invitees) <= _MAX_SEARCHES else [None]
        names: set[str] = set()
        for search in searches:
            page = await read_as_editor(read, ListOrgMembers(org_name=self.org, search=search, page_size=100))
            for member in page.results if page else ():
                names |= {(member.username or "").lower(), (member.email or "").lower()}
        return [invitee for invitee in self.invitees if invitee.lower() in names]

    def assess(self, current: Any, facts: Any) -> Impact:  # noqa: ARG002
        """Describe the invited people, with their role and team."""
        rights, members, is_known = facts or ("its rights are unknown", [], True)
        role = self.role or "member"
        share = f"the {name_role(role)} ({describe_role_rights(role, is_known=is_known)})"
        if self.team:
            share += f" and the team {quote_name(self.team)} ({rights})"
        invited = [name for name in self.invitees if name not in members]
        verb = "is a member" if len(members) == 1 else "are members"
        already = f"{list_names(members)} {verb} already." if members else ""
        if not invited:
            return Impact(already, is_change=False)
        count = "1 person" if len(invited) == 1 else f"{len(invited)} people"
        # The names come last: a long question is cut at its end.
        each = "" if len(invited) == 1 else ", each"
        text = f"You invite {count} to {quote_name(self.org)}{each} with {share}: "
        text += f"{list_names(invited, len(invited))}. {already}"
        unlikely = [name for name in invited if not _LIKELY_INVITEE.fullmatch(name)]
        if unlikely:
            text += f" Neither a Docker ID nor an e-mail address: {list_names(unlikely)}."
        return Impact(text, gives=True)


_LIKELY_INVITEE = re.compile(r"[A-Za-z0-9]{2,}(?:[._-][A-Za-z0-9]+)*|[^@\s]+@[^@\s]+\.[^@\s]+")
_EXPECTED_STATUSES = ("invited", "existing_org_member")
"""The status of people that the Hub invites, and of those that need no invitation."""
_MAX_SEARCHES = 10
"""Invitees up to which each is searched among the members; for more, all members are read."""
_ORGANIZATION_ARGUMENT = Field(description="Organization; looked up if left out.", examples=["acme"])


class InviteMutation(Mutation):
    """A mutation of a pending invitation, which the lists of the organizations name."""

    scope = Scope.ORGANIZATION
    area = Area.INVITES
    oat_scope = "scope-invite-edit"
    accepts_pat = False

    id: InviteId
    org_name: Annotated[OrgName | None, LOCAL, _ORGANIZATION_ARGUMENT, ORGANIZATION] = None

    async def examine(self, read: StateReader, current: Any) -> str:  # noqa: ARG002
        """Return the description of the invitation; without a person where it cannot be read.

        Raises:
            InvalidRequest: No organization of the caller has such an invitation.
        """
        searched, is_searched_whole = [], True
        names = [self.org_name] if self.org_name else await _list_own_organizations(read)
        for name in names or ():
            answer = await read.try_read(ListOrgInvites(org_name=name))
            is_token = read.principal.kind is CredentialKind.OAT
            if isinstance(answer, Forbidden | NotFound) and not is_token:
                if self.org_name:
                    raise answer
                continue  # only accounts that may read the invitations of an organization may change them
            invites = None if isinstance(answer, HubError) else answer
            found = next((each for each in invites.results if each.id == self.id), None) if invites else None
            if found is not None:
                team = f" (team {quote_name(found.team)})" if found.team else ""
                return f"of {quote_name(found.invitee or 'an unknown person')} to {quote_name(name)}{team}"
            searched.append(name)
            is_searched_whole &= is_complete(invites)
        if names and is_searched_whole:
            where = list_names(searched) or "No organization whose invitations this account may read"
            verb = "have" if len(searched) > 1 else "has"
            what = f"{where} {verb} no pending invitation {quote_name(self.id)}; nothing was sent."
            remedy = "See list_org_invites; it may have been accepted, cancelled or expired."
            raise InvalidRequest(what, remedy=remedy)
        return f"{quote_name(self.id)}, whose invitee this sign-in may not read,"


async def _list_own_organizations(read: StateReader) -> list[str] | None:
    """Return the organizations that the caller belongs to; None where they cannot all be read."""
    if read.principal.kind is CredentialKind.OAT:
        return [read.principal.username]
    page = await read(ListOrganizations(page_size=100))
    if page is None or not is_complete(page):
        return None
    return [name for each in page.results if (name := each.orgname or each.username)]


class ResendOrgInvite(InviteMutation, NoContent, Method[Acknowledgement]):
    """Send a pending invitation again."""

    http = PATCH("/v2/invites/{id}/resend")
    effect = Effect.CREATE  # another message; nothing is overwritten
    title = "Resend an invitation"
    acknowledging_fields = ("id", "invitee")
    unasked = "the invitation exists already, with its role and team; only its e-mail is sent again"

    def assess(self, current: Any, facts: Any) -> Impact:  # noqa: ARG002
        """Describe the invitation that is sent again."""
        return Impact(f"The invitation {facts or quote_name(self.id)} is sent again.")


class CancelOrgInvite(InviteMutation, NoContent, Method[Acknowledgement]):
    """Cancel a pending invitation."""

    http = DELETE("/v2/invites/{id}")
    effect = Effect.DELETE
    title = "Cancel an invitation"
    outcome_tool = "list_org_invites"
    takes = "the invitation"

    def assess(self, current: Any, facts: Any) -> Impact:  # noqa: ARG002
        """Describe the invitation that is cancelled."""
        which = facts or quote_name(self.id)
        return Impact(f"The invitation {which} is cancelled; it can no longer be accepted.", takes=True)

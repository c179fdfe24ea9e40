"""Members of organizations. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/orgs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from dockerhub_mcp.hub.api.filters import describe_ignored_filter, normalize_searches
from dockerhub_mcp.hub.api.impact import Impact, StateReader, is_complete
from dockerhub_mcp.hub.api.method import DELETE, GET, PUT, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import MaxItems, NonEmptyString, OrgName, PageNumber, PageSize, Username
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.methods.mixins import NoContent
from dockerhub_mcp.hub.methods.roles import (
    RoleName,
    check_role,
    compare_roles,
    describe_role_rights,
    is_owner_role,
    last_owner_error,
    name_role,
)
from dockerhub_mcp.hub.models import Acknowledgement, MembersExport, OrgMember, Page
from dockerhub_mcp.hub.quoting import list_names, quote_name

_EXPORT_COLUMNS = frozenset({"name", "username", "email"})


class ListOrgMembers(Method[Page[OrgMember]]):
    """List the members of an organization with role and teams.

    Needs an owner's password sign-in or an organization access token with scope-member-read.
    """

    http = GET("/v2/orgs/{org_name}/members")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.MEMBERS
    title = "List organization members"
    oat_scope = "scope-member-read"
    accepts_pat = False

    org_name: OrgName
    search: Annotated[
        str | None, Field(description="Filter by text in the name or email.", examples=["ada"])
    ] = None
    type: Annotated[
        Literal["all", "invitee", "member"] | None,
        Field(description="Members, invited people, or both.", examples=["member"]),
    ] = None
    role: Annotated[
        Literal["owner", "editor", "member"] | None,
        Field(description="Only this role.", examples=["owner"]),
    ] = None
    invites: Annotated[bool | None, Field(description="List invited people as well.", examples=[True])] = None
    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None

    @classmethod
    def normalize(cls, arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:  # noqa: ARG003
        """Remove the signs of a pattern from the text to search for."""
        return normalize_searches(arguments)

    def list_explained_fields(self) -> list[str]:
        """Add the fields of the filter by role."""
        return [*super().list_explained_fields(), "username", "role"]

    def explain_result(self, result: Page[OrgMember], reference: Any = None) -> list[str]:
        """Add that the role was ignored, or that invited people are not searched where no member matches."""
        notes = super().explain_result(result, reference)
        notes += describe_ignored_filter("role", self.role, result.results, _has_role)
        if not result.results and self.page == 1 and self.search and not self._includes_invitees:
            notes.append("Invited people were not searched; type=all includes them.")
        return notes

    @property
    def _includes_invitees(self) -> bool:
        return bool(self.invites) or self.type in {"all", "invitee"}


def _has_role(member: OrgMember, role: str) -> bool:
    return not member.username or (member.role or role).lower() == role  # invited people have no role yet


class MemberMutation(Mutation):
    """A mutation of a member, which is looked up first."""

    scope = Scope.ORGANIZATION
    area = Area.MEMBERS
    oat_scope = "scope-member-edit"
    accepts_pat = False

    org_name: OrgName
    username: Username

    def current_state_call(self) -> ListOrgMembers:
        """Return the call that reads the member."""
        return ListOrgMembers(org_name=self.org_name, search=self.username, page_size=100)

    def merge_current(self, current: Page[OrgMember] | None) -> Self:
        """Check that the member exists.

        Raises:
            InvalidRequest: The organization has no such member.
        """
        if current is not None and find_member(current, self.username) is None:
            raise missing_member_error(current, self.org_name, self.username)
        return self

    async def _check_owner_remains(self, read: StateReader, current: Page[OrgMember] | None) -> None:
        """Check that the member, an owner until now, is not the last one.

        Raises:
            InvalidRequest: The organization has no other owner.
        """
        member = None if current is None else find_member(current, self.username)
        if member is not None and member.role and not is_owner_role(member.role):
            return
        if await read_owners(read, self.org_name) == [self.username.lower()]:
            raise last_owner_error(self.username, self.org_name)


class UpdateOrgMember(MemberMutation, Method[OrgMember]):
    """Change the role of an organization member. Not possible while an invitation is pending.

    Needs an owner's password sign-in or an organization access token with scope-member-edit.
    """

    http = PUT("/v2/orgs/{org_name}/members/{username}")
    effect = Effect.UPDATE
    title = "Update organization member"
    outcome_tool = "list_org_members"
    gives = "a member a higher role, or a custom one"
    takes = "from a member a higher role, or a custom one"

    role: Annotated[
        RoleName,
        NonEmptyString,
        Field(description="owner, editor, member, or the name of a custom role.", examples=["editor"]),
    ]

    async def examine(self, read: StateReader, current: Any) -> bool:
        """Check that the Hub takes the role and that an owner remains; return whether the role is known.

        Raises:
            InvalidRequest: The Hub would refuse the role.
        """
        if not is_owner_role(self.role):
            await self._check_owner_remains(read, current)
        return await check_role(read, self.org_name, self.role)

    def assess(self, current: Page[OrgMember], facts: Any) -> Impact:
        """Describe the old and the new role."""
        member = find_member(current, self.username)
        role = member.role if member else None
        impact = compare_roles(role, self.role)
        name = describe_member(self.username, member)
        if not impact.is_change:
            text = f"{name} has the {name_role(self.role)} of {quote_name(self.org_name)} already."
            return replace(impact, text=text)
        return replace(
            impact, text=self._describe(name, quote_name(role) if role else "an unknown role", facts)
        )

    def assess_unread(self, facts: Any) -> Impact:
        """Describe the new role."""
        text = self._describe(quote_name(self.username), "a role that this sign-in may not read", facts)
        return Impact(text, gives=True, takes=True)

    def _describe(self, name: str, before: str, facts: Any) -> str:
        rights = describe_role_rights(self.role, is_known=facts is not False)
        role = f"the {name_role(self.role)} of {quote_name(self.org_name)}"
        return f"You give {name} {role} instead of {before}: {rights}."


class RemoveOrgMember(MemberMutation, NoContent, Method[Acknowledgement]):
    """Remove a member from an organization and all its teams. The last owner cannot be removed.

    Needs an owner's password sign-in or an organization access token with scope-member-edit.
    """

    http = DELETE("/v2/orgs/{org_name}/members/{username}")
    effect = Effect.DELETE
    title = "Remove organization member"
    outcome_tool = "list_org_members"

    takes = "the membership, with all teams"

    async def examine(self, read: StateReader, current: Any) -> None:
        """Check that an owner remains.

        Raises:
            InvalidRequest: The member is the last owner.
        """
        await self._check_owner_remains(read, current)

    def assess(self, current: Page[OrgMember], facts: Any) -> Impact:  # noqa: ARG002
        """Describe what the member loses."""
        member = find_member(current, self.username)
        role = f" ({quote_name(member.role)})" if member and member.role else ""
        groups = member.groups or [] if member else []
        teams = f" and the team{'s' if len(groups) > 1 else ''} {list_names(groups)}" if groups else ""
        name, org = quote_name(self.username), quote_name(self.org_name)
        return Impact(f"{name}{role} loses access to the organization {org}{teams}.", takes=True)


class ExportOrgMembers(Method[MembersExport]):
    """Export all members of an organization as a table, with column names given once.

    Needs an owner's password sign-in or an organization access token with scope-member-read.
    """

    http = GET("/v2/orgs/{org_name}/members/export")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.MEMBERS
    title = "Export organization members"
    oat_scope = "scope-member-read"
    accepts_pat = False
    is_enabled_by_default = False
    media_type = "text/csv"

    org_name: OrgName

    def parse(self, status: int, content: bytes) -> MembersExport:  # noqa: ARG002
        """Parse the CSV.

        Raises:
            ValueError: The response is not CSV.
        """
        msg = "the answer is not CSV"
        text = content.decode("utf-8-sig", "replace")
        if not text.strip() or text.lstrip().startswith(("<", "{")):
            raise ValueError(msg)
        try:
            lines = [line for line in csv.reader(io.StringIO(text, newline="")) if line]
        except csv.Error:
            raise ValueError(msg) from None
        columns, *lines = lines
        if not any(name.strip().lower() in _EXPORT_COLUMNS for name in columns):
            msg = "the answer is not the table of members"
            raise ValueError(msg)
        is_cut = bool(lines) and len(lines[-1]) < len(columns)
        partial = "The last row is cut off, so the export may lack members." if is_cut else None
        rows = [[_name_zero_date(cell) for cell in line] for line in lines]
        return MembersExport(partial=partial, columns=columns, rows=rows)


def _name_zero_date(cell: str) -> str:
    return "never" if cell.startswith(("0001-01-01 00:00:00", "0001-01-01T00:00:00")) else cell


def find_member(page: Page[OrgMember], username: str) -> OrgMember | None:
    """Return the member with exactly this name, since the Hub's search matches parts of names."""
    return next((m for m in page.results if (m.username or "").lower() == username.lower()), None)


def missing_member_error(page: Page[OrgMember], org: str, username: str) -> InvalidRequest:
    """Return the error for a user that is not among the members that the Hub listed."""
    what = f"{org} has no member {username!r}; nothing was sent."
    if page.next:
        what = f"{username!r} is not among the {len(page.results)} members of {org} "
        what += "that the Hub listed, which may not be all; nothing was sent."
    return InvalidRequest(what, remedy="See list_org_members; invited people are not members yet.")


def describe_member(username: str, member: OrgMember | None) -> str:
    """Return the name of a member, and that it is a guest."""
    return f"{quote_name(username)}{' (guest)' if member is not None and member.is_guest else ''}"


async def read_owners(read: StateReader, org: str) -> list[str] | None:
    """Return the names of the owners in lower case; None where they cannot all be read."""
    page = await read(ListOrgMembers(org_name=org, role="owner", page_size=100))
    if page is None or not is_complete(page):
        return None
    return [str(member.username).lower() for member in page.results if is_owner_role(member.role)]

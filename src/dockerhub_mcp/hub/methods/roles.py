"""The roles of an organization: their names, what they may do, and whether the Hub takes one."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator

from dockerhub_mcp.hub.api.impact import Impact, StateReader
from dockerhub_mcp.hub.api.method import POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.types import OrgName
from dockerhub_mcp.hub.errors import BadRequest, HubError, InvalidRequest
from dockerhub_mcp.hub.models import BulkInvites
from dockerhub_mcp.hub.quoting import quote_name

OWNER = "owner"
OWNERS_TEAM = "owners"
FULL_CONTROL = "full control of the organization: its repositories, members, teams, tokens and billing"
_BUILT_IN_ROLES = {
    "member": "they have only the rights of their teams",
    "editor": "they may create, change and delete repositories, and set what teams may do in them",
    OWNER: FULL_CONTROL,
}
"""The built-in roles, from the lowest to the highest, with what they may do."""
_RANKS = {role: rank for rank, role in enumerate(_BUILT_IN_ROLES)}


def _normalize_role(role: str) -> str:
    return role.strip().lower() if role.strip().lower() in _BUILT_IN_ROLES else role


RoleName = Annotated[str, AfterValidator(_normalize_role)]
"""A role, with the built-in ones in lower case, as requests name them; responses capitalize them."""


class ProbeRole(Method[BulkInvites]):
    """Ask the Hub whether it takes a role: a dry run of an invitation of the caller, a member already.

    The Hub has no list of the custom roles of an organization.
    """

    http = POST("/v2/invites/bulk")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.INVITES
    title = "Check a role"
    oat_scope = "scope-invite-edit"
    accepts_pat = False

    org: OrgName
    invitees: list[str]
    role: str
    dry_run: bool = True


async def check_role(read: StateReader, org: str, role: str) -> bool:
    """Check that the Hub takes a role; return whether that is known.

    Raises:
        InvalidRequest: The organization has no such role.
    """
    if role in _BUILT_IN_ROLES:
        return True
    probe = ProbeRole(org=org, invitees=[read.principal.username or org], role=role)
    answer: BulkInvites | HubError | None = None
    if role.strip():
        answer = await read.try_read(probe)
    if answer is None or isinstance(answer, BadRequest):
        what = f"{quote_name(org)} has no role {quote_name(role)}; nothing was sent."
        remedy = "Give owner, editor, member, or the exact name of a custom role."
        raise InvalidRequest(what, remedy=remedy, hub_message=answer.hub_message if answer else "")
    return isinstance(answer, BulkInvites)


def name_role(role: str) -> str:
    """Return a role with its kind, such as `role editor`."""
    return f"role {role.lower()}" if role.lower() in _BUILT_IN_ROLES else f"custom role {quote_name(role)}"


def describe_role_rights(role: str, *, is_known: bool = True) -> str:
    """Return what a role may do, for the inside of a sentence."""
    unknown = "whether the Hub takes it is unknown" if not is_known else "what it may do is unknown here"
    return _BUILT_IN_ROLES.get(role.lower(), unknown)


def compare_roles(before: str | None, after: str) -> Impact:
    """Return, without a text, what replacing a role does; custom roles may hold more or less rights."""
    old, new = (before or "").lower(), after.lower()
    if old == new:
        return Impact("", is_change=False)
    ranks = _RANKS.get(old), _RANKS.get(new)
    if ranks[0] is None or ranks[1] is None:
        return Impact("", gives=True, takes=True)
    return Impact("", gives=ranks[1] > ranks[0], takes=ranks[1] < ranks[0])


def is_owner_role(role: Any) -> bool:
    """Tell whether a role is that of an owner."""
    return str(role or "").lower() == OWNER


def is_owners_team(name: str) -> bool:
    """Tell whether a team is the one with the owners, which every organization has."""
    return name.lower() == OWNERS_TEAM


def last_owner_error(username: str, org: str) -> InvalidRequest:
    """Return the error for a change that would leave an organization without an owner."""
    what = f"{quote_name(username)} is the last owner of {quote_name(org)}; nothing was sent."
    return InvalidRequest(
        what, why="An organization needs an owner.", remedy="Make another member an owner first."
    )

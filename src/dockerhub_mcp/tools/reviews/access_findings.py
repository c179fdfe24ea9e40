"""What stands out in the access to an organization: pure functions of what was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from dockerhub_mcp.hub.models import OrgGroup, OrgMember, RepositorySummary
from dockerhub_mcp.hub.models.timestamp import is_never
from dockerhub_mcp.tools.reviews.access_models import AccessFinding, ReviewedInvitation
from dockerhub_mcp.tools.reviews.reading import limit_names
from dockerhub_mcp.tools.reviews.rights import ADMIN, PersonRights
from dockerhub_mcp.tools.reviews.thresholds import IDLE_DAYS, OLD_INVITATION_DAYS

_MAX_NAMES = 20


def is_idle(member: OrgMember, now: datetime) -> bool:
    """Tell whether a member has not logged in for long, or never; False where the Hub does not say."""
    if "last_logged_in_at" not in member.model_fields_set:
        return False
    login = member.last_logged_in_at
    return login is None or is_never(login) or now - login >= timedelta(days=IDLE_DAYS)


def is_powerful_guest(member: OrgMember, rights: PersonRights) -> bool:
    """Tell whether a guest administers a repository."""
    return member.is_guest is True and (bool(rights.manages_all) or ADMIN in rights.by_repository.values())


def find_people(
    members: Sequence[OrgMember],
    rights: Mapping[str, PersonRights],
    now: datetime,
    *,
    knows_all_owners: bool = True,
) -> list[AccessFinding]:
    """Return what stands out among the members.

    Args:
        members: The members.
        rights: What each of them may do.
        now: The current time.
        knows_all_owners: Whether these are all members, so that a single owner is the only one.
    """
    idle = [member for member in members if is_idle(member, now)]
    ownership = {member.username: rights[member.username or ""].is_owner for member in members}
    owners = [member for member in members if ownership[member.username]]
    is_only = knows_all_owners and len(owners) == 1 and None not in ownership.values()
    return build_findings(
        ("guests with admin", _names(m for m in members if is_powerful_guest(m, rights[m.username or ""]))),
        (f"owners without a login for {IDLE_DAYS} days", _names(m for m in idle if m in owners)),
        ("the only owner", _names(owners) if is_only else []),
        (f"other members without a login for {IDLE_DAYS} days", _names(m for m in idle if m not in owners)),
        ("guests", _names(m for m in members if m.is_guest)),
    )


def find_organization(
    teams: Iterable[OrgGroup],
    invitations: Iterable[ReviewedInvitation],
    repositories: Sequence[RepositorySummary],
    now: datetime,
) -> list[AccessFinding]:
    """Return what stands out among teams, invitations and repositories."""
    old = timedelta(days=OLD_INVITATION_DAYS)
    return build_findings(
        ("teams without members", [str(team.name) for team in teams if team.member_count == 0]),
        (
            f"invitations open for more than {OLD_INVITATION_DAYS} days",
            [str(each.invitee) for each in invitations if each.invited and now - each.invited > old],
        ),
        (
            "public repositories, which everyone can pull",
            [str(each.name) for each in repositories if each.is_private is False],
        ),
    )


def build_findings(*found: tuple[str, list[str]]) -> list[AccessFinding]:
    """Return the findings that name anything; of many names the first, with the number of the others."""
    return [
        AccessFinding(finding=finding, names=limit_names(names, _MAX_NAMES))
        for finding, names in found
        if names
    ]


def _names(members: Iterable[OrgMember]) -> list[str]:
    return [str(member.username) for member in members]

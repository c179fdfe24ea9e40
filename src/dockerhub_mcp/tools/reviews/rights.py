"""What the members of an organization may do in its repositories: pure functions of what was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dockerhub_mcp.hub.methods.roles import OWNER, is_owners_team
from dockerhub_mcp.hub.models import OrgGroup, OrgMember
from dockerhub_mcp.hub.quoting import quote_name

ADMIN, NONE = "admin", "none"
UNNAMED_TEAMS = "teams that the Hub does not name"
_RANKS = {NONE: 0, "read": 1, "write": 2, ADMIN: 3}
_EDITOR = "editor"
_MANAGING_ROLES = (OWNER, _EDITOR)
"""The roles that administer every repository of the organization, from the highest."""
_PLAIN_ROLES = {"", "member"}

TeamPermissions = Mapping[str, Mapping[str, str] | None]
"""By team, the permission in each repository; None where it is unknown."""


@dataclass(frozen=True, slots=True)
class PersonRights:
    """What a member may do in repositories.

    Attributes:
        manages_all: What makes the member an administrator of all repositories; empty where nothing does.
        by_repository: The highest permission by repository, through teams.
        teams_by_repository: The teams that give this permission.
        custom_roles: Roles of the member or of their teams of which the rights are unknown.
        unread_teams: Teams of which the role or permissions are unknown, at least in part.
        is_owner: Whether the role or a team makes the member an owner; None where that is unknown.
        is_role_known: Whether the Hub named the role of the member.
    """

    manages_all: str = ""
    by_repository: Mapping[str, str] = field(default_factory=dict)
    teams_by_repository: Mapping[str, Sequence[str]] = field(default_factory=dict)
    custom_roles: Sequence[str] = ()
    unread_teams: Sequence[str] = ()
    is_owner: bool | None = False
    is_role_known: bool = True

    @property
    def may_have_more(self) -> bool:
        """Whether there may be more permissions than those that are known."""
        return bool(self.custom_roles or self.unread_teams or not self.is_role_known)

    def permission_in(self, repository: str) -> str:
        """Return the known permission in a repository: admin, write, read or none."""
        return ADMIN if self.manages_all else self.by_repository.get(repository, NONE)

    def describe_in(self, repository: str) -> str:
        """Return the permission in a repository, and that there may be more."""
        held = self.permission_in(repository)
        if held == ADMIN or not self.may_have_more:
            return held
        return "unknown" if held == NONE else f"{held} or more"

    def describe_source(self, repository: str) -> str:
        """Return what gives the permission in a repository; empty where nothing does."""
        if self.manages_all:
            return self.manages_all
        teams = self.teams_by_repository.get(repository, ())
        names = " and ".join(quote_name(team) for team in teams)
        return f"team {names}" if names else ""

    def describe(self) -> str:
        """Return in how many repositories the member has which permission."""
        if self.manages_all:
            return f"admin of all repositories ({self.manages_all})"
        counts = Counter(self.by_repository.values())
        names = sorted(counts, key=lambda name: (-rank_permission(name), name))
        parts = [f"{quote_name(name)} in {counts[name]}" for name in names]
        if self.may_have_more:
            parts.append("unknown in others" if parts else "unknown")
        return ", ".join(parts) or "public repositories only"


def rank_permission(permission: str) -> int:
    """Return the rank of a permission; unknown ones rank as the lowest."""
    return _RANKS.get(permission, 0)


def rank_role(role: str | None) -> int:
    """Return the rank of a role: owners first, then editors, custom roles, and members."""
    name = (role or "").lower()
    if name in _MANAGING_ROLES:
        return _MANAGING_ROLES.index(name)
    return len(_MANAGING_ROLES) + (name in _PLAIN_ROLES)


def resolve_rights(
    member: OrgMember,
    teams: Mapping[str, OrgGroup],
    permissions: TeamPermissions,
    unread_teams: Collection[str] = (),
) -> PersonRights:
    """Return what a member may do.

    Args:
        member: The member, with the names of their teams.
        teams: The teams of the organization by name; the role of a team that is missing is unknown.
        permissions: The permissions of the teams; a team that is missing has none.
        unread_teams: The teams that may have more permissions than these.
    """
    names = list(member.groups or ())
    roles = {str(member.role or "").lower(): f"role {(member.role or '').lower()}"}
    for name in names:
        team = teams.get(name)
        role = str(team.role or "").lower() if team else ""
        role = OWNER if is_owners_team(name) else role
        roles.setdefault(role, f"team {quote_name(name)}, with the role {quote_name(role)}")
    manages_all = next((roles[role] for role in _MANAGING_ROLES if role in roles), "")
    held: dict[str, str] = {}
    through: dict[str, list[str]] = {}
    for name in names:
        for repository, permission in (permissions.get(name, {}) or {}).items():
            rank, known = rank_permission(permission), rank_permission(held.get(repository, ""))
            if repository not in held or rank > known:
                held[repository], through[repository] = permission, [name]
            elif rank == known:
                through[repository].append(name)
    custom = [role for role in roles if role not in _MANAGING_ROLES and role not in _PLAIN_ROLES]
    unlisted = find_unlisted_teams(member, teams)
    unread = [
        name
        for name in names
        if name in unread_teams or name in unlisted or (name in permissions and permissions[name] is None)
    ]
    unread += [] if member.groups is not None else [UNNAMED_TEAMS]
    knows_roles = bool(member.role) and member.groups is not None and not unlisted
    is_owner = True if OWNER in roles else False if knows_roles else None
    return PersonRights(manages_all, held, through, custom, unread, is_owner, bool(member.role))


def find_unlisted_teams(member: OrgMember, teams: Mapping[str, OrgGroup]) -> list[str]:
    """Return the teams of a member that the list of teams lacks: their role is unknown."""
    return [name for name in member.groups or () if name not in teams and not is_owners_team(name)]


def list_managing_teams(teams: Mapping[str, OrgGroup]) -> list[str]:
    """Return the teams of which the role makes every member an administrator of all repositories."""
    return [
        name
        for name, team in teams.items()
        if is_owners_team(name) or (team.role or "").lower() in _MANAGING_ROLES
    ]


def group_repositories(permissions: Mapping[str, str] | None) -> dict[str, list[str]]:
    """Return the repositories by permission, sorted by name."""
    grouped: dict[str, list[str]] = {}
    for repository, permission in sorted((permissions or {}).items()):
        grouped.setdefault(permission, []).append(repository)
    return grouped


def count_roles(members: Iterable[OrgMember]) -> str:
    """Return how many members have which role, and how many of them are guests."""
    listed = list(members)
    counts: dict[str, int] = {}
    for member in sorted(listed, key=lambda each: rank_role(each.role)):
        role = (member.role or "").lower()
        counts[role] = counts.get(role, 0) + 1
    parts = [
        f"{count} {quote_name(role)}{'' if count == 1 else 's'}" if role else f"{count} of unknown role"
        for role, count in counts.items()
    ]
    if guests := sum(member.is_guest is True for member in listed):
        parts.append(f"{guests} of them guest{'' if guests == 1 else 's'}")
    return f"{len(listed)}: {', '.join(parts)}" if parts else "0"

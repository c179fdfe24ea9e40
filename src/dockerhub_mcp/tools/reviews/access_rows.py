"""The rows of an access review."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dockerhub_mcp.hub.models import OrgGroup, OrgMember, RepositorySummary
from dockerhub_mcp.hub.quoting import quote_name
from dockerhub_mcp.tools.reviews import rights as access_rights
from dockerhub_mcp.tools.reviews.access_models import ReviewedPerson, ReviewedTeam
from dockerhub_mcp.tools.reviews.reading import limit_names

_MAX_TEAM_REPOSITORIES = 20


def build_person(member: OrgMember, **fields: Any) -> ReviewedPerson:
    """Return the row of a member; without a date of the last login where the Hub does not say."""
    if "last_logged_in_at" in member.model_fields_set:
        fields["last_login"] = member.last_logged_in_at
    return ReviewedPerson(
        username=str(member.username),
        full_name=member.full_name,
        role=(member.role or "").lower() or None,
        guest=member.is_guest is True,
        teams=member.groups,
        **fields,
    )


def build_teams(
    teams: Mapping[str, OrgGroup],
    permissions: Mapping[str, Mapping[str, str] | None],
    unread_teams: Collection[str] = (),
) -> list[ReviewedTeam]:
    """Return the teams with the repositories in which they have each permission, owners first.

    Args:
        teams: The teams by name.
        permissions: Their permissions by repository.
        unread_teams: The teams that may have more permissions than these.
    """
    rows = []
    for name, team in teams.items():
        held = access_rights.group_repositories(permissions.get(name))
        listed = {key: limit_names(names, _MAX_TEAM_REPOSITORIES) for key, names in held.items()}
        known = {key: listed.pop(key) for key in ("admin", "write", "read") if key in listed}
        others = [f"{quote_name(key)} in {' '.join(map(quote_name, names))}" for key, names in listed.items()]
        if name in unread_teams:
            others.append("unknown in others" if held else "unknown")
        row = ReviewedTeam(team=name, role=team.role, members=team.member_count, **known)
        row.permission = "; ".join(others) or None
        rows.append(row)
    return sorted(rows, key=lambda row: (access_rights.rank_role(row.role), row.team))


def build_teams_in(
    repository: str, teams: Mapping[str, OrgGroup], permissions: Mapping[str, Mapping[str, str] | None]
) -> list[ReviewedTeam]:
    """Return the teams with a permission in a repository, the highest first; unknown ones come last."""
    rows = []
    for name, held in permissions.items():
        if held is None or repository in held:
            team = teams.get(name)
            permission = "unknown" if held is None else held[repository]
            count = team.member_count if team else None
            role = team.role if team else None
            rows.append(ReviewedTeam(team=name, role=role, members=count, permission=permission))
    return sorted(rows, key=lambda row: (-access_rights.rank_permission(str(row.permission)), row.team))


def describe_visibility(repository: RepositorySummary) -> str:
    """Return whether a repository is public."""
    if repository.is_private is None:
        return "unknown"
    return "private" if repository.is_private else "public: everyone can pull it"


def count_repositories(repositories: Sequence[RepositorySummary]) -> str:
    """Return how many repositories are public and private."""
    private = sum(each.is_private is True for each in repositories)
    public = sum(each.is_private is False for each in repositories)
    parts = [f"{public} public", f"{private} private"]
    if unknown := len(repositories) - public - private:
        parts.append(f"{unknown} of unknown visibility")
    return f"{len(repositories)}: {', '.join(parts)}"

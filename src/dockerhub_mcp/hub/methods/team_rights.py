"""What the members of a team may do, which a question about a team says."""

from __future__ import annotations

from typing import ClassVar

from pydantic import AliasChoices, Field

from dockerhub_mcp.hub.api.impact import StateReader
from dockerhub_mcp.hub.api.method import GET, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.types import OrgName, PageNumber, PageSize
from dockerhub_mcp.hub.methods.roles import FULL_CONTROL, describe_role_rights, is_owners_team, name_role
from dockerhub_mcp.hub.models import HubModel, Page
from dockerhub_mcp.hub.quoting import list_names, quote_name

_PERMISSIONS = ("admin", "write", "read")


class TeamRepository(HubModel):
    """The permission of a team in a repository."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("repository", "permission")

    repository: str | None = Field(
        default=None, validation_alias=AliasChoices("repository", "repository_name", "name")
    )
    permission: str | None = None


class ListTeamRepositories(Method[Page[TeamRepository]]):
    """List the repositories that a team has a permission in. Undocumented by Docker, used by its clients."""

    http = GET("/v2/orgs/{org_name}/groups/{group_name}/repositories")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.GROUPS
    title = "List the repositories of a group"
    oat_scope = "scope-group-read"
    accepts_pat = False
    is_documented = False

    org_name: OrgName
    group_name: str
    page: PageNumber = 1
    page_size: PageSize = 100


async def read_team_rights(read: StateReader, org: str, team: str, role: str | None = None) -> str:
    """Return what the members of a team may do, for the end of a sentence.

    Args:
        read: Reads from the Hub.
        org: The organization.
        team: The name of the team.
        role: The role that the team gives its members, if any.
    """
    if is_owners_team(team):
        return FULL_CONTROL
    rights = []
    if role and role.lower() != "member":
        rights.append(f"the {name_role(role)} ({describe_role_rights(role)})")
    repositories = await read(ListTeamRepositories(org_name=org, group_name=team))
    if repositories is None:
        rights.append("what it may do in repositories could not be read")
        return "; ".join(rights)
    held = sorted({str(each.permission) for each in repositories.results}, key=_rank_permission)
    for permission in held:
        names = [each.repository or "?" for each in repositories.results if each.permission == permission]
        rights.append(f"{quote_name(permission)} in {list_names(names)}")
    if repositories.next:
        rights.append("and in more repositories")
    return "; ".join(rights) or "no permission in any repository today"


def _rank_permission(permission: str) -> tuple[int, str]:
    known = permission in _PERMISSIONS
    return (_PERMISSIONS.index(permission) if known else len(_PERMISSIONS)), permission

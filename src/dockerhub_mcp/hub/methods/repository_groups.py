"""The permissions of groups (teams) in a repository.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/repositories. The OpenAPI document omits
the methods with `is_documented = False`; Docker's own clients use them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from dockerhub_mcp.hub.api.impact import Impact, StateReader
from dockerhub_mcp.hub.api.method import DELETE, GET, LOCAL, PATCH, POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import MaxItems, Namespace, PageNumber, PageSize
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.methods.groups import ListOrgGroups
from dockerhub_mcp.hub.methods.mixins import NoContent, RepositoryMethod
from dockerhub_mcp.hub.methods.repository_changes import RepositoryMutation
from dockerhub_mcp.hub.methods.repository_reads import CheckRepository
from dockerhub_mcp.hub.models import Acknowledgement, OrgGroup, Page, RepositoryGroup
from dockerhub_mcp.hub.quoting import quote_name

_PERMISSION_RIGHTS = {
    "read": "see and pull it",
    "write": "pull from it and push to it",
    "admin": "pull, push, delete it, and change its settings and the permissions of teams",
}
"""What each permission allows, from the lowest to the highest."""
_RANKS = {permission: rank for rank, permission in enumerate(_PERMISSION_RIGHTS)}

GroupPermission = Annotated[
    Literal["read", "write", "admin"], Field(description="What the group may do.", examples=["read"])
]
GroupId = Annotated[int, Field(ge=1, description="Numeric id from list_org_groups.", examples=[1002])]


class ListRepositoryGroups(RepositoryMethod, Method[Page[RepositoryGroup]]):
    """List the groups (teams) that have a permission in a repository of an organization.

    Undocumented by Docker, used by its clients; accepts no organization access token.
    """

    http = GET("/v2/repositories/{namespace}/{repository}/groups/")
    effect = Effect.READ
    scope = Scope.REPO_ADMIN
    area = Area.REPOSITORIES
    title = "List groups of a repository"
    is_documented = False
    is_enabled_by_default = False

    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None

    def describe_hidden_items(self, principal: Principal) -> str:  # noqa: ARG002 - true for every account
        """Return that the list never names the owners."""
        return "The owners have all rights and are not listed."


class AssignRepositoryGroup(RepositoryMutation, Method[RepositoryGroup]):
    """Give a group (team) of an organization a permission in one of its repositories.

    Give the group name or its numeric id; it is looked up first, because the Hub fails on a wrong id.
    """

    http = POST("/v2/repositories/{namespace}/{repository}/groups")
    effect = Effect.CREATE
    scope = Scope.REPO_ADMIN
    accepts_pat = False  # the Hub would accept one, but not for listing the groups first
    title = "Assign a group to a repository"
    outcome_tool = "list_repository_groups"
    requires_current = True
    oat_scope = "scope-repo-group-edit"
    gives = "a team a permission in a repository"

    group: Annotated[str | None, LOCAL, Field(description="Group (team) name.", examples=["developers"])] = (
        None
    )
    group_id: GroupId | None = None
    permission: GroupPermission

    def current_state_call(self) -> ListOrgGroups:
        """Return the call that reads the groups of the organization."""
        return ListOrgGroups(org_name=self.namespace, page_size=100, search=self.group)

    def merge_current(self, current: Page[OrgGroup]) -> Self:
        """Resolve the name to the id that the Hub expects, or check that the id exists.

        Raises:
            InvalidRequest: There is no such group.
        """
        for group in current.results:
            if self.group_id is not None and group.id == self.group_id:
                return self
            if self.group_id is None and (group.name or "").lower() == (self.group or "").lower():
                return self.model_copy(update={"group_id": group.id})
        named = f"group {quote_name(self.group)}" if self.group_id is None else f"group_id {self.group_id}"
        what = f"{quote_name(self.namespace)} has no {named}; nothing was sent."
        if current.next:
            what = f"{named} is not among the first {len(current.results)} groups of "
            what += f"{quote_name(self.namespace)}; nothing was sent."
            raise InvalidRequest(what, remedy="Give the full name as group instead.")
        raise InvalidRequest(what, remedy="See list_org_groups for the names and ids.")

    async def examine(self, read: StateReader, current: Page[OrgGroup]) -> tuple[str, bool]:
        """Return the group with the number of its members, and whether it has the permission already.

        Raises:
            InvalidRequest: There is no such repository, or the group has another permission in it.
        """
        group = next((each for each in current.results if each.id == self.group_id), None)
        name = quote_name(group.name if group and group.name else self.group_id)
        where = {"namespace": self.namespace, "repository": self.repository}
        repository = await read(CheckRepository(**where))
        if repository is not None and not repository.exists:
            what = f"There is no repository {self.qualified_name}, or this account cannot see it; "
            what += "nothing was sent."
            raise InvalidRequest(what, remedy="See list_repositories.")
        permissions = await read(ListRepositoryGroups(**where, page_size=100))
        assigned = _find_group(permissions, self.group_id or 0) if permissions else None
        if assigned is not None and assigned.permission != self.permission:
            held = quote_name(assigned.permission or "a permission")
            what = f"The group {name} has {held} in {self.qualified_name} already; "
            what += "nothing was sent."
            remedy = f"Change it with update_repository_group, group_id={self.group_id}."
            raise InvalidRequest(what, remedy=remedy)
        count = "" if group is None or group.member_count is None else _count_members(group.member_count)
        return f"{name}{count}", assigned is not None

    def assess(self, current: Any, facts: Any) -> Impact:  # noqa: ARG002
        """Describe the group, the permission and the repository."""
        name, has_permission = facts or (quote_name(self.group or self.group_id), False)
        if has_permission:
            text = f"The group {name} has {self.permission} in {self.qualified_name} already."
            return Impact(text, is_change=False)
        text = (
            f"You give the team {name} of {quote_name(self.namespace)} the permission {self.permission} in "
        )
        text += f"{self.qualified_name}: they may {_PERMISSION_RIGHTS[self.permission]}."
        return Impact(text, gives=True)

    @model_validator(mode="after")
    def _require_group_name_or_id(self) -> Self:
        if (self.group is None) == (self.group_id is None):
            msg = "give group (its name) or group_id, one of them"
            raise ValueError(msg)
        return self


def _find_group(page: Page[RepositoryGroup], group_id: int) -> RepositoryGroup | None:
    return next((group for group in page.results if group.group_id == group_id), None)


class RepositoryGroupMutation(RepositoryMethod, Mutation):
    """A mutation of a group's permission, which is read first."""

    scope = Scope.REPO_ADMIN
    area = Area.REPOSITORIES
    is_documented = False

    namespace: Annotated[Namespace, Field(description="Organization that owns it.", examples=["acme"])]
    group_id: GroupId

    def current_state_call(self) -> ListRepositoryGroups:
        """Return the call that reads the groups of the repository."""
        return ListRepositoryGroups(namespace=self.namespace, repository=self.repository, page_size=100)

    def merge_current(self, current: Page[RepositoryGroup] | None) -> Self:
        """Check that the group has a permission in the repository, since the Hub fails on a wrong id.

        Raises:
            InvalidRequest: The group has no permission.
        """
        if current is not None and _find_group(current, self.group_id) is None:
            what = f"The group {self.group_id} has no permission in {self.qualified_name}; "
            what += "nothing was sent."
            if current.next:
                what = f"The group {self.group_id} is not among the {len(current.results)} groups of "
                what += f"{self.qualified_name} that the Hub listed, which may not be all; "
                what += "nothing was sent."
            raise InvalidRequest(what, remedy="See list_repository_groups for those that have one.")
        return self

    def describe_group(self, current: Page[RepositoryGroup] | None) -> str:
        """Return the group with its present permission, where that is known."""
        group = _find_group(current, self.group_id) if current else None
        if group is None:
            return f"The group {self.group_id}"
        held = quote_name(group.permission) if group.permission else "unknown permission"
        return f"The group {quote_name(group.group_name or self.group_id)} ({held} now)"

    @property
    def qualified_name(self) -> str:
        """The repository as namespace/name, quoted where it is not a plain name."""
        return f"{quote_name(self.namespace)}/{quote_name(self.repository)}"


class UpdateRepositoryGroup(RepositoryGroupMutation, Method[RepositoryGroup]):
    """Change a group's (team's) permission in a repository. Undocumented by Docker, used by its clients."""

    http = PATCH("/v2/repositories/{namespace}/{repository}/groups/{group_id}/")
    effect = Effect.UPDATE
    title = "Update a group of a repository"
    outcome_tool = "list_repository_groups"
    gives = "a team a higher permission in a repository"
    takes = "from a team a higher permission in a repository"

    permission: GroupPermission

    def assess(self, current: Page[RepositoryGroup] | None, facts: Any) -> Impact:  # noqa: ARG002
        """Describe the old and the new permission."""
        group = _find_group(current, self.group_id) if current else None
        before, after = _RANKS.get(str(group and group.permission)), _RANKS[self.permission]
        name = self.describe_group(current)
        if before == after:
            return Impact(f"{name} has this permission in {self.qualified_name} already.", is_change=False)
        text = f"{name} gets {self.permission} in {self.qualified_name}: they may "
        return Impact(
            f"{text}{_PERMISSION_RIGHTS[self.permission]}.",
            gives=before is None or after > before,
            takes=before is None or after < before,
        )


class RemoveRepositoryGroup(RepositoryGroupMutation, NoContent, Method[Acknowledgement]):
    """Remove a group's permission in a repository. Undocumented by Docker, used by its clients."""

    http = DELETE("/v2/repositories/{namespace}/{repository}/groups/{group_id}/")
    effect = Effect.DELETE
    title = "Remove a group from a repository"
    outcome_tool = "list_repository_groups"
    takes = "from a team its permission in a repository"

    def assess(self, current: Page[RepositoryGroup] | None, facts: Any) -> Impact:  # noqa: ARG002
        """Describe the permission that is removed."""
        return Impact(
            f"{self.describe_group(current)} loses its permission in {self.qualified_name}.", takes=True
        )


def _count_members(count: int) -> str:
    return " (1 member)" if count == 1 else f" ({count} members)"

"""Which groups (teams) may use a repository.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/repositories. The official document leaves
out the methods marked `documented = False`; Docker's own clients use them.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dockerhub_mcp.hub.api.method import DELETE, GET, LOCAL, PATCH, POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import MaxItems, Namespace, PageNumber, PageSize
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.methods.groups import ListOrgGroups
from dockerhub_mcp.hub.methods.mixins import NoContent, RepositoryMethod
from dockerhub_mcp.hub.methods.repository_changes import RepositoryMutation
from dockerhub_mcp.hub.models import Acknowledgement, OrgGroup, Page, RepositoryGroup

GroupPermission = Annotated[
    Literal["read", "write", "admin"], Field(description="What the group may do.", examples=["read"])
]
GroupId = Annotated[int, Field(ge=1, description="Numeric id from list_org_groups.", examples=[1002])]


class ListRepositoryGroups(RepositoryMethod, Method[Page[RepositoryGroup]]):
    """List the groups (teams) that have a permission in a repository of an organization.

    Undocumented by Docker, used by its clients; takes no organization access token.
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


class AssignRepositoryGroup(RepositoryMutation, Method[RepositoryGroup]):
    """Give a group (team) of an organization a permission in one of its repositories.

    Name the group, or its numeric id; it is looked up first, because the Hub breaks on a wrong id.
    """

    http = POST("/v2/repositories/{namespace}/{repository}/groups")
    effect = Effect.CREATE
    scope = Scope.REPO_ADMIN
    accepts_pat = False  # the Hub would take it, but not for the list of groups that is looked at before
    title = "Assign a group to a repository"
    requires_current = True
    oat_scope = "scope-repo-group-edit"

    group: Annotated[str | None, LOCAL, Field(description="Group (team) name.", examples=["developers"])] = (
        None
    )
    group_id: GroupId | None = None
    permission: GroupPermission

    def current_state_call(self) -> ListOrgGroups:
        """Read the groups of the organization."""
        return ListOrgGroups(org_name=self.namespace, page_size=100, search=self.group)

    def merge_current(self, current: Page[OrgGroup]) -> Self:
        """Turn the name into the id that the Hub wants, or make sure that the id exists.

        Raises:
            InvalidRequest: There is no such group.
        """
        for found in current.results:
            if self.group_id is not None and found.id == self.group_id:
                return self
            if self.group_id is None and (found.name or "").lower() == (self.group or "").lower():
                return self.model_copy(update={"group_id": found.id})
        named = f"group {self.group!r}" if self.group_id is None else f"group_id {self.group_id}"
        what = f"{self.namespace} has no {named}; nothing was sent."
        if current.next:
            what = f"{named} is not among the first {len(current.results)} groups of {self.namespace}; "
            what += "nothing was sent."
            raise InvalidRequest(what, remedy="Give the whole name as group instead.")
        raise InvalidRequest(what, remedy="See list_org_groups for the names and ids.")

    @model_validator(mode="after")
    def _require_group_name_or_id(self) -> Self:
        if (self.group is None) == (self.group_id is None):
            msg = "give group (its name) or group_id, one of them"
            raise ValueError(msg)
        return self


def _find_group(page: Page[RepositoryGroup], group_id: int) -> RepositoryGroup | None:
    return next((group for group in page.results if group.group_id == group_id), None)


class RepositoryGroupMutation(RepositoryMethod, Mutation):
    """A change of a group's permission, which is read before."""

    scope = Scope.REPO_ADMIN
    area = Area.REPOSITORIES
    is_documented = False
    is_enabled_by_default = False

    namespace: Annotated[Namespace, Field(description="Organization that owns it.", examples=["acme"])]
    group_id: GroupId

    def current_state_call(self) -> ListRepositoryGroups:
        """Read the groups of the repository."""
        return ListRepositoryGroups(namespace=self.namespace, repository=self.repository, page_size=100)

    def merge_current(self, current: Page[RepositoryGroup] | None) -> Self:
        """Make sure that the group has a permission there; the Hub breaks on a wrong id.

        Raises:
            InvalidRequest: It has none.
        """
        if current is not None and _find_group(current, self.group_id) is None:
            what = f"The group {self.group_id} has no permission in {self.namespace}/{self.repository}; "
            what += "nothing was sent."
            raise InvalidRequest(what, remedy="See list_repository_groups for those that have one.")
        return self

    def loss_text(self, current: Page[RepositoryGroup]) -> str:
        """Say what the group loses."""
        found = _find_group(current, self.group_id)
        who = f"{found.group_name} ({found.permission} now)" if found else str(self.group_id)
        return f"The group {who} {self.describe_permission_change()} in {self.namespace}/{self.repository}."

    def describe_permission_change(self) -> str:
        """Return what becomes of the group's permission."""
        raise NotImplementedError


class UpdateRepositoryGroup(RepositoryGroupMutation, Method[RepositoryGroup]):
    """Change a group's (team's) permission in a repository. Undocumented by Docker, used by its clients."""

    http = PATCH("/v2/repositories/{namespace}/{repository}/groups/{group_id}/")
    effect = Effect.UPDATE
    title = "Update a group of a repository"

    permission: GroupPermission

    def describe_permission_change(self) -> str:
        """Return the new permission."""
        return f"gets {self.permission}"


class RemoveRepositoryGroup(RepositoryGroupMutation, NoContent, Method[Acknowledgement]):
    """Take away a group's permission in a repository. Undocumented by Docker, used by its clients."""

    http = DELETE("/v2/repositories/{namespace}/{repository}/groups/{group_id}/")
    effect = Effect.DELETE
    title = "Remove a group from a repository"

    def describe_permission_change(self) -> str:
        """Return that it is gone."""
        return "loses its permission"

"""The permissions of groups (teams) in a repository.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/repositories. The OpenAPI document omits
the methods with `is_documented = False`; Docker's own clients use them.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dockerhub_mcp.hub.api.method import DELETE, GET, LOCAL, PATCH, POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import MaxItems, Namespace, PageNumber, PageSize
from dockerhub_mcp.hub.auth.principal import Principal
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
        named = f"group {self.group!r}" if self.group_id is None else f"group_id {self.group_id}"
        what = f"{self.namespace} has no {named}; nothing was sent."
        if current.next:
            what = f"{named} is not among the first {len(current.results)} groups of {self.namespace}; "
            what += "nothing was sent."
            raise InvalidRequest(what, remedy="Give the full name as group instead.")
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
    """A mutation of a group's permission, which is read first."""

    scope = Scope.REPO_ADMIN
    area = Area.REPOSITORIES
    is_documented = False
    is_enabled_by_default = False

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
            what = f"The group {self.group_id} has no permission in {self.namespace}/{self.repository}; "
            what += "nothing was sent."
            if current.next:
                what = f"The group {self.group_id} is not among the {len(current.results)} groups of "
                what += f"{self.namespace}/{self.repository} that the Hub listed, which may not be all; "
                what += "nothing was sent."
            raise InvalidRequest(what, remedy="See list_repository_groups for those that have one.")
        return self

    def loss_text(self, current: Page[RepositoryGroup]) -> str:
        """Describe how the permission of the group changes."""
        group = _find_group(current, self.group_id)
        name = f"{group.group_name} ({group.permission} now)" if group else str(self.group_id)
        return f"The group {name} {self.describe_permission_change()} in {self.namespace}/{self.repository}."

    def describe_permission_change(self) -> str:
        """Return the predicate of the loss text, such as "gets read"."""
        raise NotImplementedError


class UpdateRepositoryGroup(RepositoryGroupMutation, Method[RepositoryGroup]):
    """Change a group's (team's) permission in a repository. Undocumented by Docker, used by its clients."""

    http = PATCH("/v2/repositories/{namespace}/{repository}/groups/{group_id}/")
    effect = Effect.UPDATE
    title = "Update a group of a repository"
    outcome_tool = "list_repository_groups"

    permission: GroupPermission

    def describe_permission_change(self) -> str:
        """Return the new permission."""
        return f"gets {self.permission}"


class RemoveRepositoryGroup(RepositoryGroupMutation, NoContent, Method[Acknowledgement]):
    """Remove a group's permission in a repository. Undocumented by Docker, used by its clients."""

    http = DELETE("/v2/repositories/{namespace}/{repository}/groups/{group_id}/")
    effect = Effect.DELETE
    title = "Remove a group from a repository"
    outcome_tool = "list_repository_groups"

    def describe_permission_change(self) -> str:
        """Return that the permission is removed."""
        return "loses its permission"

"""Changing repositories, and who may use them.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/repositories. The official document leaves
out the methods marked `documented = False`; Docker's own clients use them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.method import DELETE, GET, LOCAL, PATCH, POST, Area, Effect, Method, Scope
from dockerhub_mcp.hub.methods.groups import ListOrgGroups
from dockerhub_mcp.hub.methods.parts import InRepository, NoContent
from dockerhub_mcp.hub.methods.repositories import GetRepository
from dockerhub_mcp.hub.models import (
    Done,
    MatchingTags,
    OrgGroup,
    Page,
    Repository,
    RepositoryGroup,
)
from dockerhub_mcp.hub.types import MaxItems, Namespace, PageNumber, PageSize
from dockerhub_mcp.hub.writing import Write

Permission = Annotated[
    Literal["read", "write", "admin"], Field(description="What the group may do.", examples=["read"])
]
GroupId = Annotated[int, Field(ge=1, description="Numeric id from list_org_groups.", examples=[1002])]


class ChangeRepository(InRepository, Write):
    """A change of a repository, which is read before. The namespace must be named."""

    area = Area.REPOSITORIES

    namespace: Annotated[
        Namespace, Field(description="User or organization that owns it.", examples=["acme"])
    ]

    def before(self) -> Method[Any]:
        """Read the repository."""
        return GetRepository(namespace=self.namespace, repository=self.repository)

    @property
    def place(self) -> str:
        """The repository as people write it."""
        return f"{self.namespace}/{self.repository}"


class UpdateRepository(ChangeRepository, Method[Repository]):
    """Change the description or the overview of a repository. Undocumented by Docker, used by its clients."""

    http = PATCH("/v2/namespaces/{namespace}/repositories/{repository}")
    effect = Effect.UPDATE
    scope = Scope.REPO_WRITE
    title = "Update repository"
    oat_scope = "scope-repository-edit"
    documented = False
    by_default = False

    description: Annotated[
        str | None,
        StringConstraints(max_length=100),
        Field(description="Short description, at most 100 characters; empty clears it.", examples=["Images"]),
    ] = None
    full_description: Annotated[
        str | None,
        StringConstraints(max_length=25_000),
        Field(description="Overview in Markdown, at most 25,000 characters.", examples=["# My app"]),
    ] = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        self.refuse_nothing("description", "full_description")
        return self


class DeleteRepository(ChangeRepository, NoContent, Method[Done]):
    """Delete a repository with all its tags, for good. Undocumented by Docker, used by its clients."""

    http = DELETE("/v2/namespaces/{namespace}/repositories/{repository}")
    effect = Effect.DELETE
    scope = Scope.REPO_ADMIN
    title = "Delete repository"
    oat_scope = "scope-repository-admin"
    documented = False
    by_default = False

    def lost(self, present: Repository) -> str:
        """Say what is gone."""
        pushed = f", last changed {present.last_updated:%Y-%m-%d}" if present.last_updated else ""
        return (
            f"The repository {self.place} ({present.pull_count or 0} pulls{pushed}) is deleted with all its "
            "tags; nobody can pull them any more, and this cannot be undone."
        )


class SetRepositoryVisibility(ChangeRepository, NoContent, Method[Done]):
    """Make a repository private or public. Undocumented by Docker, used by its clients."""

    http = POST("/v2/repositories/{namespace}/{repository}/privacy")
    effect = Effect.UPDATE
    scope = Scope.REPO_ADMIN
    title = "Set repository visibility"
    documented = False
    by_default = False

    is_private: Annotated[bool, Field(description="Private, or public when false.", examples=[True])]

    def lost(self, present: Repository) -> str:
        """Say who gains or loses sight of it."""
        if present.is_private == self.is_private:
            return f"{self.place} is {'private' if self.is_private else 'public'} already; nothing changes."
        if self.is_private:
            return f"{self.place} becomes private; everyone outside its namespace can no longer pull it."
        return f"{self.place} becomes public; everyone can see and pull all its tags."


class UpdateImmutableTags(ChangeRepository, Method[Repository]):
    """Set which tags of a repository cannot be overwritten or deleted; what you leave out stays as it is."""

    http = PATCH("/v2/namespaces/{namespace}/repositories/{repository}/immutabletags")
    effect = Effect.REPLACE
    scope = Scope.REPO_ADMIN
    title = "Update immutable tags"
    must_read = True
    oat_scope = "scope-repository-settings-admin"

    immutable_tags: Annotated[bool | None, Field(description="Whether the rules apply.", examples=[True])] = (
        None
    )
    immutable_tags_rules: Annotated[
        list[str] | None,
        Field(description="Regular expressions (RE2) without commas, replacing all.", examples=[["v.*"]]),
    ] = None

    def completed(self, present: Repository) -> Self:
        """Keep what was not named; the Hub takes both or none."""
        now = present.immutable_tags_settings
        if now is None:
            return self
        kept = {"immutable_tags": now.enabled, "immutable_tags_rules": now.rules}
        return self.model_copy(update={k: v for k, v in kept.items() if getattr(self, k) is None})

    def body(self) -> dict[str, Any] | None:
        """Return the switch and the rules, always both."""
        self.refuse_gaps("immutable_tags", "immutable_tags_rules")
        return super().body()

    def lost(self, present: Repository) -> str:
        """Say how the rules change."""
        now = present.immutable_tags_settings
        was = f"{'on' if now and now.enabled else 'off'} with rules {(now.rules if now else None) or []}"
        self.refuse_gaps("immutable_tags", "immutable_tags_rules")
        will = f"{'on' if self.immutable_tags else 'off'} with rules {self.immutable_tags_rules}"
        return f"Immutable tags of {self.place}: {was} becomes {will}."

    @model_validator(mode="after")
    def _something(self) -> Self:
        self.refuse_nothing("immutable_tags", "immutable_tags_rules")
        return self


class VerifyImmutableTags(InRepository, Method[MatchingTags]):
    """List the tags that a rule for immutable tags would match; nothing is changed."""

    http = POST("/v2/namespaces/{namespace}/repositories/{repository}/immutabletags/verify")
    effect = Effect.READ
    scope = Scope.REPO_ADMIN
    area = Area.REPOSITORIES
    title = "Verify immutable tags"
    oat_scope = "scope-repository-settings-admin"
    by_default = False

    regex: Annotated[
        str,
        StringConstraints(min_length=1, pattern=r"^[^,]*$"),
        Field(description="Regular expression (RE2) without commas.", examples=["v.*"]),
    ]


class ListRepositoryGroups(InRepository, Method[Page[RepositoryGroup]]):
    """List the groups (teams) that have a permission in a repository of an organization.

    Undocumented by Docker, used by its clients; takes no organization access token.
    """

    http = GET("/v2/repositories/{namespace}/{repository}/groups/")
    effect = Effect.READ
    scope = Scope.REPO_ADMIN
    area = Area.REPOSITORIES
    title = "List groups of a repository"
    documented = False
    by_default = False

    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None


class AssignRepositoryGroup(ChangeRepository, Method[RepositoryGroup]):
    """Give a group (team) of an organization a permission in one of its repositories.

    Name the group, or its numeric id; it is looked up first, because the Hub breaks on a wrong id.
    """

    http = POST("/v2/repositories/{namespace}/{repository}/groups")
    effect = Effect.CREATE
    scope = Scope.REPO_ADMIN
    title = "Assign a group to a repository"
    must_read = True
    oat_scope = "scope-repo-group-edit"

    group: Annotated[str | None, LOCAL, Field(description="Group (team) name.", examples=["developers"])] = (
        None
    )
    group_id: GroupId | None = None
    permission: Permission

    def before(self) -> ListOrgGroups:
        """Read the groups of the organization."""
        return ListOrgGroups(org_name=self.namespace, page_size=100, search=self.group)

    def completed(self, present: Page[OrgGroup]) -> Self:
        """Turn the name into the id that the Hub wants, or make sure that the id exists.

        Raises:
            InvalidRequest: There is no such group.
        """
        for found in present.results:
            if self.group_id is not None and found.id == self.group_id:
                return self
            if self.group_id is None and (found.name or "").lower() == (self.group or "").lower():
                return self.model_copy(update={"group_id": found.id})
        named = f"group {self.group!r}" if self.group_id is None else f"group_id {self.group_id}"
        what = f"{self.namespace} has no {named}; nothing was sent."
        if present.next:
            what = f"{named} is not among the first {len(present.results)} groups of {self.namespace}; "
            what += "nothing was sent."
            raise InvalidRequest(what, remedy="Give the whole name as group instead.")
        raise InvalidRequest(what, remedy="See list_org_groups for the names and ids.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.group is None) == (self.group_id is None):
            msg = "give group (its name) or group_id, one of them"
            raise ValueError(msg)
        return self


class ChangeRepositoryGroup(InRepository, Write):
    """A change of a group's permission, which is read before."""

    scope = Scope.REPO_ADMIN
    area = Area.REPOSITORIES
    documented = False
    by_default = False

    namespace: Annotated[Namespace, Field(description="Organization that owns it.", examples=["acme"])]
    group_id: GroupId

    def before(self) -> ListRepositoryGroups:
        """Read the groups of the repository."""
        return ListRepositoryGroups(namespace=self.namespace, repository=self.repository, page_size=100)

    def lost(self, present: Page[RepositoryGroup]) -> str:
        """Say what the group loses."""
        found = next((group for group in present.results if group.group_id == self.group_id), None)
        who = (
            f"The group {found.group_name} ({found.permission} now)"
            if found
            else f"The group {self.group_id}"
        )
        return f"{who} {self.fate()} in {self.namespace}/{self.repository}."

    def fate(self) -> str:
        """Return what becomes of the group's permission."""
        raise NotImplementedError


class UpdateRepositoryGroup(ChangeRepositoryGroup, Method[RepositoryGroup]):
    """Change a group's (team's) permission in a repository. Undocumented by Docker, used by its clients."""

    http = PATCH("/v2/repositories/{namespace}/{repository}/groups/{group_id}/")
    effect = Effect.UPDATE
    title = "Update a group of a repository"

    permission: Permission

    def fate(self) -> str:
        """Return the new permission."""
        return f"gets {self.permission}"


class RemoveRepositoryGroup(ChangeRepositoryGroup, NoContent, Method[Done]):
    """Take away a group's permission in a repository. Undocumented by Docker, used by its clients."""

    http = DELETE("/v2/repositories/{namespace}/{repository}/groups/{group_id}/")
    effect = Effect.DELETE
    title = "Remove a group from a repository"

    def fate(self) -> str:
        """Return that it is gone."""
        return "loses its permission"

"""Review who may do what in an organization."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.api.types import LowerCase, NonEmptyString, OrgName
from dockerhub_mcp.hub.methods import (
    GetRepository,
    ListOrgGroups,
    ListOrgInvites,
    ListOrgMembers,
    ListRepositories,
    ListRepositoryGroups,
)
from dockerhub_mcp.hub.methods.team_rights import ListTeamRepositories
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.reviews.access_models import AccessReview
from dockerhub_mcp.tools.workflows.base import Workflow, WorkflowResult


class ReviewAccess(Workflow):
    """Review who may do what: members, teams, guests, invitations, last logins; of a repository or person."""

    title = "Review access"
    methods = (
        ListOrgMembers,
        ListOrgGroups,
        ListOrgInvites,
        ListTeamRepositories,
        ListRepositories,
        ListRepositoryGroups,
        GetRepository,
    )
    optional_methods: ClassVar[tuple[type[Method[Any]], ...]] = methods[1:]
    result_type = AccessReview
    area = Area.REVIEWS
    is_enabled_by_default = False

    org_name: OrgName
    repository: Annotated[
        str | None,
        NonEmptyString,
        LowerCase,
        Field(description="Who may do what in this repository.", examples=["storefront"]),
    ] = None
    username: Annotated[
        str | None,
        NonEmptyString,
        LowerCase,
        Field(description="What this person may do.", examples=["ada"]),
    ] = None

    async def run(self, context: ToolContext) -> WorkflowResult:
        """Read members, teams and permissions, and join them."""
        # Imported here, because a server starts faster without what most sessions never call.
        from dockerhub_mcp.tools.reviews.access import AccessReviewer  # noqa: PLC0415

        reviewer = AccessReviewer(context, self.org_name)
        if self.repository:
            return await reviewer.review_repository(self.repository, self.username)
        if self.username:
            return await reviewer.review_person(self.username)
        return await reviewer.review_organization()

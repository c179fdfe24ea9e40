"""Review the access to an organization."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dockerhub_mcp.hub.api.enums import Area
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
from dockerhub_mcp.tools.reviews.access_models import AccessReview
from dockerhub_mcp.tools.workflows.base import Workflow


class ReviewAccess(Workflow):
    """Review access: members, teams, guests, invitations, last logins; by repository or person."""

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
    optional_methods = methods[1:]
    result_type = AccessReview
    area = Area.REVIEWS
    is_enabled_by_default = False

    org_name: OrgName
    repository: Annotated[
        str | None,
        NonEmptyString,
        LowerCase,
        Field(description="Only the access to this repository.", examples=["storefront"]),
    ] = None
    username: Annotated[
        str | None,
        NonEmptyString,
        LowerCase,
        Field(description="Only what this member may do.", examples=["ada"]),
    ] = None

"""Groups, which the Hub's pages call teams.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/groups.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dockerhub_mcp.hub.method import GET, Area, Effect, Method, Scope
from dockerhub_mcp.hub.models import OrgGroup, Page
from dockerhub_mcp.hub.types import MaxItems, OrgName, PageNumber, PageSize


class ListOrgGroups(Method[Page[OrgGroup]]):
    """List the groups (teams) of an organization.

    Needs an owner's password sign-in or an organization access token with scope-group-read.
    """

    http = GET("/v2/orgs/{org_name}/groups")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.GROUPS
    title = "List organization groups"
    oat_scope = "scope-group-read"
    pat = False

    org_name: OrgName
    username: Annotated[
        str | None, Field(description="Only groups that this user is in.", examples=["ada"])
    ] = None
    search: Annotated[
        str | None, Field(description="Only groups whose name contains this.", examples=["platform"])
    ] = None
    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None

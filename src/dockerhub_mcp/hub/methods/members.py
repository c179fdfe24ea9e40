"""Members of organizations. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/orgs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dockerhub_mcp.hub.method import GET, Area, Effect, Method, Scope
from dockerhub_mcp.hub.models import OrgMember, Page
from dockerhub_mcp.hub.types import MaxItems, OrgName, PageNumber, PageSize


class ListOrgMembers(Method[Page[OrgMember]]):
    """List the members of an organization with role and teams.

    Needs an owner's password sign-in or an organization access token with scope-member-read.
    """

    http = GET("/v2/orgs/{org_name}/members")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.MEMBERS
    title = "List organization members"
    oat_scope = "scope-member-read"
    pat = False

    org_name: OrgName
    search: Annotated[
        str | None, Field(description="Only members whose name or email contains this.", examples=["ada"])
    ] = None
    type: Annotated[
        Literal["all", "invitee", "member"] | None,
        Field(description="Members, people invited, or both.", examples=["member"]),
    ] = None
    role: Annotated[
        Literal["owner", "editor", "member"] | None,
        Field(description="Only this role.", examples=["owner"]),
    ] = None
    invites: Annotated[bool | None, Field(description="List people invited as well.", examples=[True])] = None
    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None

"""Organization access tokens.

Reference: https://docs.docker.com/reference/api/hub/latest/#tag/org-access-tokens.
"""

from __future__ import annotations

from dockerhub_mcp.hub.method import GET, Area, Effect, Method, Scope
from dockerhub_mcp.hub.models import OrgAccessToken, Page
from dockerhub_mcp.hub.types import MaxItems, OrgName, PageNumber, PageSize


class ListOrgAccessTokens(Method[Page[OrgAccessToken]]):
    """List the access tokens of an organization: who made them, last use and expiry, never the value.

    Needs an owner's password sign-in.
    """

    http = GET("/v2/orgs/{name}/access-tokens")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.ORG_ACCESS_TOKENS
    title = "List organization access tokens"
    pat = False

    name: OrgName
    page: PageNumber = 1
    page_size: PageSize = 25
    max_items: MaxItems = None

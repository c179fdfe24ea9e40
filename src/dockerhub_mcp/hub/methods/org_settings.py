"""Organization settings. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/org-settings."""

from __future__ import annotations

from dockerhub_mcp.hub.method import GET, Area, Effect, Method, Scope
from dockerhub_mcp.hub.models import OrgSettings
from dockerhub_mcp.hub.types import OrgName


class GetOrgSettings(Method[OrgSettings]):
    """Read an organization's image access settings, in effect with a Business subscription.

    Needs an owner's password sign-in.
    """

    http = GET("/v2/orgs/{name}/settings")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.ORG_SETTINGS
    title = "Get organization settings"
    pat = False

    name: OrgName

"""Organization settings. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/org-settings."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from dockerhub_mcp.hub.api.method import GET, PUT, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Write
from dockerhub_mcp.hub.api.types import OrgName
from dockerhub_mcp.hub.models import OrgSettings


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


class UpdateOrgSettings(Write, Method[OrgSettings]):
    """Change an organization's image access settings; what you leave out stays as it is.

    In effect with a Business subscription. Needs an owner's password sign-in.
    """

    http = PUT("/v2/orgs/{name}/settings")
    effect = Effect.REPLACE
    scope = Scope.ORGANIZATION
    area = Area.ORG_SETTINGS
    title = "Update organization settings"
    must_read = True
    pat = False

    name: OrgName
    enabled: Annotated[bool | None, Field(description="Restrict which images members may pull.")] = None
    allow_official_images: Annotated[bool | None, Field(description="Allow Docker Official Images.")] = None
    allow_verified_publishers: Annotated[
        bool | None, Field(description="Allow images of verified publishers.")
    ] = None

    def before(self) -> GetOrgSettings:
        """Read the settings."""
        return GetOrgSettings(name=self.name)

    def completed(self, present: OrgSettings) -> Self:
        """Keep what was not named; the Hub takes all three or none."""
        now = present.restricted_images
        if now is None:
            return self
        kept = {name: getattr(now, name) for name in _RESTRICTIONS}
        return self.model_copy(update={k: v for k, v in kept.items() if getattr(self, k) is None})

    def body(self) -> dict[str, Any]:
        """Return the three restrictions in the object that the Hub wants."""
        self.refuse_gaps(*_RESTRICTIONS)
        return {"restricted_images": {name: getattr(self, name) for name in _RESTRICTIONS}}

    @model_validator(mode="after")
    def _something(self) -> Self:
        self.refuse_nothing(*_RESTRICTIONS)
        return self


_RESTRICTIONS = ("enabled", "allow_official_images", "allow_verified_publishers")

"""Organization settings. Reference: https://docs.docker.com/reference/api/hub/latest/#tag/org-settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from dockerhub_mcp.hub.api.impact import Impact
from dockerhub_mcp.hub.api.method import GET, PUT, Area, Effect, Method, Scope
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.api.types import OrgName
from dockerhub_mcp.hub.models import OrgSettings, RestrictedImages
from dockerhub_mcp.hub.quoting import quote_name


class GetOrgSettings(Method[OrgSettings]):
    """Read an organization's image access settings, in effect with a Business subscription.

    Needs an owner's password sign-in.
    """

    http = GET("/v2/orgs/{name}/settings")
    effect = Effect.READ
    scope = Scope.ORGANIZATION
    area = Area.ORG_SETTINGS
    title = "Get organization settings"
    accepts_pat = False

    name: OrgName


class UpdateOrgSettings(Mutation, Method[OrgSettings]):
    """Change an organization's image access settings; what you leave out stays as it is.

    In effect with a Business subscription. Needs an owner's password sign-in.
    """

    http = PUT("/v2/orgs/{name}/settings")
    effect = Effect.REPLACE
    scope = Scope.ORGANIZATION
    area = Area.ORG_SETTINGS
    title = "Update organization settings"
    outcome_tool = "get_org_settings"
    requires_current = True
    accepts_pat = False
    gives = "members access to more images"
    takes = "from members access to images"
    unasked = "settings that have no effect, since the restriction is off"

    name: OrgName
    enabled: Annotated[bool | None, Field(description="Restrict which images members may pull.")] = None
    allow_official_images: Annotated[bool | None, Field(description="Allow Docker Official Images.")] = None
    allow_verified_publishers: Annotated[
        bool | None, Field(description="Allow images of verified publishers.")
    ] = None

    def current_state_call(self) -> GetOrgSettings:
        """Return the call that reads the settings."""
        return GetOrgSettings(name=self.name)

    def merge_current(self, current: OrgSettings) -> Self:
        """Fill in omitted settings; the Hub accepts all three or none."""
        restrictions = current.restricted_images
        if restrictions is None:
            return self
        kept = {name: getattr(restrictions, name) for name in _RESTRICTION_FIELDS}
        return self.model_copy(update={k: v for k, v in kept.items() if getattr(self, k) is None})

    def build_body(self) -> dict[str, Any]:
        """Return the three settings in the object that the Hub expects."""
        self.require_all(*_RESTRICTION_FIELDS)
        return {"restricted_images": {name: getattr(self, name) for name in _RESTRICTION_FIELDS}}

    def assess(self, current: OrgSettings, facts: Any) -> Impact:
        """Describe the settings, and which images members may pull then."""
        impact = super().assess(current, facts)
        old = _list_allowed_images(current.restricted_images)
        new = _list_allowed_images(RestrictedImages(**{n: getattr(self, n) for n in _RESTRICTION_FIELDS}))
        org = quote_name(self.name)
        text = f"{impact.text} Members of {org} may then pull {', '.join(['its own images', *sorted(new)])}."
        return replace(impact, text=text, gives=not new <= old, takes=not old <= new)

    @model_validator(mode="after")
    def _require_changes(self) -> Self:
        self.require_any(*_RESTRICTION_FIELDS)
        return self


def _list_allowed_images(restrictions: RestrictedImages | None) -> set[str]:
    """Return which images of others members may pull; all kinds where nothing is restricted."""
    if restrictions is None or not restrictions.enabled:
        return {_OFFICIAL, _VERIFIED, _OTHERS}
    kinds = {
        _OFFICIAL: restrictions.allow_official_images,
        _VERIFIED: restrictions.allow_verified_publishers,
    }
    return {kind for kind, is_allowed in kinds.items() if is_allowed}


_OFFICIAL, _VERIFIED, _OTHERS = "official images", "images of verified publishers", "all other images"
_RESTRICTION_FIELDS = ("enabled", "allow_official_images", "allow_verified_publishers")

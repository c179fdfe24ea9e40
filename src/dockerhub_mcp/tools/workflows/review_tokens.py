"""Review access tokens."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.api.marks import ORGANIZATION
from dockerhub_mcp.hub.api.types import LowerCase, NonEmptyString
from dockerhub_mcp.hub.methods import GetOrgAccessToken, ListAccessTokens, ListOrgAccessTokens
from dockerhub_mcp.tools.reviews.token_models import TokenReview
from dockerhub_mcp.tools.workflows.base import Workflow


class ReviewTokens(Workflow):
    """Review your personal access tokens, or an organization's: use, expiry, scopes, what to revoke first."""

    title = "Review access tokens"
    methods = (ListAccessTokens, ListOrgAccessTokens, GetOrgAccessToken)
    optional_methods = methods[1:]
    result_type = TokenReview
    area = Area.REVIEWS
    is_enabled_by_default = False

    org_name: Annotated[
        str | None,
        NonEmptyString,
        LowerCase,
        ORGANIZATION,
        Field(description="Organization; your own tokens if left out.", examples=["acme"]),
    ] = None

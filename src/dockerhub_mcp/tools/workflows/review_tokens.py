"""Review access tokens."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.api.marks import ORGANIZATION
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.api.types import LowerCase, NonEmptyString
from dockerhub_mcp.hub.methods import GetOrgAccessToken, ListAccessTokens, ListOrgAccessTokens
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.reviews.token_models import TokenReview
from dockerhub_mcp.tools.workflows.base import Workflow, WorkflowResult


class ReviewTokens(Workflow):
    """Review your personal access tokens, or an organization's: use, expiry, scopes, what to revoke first."""

    title = "Review access tokens"
    methods = (ListAccessTokens, ListOrgAccessTokens, GetOrgAccessToken)
    optional_methods: ClassVar[tuple[type[Method[Any]], ...]] = methods[1:]
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

    async def run(self, context: ToolContext) -> WorkflowResult:
        """Read the tokens and judge them."""
        # Imported here, because a server starts faster without what most sessions never call.
        from dockerhub_mcp.tools.reviews import tokens  # noqa: PLC0415

        if self.org_name is None:
            return await tokens.review_personal_tokens(context)
        return await tokens.review_organization_tokens(context, self.org_name)

"""Review access tokens."""

from __future__ import annotations

from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.reviews.tokens import review_organization_tokens, review_personal_tokens
from dockerhub_mcp.tools.workflows.base import WorkflowResult
from dockerhub_mcp.tools.workflows.review_tokens import ReviewTokens


async def run(call: ReviewTokens, context: ToolContext) -> WorkflowResult:
    """Read the tokens and judge them."""
    if call.org_name is None:
        return await review_personal_tokens(context)
    return await review_organization_tokens(context, call.org_name)

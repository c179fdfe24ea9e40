"""Review the access to an organization."""

from __future__ import annotations

from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.reviews.access import AccessReviewer
from dockerhub_mcp.tools.workflows.base import WorkflowResult
from dockerhub_mcp.tools.workflows.review_access import ReviewAccess


async def run(call: ReviewAccess, context: ToolContext) -> WorkflowResult:
    """Read members, teams and permissions, and join them."""
    reviewer = AccessReviewer(context, call.org_name)
    if call.repository:
        return await reviewer.review_repository(call.repository, call.username)
    if call.username:
        return await reviewer.review_person(call.username)
    return await reviewer.review_organization()

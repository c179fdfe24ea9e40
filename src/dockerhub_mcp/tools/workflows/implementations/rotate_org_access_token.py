"""Rotate an access token of an organization."""

from __future__ import annotations

from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.results.tool_result import ToolResult
from dockerhub_mcp.tools.reviews.rotation import TokenRotation
from dockerhub_mcp.tools.workflows.rotate_org_access_token import RotateOrgAccessToken


async def run(call: RotateOrgAccessToken, context: ToolContext) -> ToolResult:
    """Create the successor, or retire the old token."""
    rotation = TokenRotation(context, call.tool_name, call.org_name, dry_run=call.dry_run)
    if call.successor is None:
        return await rotation.create_successor(call.token, call.label, call.expires_at)
    return await rotation.retire(call.token, call.successor, delete=call.old_token == "delete")

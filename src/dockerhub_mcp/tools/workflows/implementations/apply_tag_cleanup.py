"""Carry out a clean-up plan."""

from __future__ import annotations

from dockerhub_mcp.tools.cleanup.applying.command import apply_plan
from dockerhub_mcp.tools.cleanup.applying.report import build_result, describe_partial, list_notes
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.workflows.apply_tag_cleanup import ApplyTagCleanup
from dockerhub_mcp.tools.workflows.base import WorkflowResult


async def run(call: ApplyTagCleanup, context: ToolContext) -> WorkflowResult:
    """Carry the plan out, or go on with it, and list what became of its tags."""
    report = await apply_plan(context, call.plan_id, call.confirm_count)
    result = build_result(report)
    return WorkflowResult(result, list_notes(report, result), describe_partial(report, result))

"""Plan which tags of a repository a clean-up deletes."""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.tools.cleanup.planning import CleanupRequest, plan_cleanup
from dockerhub_mcp.tools.cleanup.rule_arguments import build_rules
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.workflows.base import WorkflowResult
from dockerhub_mcp.tools.workflows.plan_tag_cleanup import PlanTagCleanup


async def run(call: PlanTagCleanup, context: ToolContext) -> WorkflowResult:
    """Read the repository, choose what is deleted, and keep the plan."""
    arguments: dict[str, Any] = call.model_dump(exclude={"namespace", "repository"}, exclude_none=True)
    request = CleanupRequest(
        call.namespace,
        call.repository,
        build_rules(arguments),
        arguments,
        call.allow_everything,
        call.untagged,
    )
    outcome = await plan_cleanup(context, request)
    return WorkflowResult(outcome.data, [*call.notes, *outcome.notes], outcome.partial_reason)

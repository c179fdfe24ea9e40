"""The resource with every tag of a clean-up plan."""

from __future__ import annotations

from collections.abc import Iterator

from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.cleanup.account import identify_account
from dockerhub_mcp.tools.cleanup.model import CleanupPlan
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.results.sanitize import inline
from dockerhub_mcp.tools.results.tool_result import ToolResult
from dockerhub_mcp.tools.results.values import format_size

PLAN_TOOL = "plan_tag_cleanup"


async def read_plan(plan_id: str, registry: Registry, context: ToolContext) -> ToolResult:
    """Return everything that a plan deletes, one tag or manifest per line, the oldest tag first.

    Raises:
        ToolDisabledError: The tool that makes plans is disabled.
        HubError: The plan is unknown or belongs to another account, or the sign-in failed.
    """
    registry.find_tool(PLAN_TOOL)
    plan = await context.plans.find(plan_id, await identify_account(context))
    return ToolResult("\n".join(_iter_lines(plan)), untrusted_fields=("tag",))


def _iter_lines(plan: CleanupPlan) -> Iterator[str]:
    manifests = f" and {len(plan.manifests):,} manifests without a tag" if plan.manifests else ""
    yield f"The plan {plan.plan_id} deletes {len(plan.tags):,} tags{manifests} of {plan.image}."
    if plan.tags:
        yield "tag | digest | pushed | size"
    for tag in plan.tags:
        pushed = "unknown" if tag.pushed_at is None else f"{tag.pushed_at:%Y-%m-%d}"
        size = "unknown" if tag.size is None else format_size(tag.size)
        yield f"{inline(tag.name)} | {inline(tag.digest) if tag.digest else 'unknown'} | {pushed} | {size}"
    if plan.manifests:
        yield "manifest | kind | size"
    for each in plan.manifests:
        size = "" if each.size is None else format_size(each.size)
        yield f"{inline(each.digest)} | {each.kind} | {size}"

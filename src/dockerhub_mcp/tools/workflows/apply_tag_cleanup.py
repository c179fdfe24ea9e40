"""Carry out a clean-up plan."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.methods import DeleteTag, GetRepository, GetTag, ListTags
from dockerhub_mcp.tools.cleanup.applying.result import CleanupResult
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.workflows.base import Workflow, WorkflowResult


class ApplyTagCleanup(Workflow):
    """Delete what a plan of plan_tag_cleanup names, after one question to the user; call again to resume."""

    title = "Apply tag clean-up"
    methods = (DeleteTag, GetRepository, GetTag, ListTags)
    result_type = CleanupResult
    area = Area.CLEANUP
    is_enabled_by_default = True
    is_cached = False

    plan_id: Annotated[
        str,
        StringConstraints(max_length=100),
        Field(description="From plan_tag_cleanup.", examples=["cleanup-0123456789abcdef0123456789abcdef"]),
    ]
    confirm_count: Annotated[
        int | None,
        Field(ge=0, description="How many the plan deletes; needed if no user is asked.", examples=[120]),
    ] = None

    async def run(self, context: ToolContext) -> WorkflowResult:
        """Carry the plan out, and list what became of its tags."""
        # Imported on use: starting the server must not load what only clean-ups need.
        from dockerhub_mcp.tools.cleanup.applying.command import apply_plan  # noqa: PLC0415
        from dockerhub_mcp.tools.cleanup.applying.report import (  # noqa: PLC0415
            build_result,
            describe_partial,
            list_notes,
        )

        report = await apply_plan(context, self.plan_id, self.confirm_count)
        result = build_result(report)
        return WorkflowResult(result, list_notes(report, result), describe_partial(report, result))

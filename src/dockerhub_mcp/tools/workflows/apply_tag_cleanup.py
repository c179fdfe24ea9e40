"""Carry out a clean-up plan."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.methods import DeleteTag, GetRepository, GetTag, ListTags
from dockerhub_mcp.tools.cleanup.applying.result import CleanupResult
from dockerhub_mcp.tools.workflows.base import Workflow


class ApplyTagCleanup(Workflow):
    """Delete what a plan of plan_tag_cleanup names, after one question to the user; call again to resume."""

    title = "Apply tag clean-up"
    methods = (DeleteTag, GetRepository, GetTag, ListTags)
    result_type = CleanupResult
    area = Area.CLEANUP
    is_cached = False
    takes: ClassVar[str] = "the tags, and the images without a tag, that the plan names"

    plan_id: Annotated[
        str,
        StringConstraints(max_length=100),
        Field(description="From plan_tag_cleanup.", examples=["cleanup-0123456789abcdef0123456789abcdef"]),
    ]
    confirm_count: Annotated[
        int | None,
        Field(ge=0, description="How many the plan deletes; needed if no user is asked.", examples=[120]),
    ] = None

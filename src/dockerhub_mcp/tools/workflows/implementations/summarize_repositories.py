"""Summarize the repositories of a namespace."""

from __future__ import annotations

from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.reviews.repositories import summarize_repositories
from dockerhub_mcp.tools.workflows.base import WorkflowResult
from dockerhub_mcp.tools.workflows.summarize_repositories import SummarizeRepositories


async def run(call: SummarizeRepositories, context: ToolContext) -> WorkflowResult:
    """Read all repositories and add them up."""
    return await summarize_repositories(context, call.namespace, call.largest)

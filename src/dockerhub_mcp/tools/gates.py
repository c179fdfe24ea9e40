"""How much a person lets an agent do. Every gate follows from what a method declares."""

from __future__ import annotations

from functools import cache
from typing import Any

from dockerhub_mcp.hub.api.method import Effect, Method, Scope
from dockerhub_mcp.tools.access import Access, ToolInfo

__all__ = ["Access", "build_tool_info", "required_access"]


def required_access(method: type[Method[Any]]) -> Access:
    """Return the level that a method needs.

    Writing is what changes something with `repo:write`; all other changes, and whatever cannot be undone,
    are administration.
    """
    if not method.effect.is_mutation:
        return Access.READ
    if method.scope is Scope.REPO_WRITE and method.effect is not Effect.DELETE:
        return Access.WRITE
    return Access.ADMIN


@cache
def build_tool_info(method: type[Method[Any]]) -> ToolInfo:
    """Return what decides whether the tool of a method is on."""
    return ToolInfo(method.tool_name, required_access(method), str(method.area), method.is_enabled_by_default)

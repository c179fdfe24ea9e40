"""How much a person lets an agent do. Every gate follows from what a method declares."""

from __future__ import annotations

from functools import cache
from typing import Any

from dockerhub_mcp.hub.api.method import Effect, Method, Scope
from dockerhub_mcp.tools.access import Access, Facts

__all__ = ["Access", "access_of", "facts_of"]


def access_of(method: type[Method[Any]]) -> Access:
    """Return the level that a method needs.

    Writing is what changes something with `repo:write`; all other changes, and whatever cannot be undone,
    are administration.
    """
    if not method.effect.changes_the_hub:
        return Access.READ
    if method.scope is Scope.REPO_WRITE and method.effect is not Effect.DELETE:
        return Access.WRITE
    return Access.ADMIN


@cache
def facts_of(method: type[Method[Any]]) -> Facts:
    """Return what decides whether the tool of a method is on."""
    return Facts(method.tool, access_of(method), str(method.area), method.by_default)

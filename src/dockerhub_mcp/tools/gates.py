"""How much a person lets an agent do. Every gate follows from what a method declares."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dockerhub_mcp.hub.method import Effect, Method, Scope


class Access(StrEnum):
    """The ceiling that a person sets; each level includes the ones before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def includes(self, other: Access) -> bool:
        """Tell whether a tool of the other level may run under this one."""
        levels = list(Access)
        return levels.index(other) <= levels.index(self)


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

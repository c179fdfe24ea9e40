"""Which tools are on: from what is known of each and what a person set. Needs the standard library alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

DEFAULT = "default"
ALL = "all"


class Access(StrEnum):
    """The ceiling that a person sets; each level includes the ones before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def includes(self, other: Access) -> bool:
        """Tell whether a tool of the other level may run under this one."""
        levels = list(Access)
        return levels.index(other) <= levels.index(self)


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides whether a tool is on."""

    tool: str
    access: Access
    area: str
    by_default: bool

    def is_in(self, toolsets: Sequence[str]) -> bool:
        """Tell whether one of the toolsets has it."""
        return ALL in toolsets or self.area in toolsets or (DEFAULT in toolsets and self.by_default)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person set."""

    access: Access = Access.READ
    toolsets: Sequence[str] = ()
    tools: Sequence[str] = ()
    exclude_tools: Sequence[str] = ()

    def why_off(self, facts: Facts) -> str:
        """Return why a tool is off, with the option that switches it on; an empty text where it is on."""
        if facts.tool in self.exclude_tools:
            return "the owner of this server excluded it (--exclude-tools)"
        is_chosen = facts.is_in(self.toolsets or (ALL if self.tools else DEFAULT,))
        if not self.access.includes(facts.access):
            option = f"--access {facts.access} (or DOCKERHUB_MCP_ACCESS={facts.access})"
            option += "" if is_chosen else f" and its toolset (--toolsets {facts.area})"
            return (
                f"it needs {option}, and the server runs with --access {self.access}; only its owner can "
                "change that"
            )
        if self.tools and facts.tool not in self.tools:
            return "the owner of this server chose other tools (--tools)"
        return "" if is_chosen else f"its toolset {facts.area} is not on (--toolsets {facts.area})"

"""Which tools are on: from what is known of each and what a person set. Needs the standard library alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

DEFAULT_TOOLSET = "default"
ALL_TOOLSETS = "all"


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
class ToolInfo:
    """What decides whether a tool is on."""

    name: str
    access: Access
    area: str
    is_enabled_by_default: bool

    def is_in_toolsets(self, toolsets: Sequence[str]) -> bool:
        """Tell whether one of the toolsets has it."""
        return (
            ALL_TOOLSETS in toolsets
            or self.area in toolsets
            or (DEFAULT_TOOLSET in toolsets and self.is_enabled_by_default)
        )


@dataclass(frozen=True, slots=True)
class ToolFilter:
    """What a person set."""

    access: Access = Access.READ
    toolsets: Sequence[str] = ()
    tools: Sequence[str] = ()
    exclude_tools: Sequence[str] = ()

    def disabled_reason(self, tool: ToolInfo) -> str:
        """Return why a tool is off, with the option that switches it on; an empty text where it is on."""
        if tool.name in self.exclude_tools:
            return "the owner of this server excluded it (--exclude-tools)"
        is_chosen = tool.is_in_toolsets(self.toolsets or (ALL_TOOLSETS if self.tools else DEFAULT_TOOLSET,))
        if not self.access.includes(tool.access):
            option = f"--access {tool.access} (or DOCKERHUB_MCP_ACCESS={tool.access})"
            option += "" if is_chosen else f" and its toolset (--toolsets {tool.area})"
            return (
                f"it needs {option}, and the server runs with --access {self.access}; only its owner can "
                "change that"
            )
        if self.tools and tool.name not in self.tools:
            return "the owner of this server chose other tools (--tools)"
        return "" if is_chosen else f"its toolset {tool.area} is not on (--toolsets {tool.area})"

"""Access levels, toolsets and the filter that decides which tools are enabled.

Imports the standard library and plain enumerations only: the fast start over stdio uses this module before
pydantic and the MCP SDK are loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dockerhub_mcp.hub.api.enums import Effect, Scope

DEFAULT_TOOLSET = "default"
ALL_TOOLSETS = "all"

_FORMER_NAMES = {"scim_get_service_provider_config": "scim_get_provider_config"}
"""Former names of tools, which are not listed, with the names that replaced them."""


def resolve_tool_name(name: str) -> str:
    """Return the present name of a tool that is given under a former one; other names as they are."""
    return _FORMER_NAMES.get(name, name)


class Access(StrEnum):
    """An upper limit on what tools may do; each level includes the ones before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def includes(self, other: Access) -> bool:
        """Return whether a tool of the other level may run under this one."""
        levels = list(Access)
        return levels.index(other) <= levels.index(self)


def required_access(effect: Effect, scope: Scope) -> Access:
    """Return the access level that a Hub method needs.

    `write` covers changes with the scope `repo:write`. All other changes, and everything that cannot be
    undone, need `admin`.
    """
    if not effect.is_mutation:
        return Access.READ
    if scope is Scope.REPO_WRITE and effect is not Effect.DELETE:
        return Access.WRITE
    return Access.ADMIN


@dataclass(frozen=True, slots=True)
class ToolInfo:
    """The facts that decide whether a tool is enabled."""

    name: str
    access: Access
    area: str
    is_enabled_by_default: bool

    def is_in_toolsets(self, toolsets: Sequence[str]) -> bool:
        """Return whether one of the toolsets contains the tool."""
        return (
            ALL_TOOLSETS in toolsets
            or self.area in toolsets
            or (DEFAULT_TOOLSET in toolsets and self.is_enabled_by_default)
        )


@dataclass(frozen=True, slots=True)
class ToolFilter:
    """The options that enable and disable tools."""

    access: Access = Access.READ
    toolsets: Sequence[str] = ()
    tools: Sequence[str] = ()
    exclude_tools: Sequence[str] = ()

    def __post_init__(self) -> None:
        for option in ("tools", "exclude_tools"):
            names = tuple(map(resolve_tool_name, getattr(self, option)))
            object.__setattr__(self, option, names)

    def disabling_option(self, tool: ToolInfo) -> str:
        """Return which option disables a tool, or an empty string; the first in the order of precedence.

        It is `excluded`, `gate` for the access level, `chosen` for the list of tools, or `toolset`.
        """
        if not self.disabled_reason(tool):
            return ""
        if tool.name in self.exclude_tools:
            return "excluded"
        if not self.access.includes(tool.access):
            return "gate"
        return "chosen" if self.tools and tool.name not in self.tools else "toolset"

    def enabling_options(self, tool: ToolInfo) -> tuple[str, ...]:
        """Return the options that enable a tool together; empty where it is enabled or left out by name."""
        is_left_out = tool.name in self.exclude_tools or (self.tools and tool.name not in self.tools)
        if is_left_out or not self.disabled_reason(tool):
            return ()
        access = () if self.access.includes(tool.access) else (f"--access {tool.access}",)
        return access if self._is_chosen(tool) else (*access, f"--toolsets {tool.area}")

    def disabled_reason(self, tool: ToolInfo) -> str:
        """Return why a tool is disabled and which option enables it, or an empty string."""
        if tool.name in self.exclude_tools:
            return "the owner of this server excluded it (--exclude-tools)"
        is_chosen = self._is_chosen(tool)
        if not self.access.includes(tool.access):
            option = f"--access {tool.access} (or DOCKERHUB_MCP_ACCESS={tool.access})"
            option += "" if is_chosen else f" and its toolset (--toolsets {tool.area})"
            return (
                f"it needs {option}, and the server runs with --access {self.access}; only its owner can "
                "change that"
            )
        if self.tools and tool.name not in self.tools:
            return "the owner of this server chose other tools (--tools)"
        return "" if is_chosen else f"its toolset {tool.area} is not enabled (--toolsets {tool.area})"

    def _is_chosen(self, tool: ToolInfo) -> bool:
        """Return whether the toolsets contain the tool."""
        return tool.is_in_toolsets(self.toolsets or (ALL_TOOLSETS if self.tools else DEFAULT_TOOLSET,))

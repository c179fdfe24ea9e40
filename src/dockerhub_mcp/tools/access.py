"""Access levels, toolsets and the filter that decides which tools are enabled.

Imports the standard library and plain enumerations only: the first responses over stdio use it before
pydantic and the MCP SDK are loaded. Facts are named tuples, which are created seven times as fast as data
classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from dockerhub_mcp.hub.api.enums import Area, Effect, Scope, Service
from dockerhub_mcp.tools.toolsets import (
    ALL_TOOLSETS,
    AREAS_CHANGED_BY_DEFAULT,
    DEFAULT_TOOLSET,
    NO_TOOLSET,
    PRESETS,
)

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


def is_in_default_toolset(access: Access, area: Area, *, is_read_by_default: bool) -> bool:
    """Return whether the default toolset has a tool.

    Args:
        access: The access level that the tool needs.
        area: Its area.
        is_read_by_default: Whether the toolset has it if it only reads, which bounds the menu under
            `--access read`. What changes something belongs to it by the area alone.
    """
    return is_read_by_default if access is Access.READ else area in AREAS_CHANGED_BY_DEFAULT


class MethodInfo(NamedTuple):
    """The facts about a Hub method that decide which accounts may use it, as `Method` declares them."""

    service: Service
    effect: Effect
    area: Area
    scope: Scope
    allows_anonymous: bool
    accepts_pat: bool
    oat_scope: str | None


class ToolInfo(NamedTuple):
    """The facts about a tool that are known without loading it.

    Attributes:
        name: The name.
        access: The access level that it needs.
        area: Its area.
        is_enabled_by_default: Whether the default toolset has it; its access level gates it there too.
        effect: The strictest effect of its methods.
        secret_arguments: The arguments with secrets.
        called_tools: The names of the tools that carry out its calls; empty where it does so itself.
        required_methods: The methods without which it does not work.
    """

    name: str
    access: Access
    area: str
    is_enabled_by_default: bool
    effect: Effect
    secret_arguments: tuple[str, ...] = ()
    called_tools: tuple[str, ...] = ()
    required_methods: tuple[MethodInfo, ...] = ()

    @property
    def only_reads(self) -> bool:
        """Whether a call changes nothing on the Hub, nor the account that calls use."""
        return self.effect is Effect.READ

    def is_in_toolsets(self, toolsets: Sequence[str]) -> bool:
        """Return whether one of the toolsets contains the tool."""
        return (
            ALL_TOOLSETS in toolsets
            or self.area in toolsets
            or (DEFAULT_TOOLSET in toolsets and self.is_enabled_by_default)
            or any(self.name in PRESETS[name].tools for name in toolsets if name in PRESETS)
        )


class MissingSelection(NamedTuple):
    """What tools need that the options do not give.

    Attributes:
        access: The access level; None where the present one is enough.
        toolsets: All toolsets to select: the present ones and those that are missing; empty where none is.
    """

    access: Access | None = None
    toolsets: tuple[str, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """The options of the server that give it, each with its value."""
        access = (f"--access {self.access}",) if self.access else ()
        return (*access, f"--toolsets {','.join(self.toolsets)}") if self.toolsets else access

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that give the same."""
        access = (f"DOCKERHUB_MCP_ACCESS={self.access}",) if self.access else ()
        names = ",".join(self.toolsets)
        return (*access, f"DOCKERHUB_MCP_TOOLSETS={names}") if self.toolsets else access


class ToolFilter:
    """The options that enable and disable tools."""

    __slots__ = ("access", "exclude_tools", "tools", "toolsets")

    def __init__(
        self,
        access: Access = Access.READ,
        toolsets: Sequence[str] = (),
        tools: Sequence[str] = (),
        exclude_tools: Sequence[str] = (),
    ) -> None:
        self.access = access
        self.toolsets = toolsets
        self.tools = tuple(map(resolve_tool_name, tools))
        self.exclude_tools = tuple(map(resolve_tool_name, exclude_tools))

    @property
    def selected_toolsets(self) -> tuple[str, ...]:
        """The toolsets that are on: the named ones, else all where tools are named, else the default."""
        return tuple(self.toolsets or (ALL_TOOLSETS if self.tools else DEFAULT_TOOLSET,))

    def disabling_option(self, tool: ToolInfo) -> str:
        """Return which option disables a tool, or an empty string; the first in the order of precedence.

        It is `excluded`, `chosen` for the list of tools, `gate` for the access level, or `toolset`.
        """
        if tool.name in self.exclude_tools:
            return "excluded"
        if self.tools and tool.name not in self.tools:
            return "chosen"
        missing = self.find_missing(tool)
        if missing.access:
            return "gate"
        return "toolset" if missing.toolsets else ""

    def find_missing(self, *tools: ToolInfo) -> MissingSelection:
        """Return the access level and the toolsets that tools lack, for all of them together."""
        selected = self.selected_toolsets
        access = max((tool.access for tool in tools), key=list(Access).index)
        areas = dict.fromkeys(tool.area for tool in tools if not tool.is_in_toolsets(selected))
        return MissingSelection(
            access=None if self.access.includes(access) else access,
            toolsets=_join_toolsets(selected, areas) if areas else (),
        )

    def enabling_options(self, tool: ToolInfo) -> tuple[str, ...]:
        """Return the options that enable a tool together; empty where it is enabled or left out by name.

        Their values keep on what is on: the present toolsets are among those of `--toolsets`.
        """
        return () if self._find_exclusion(tool) else self.find_missing(tool).options

    def disabled_reason(self, tool: ToolInfo) -> str:
        """Return why a tool is disabled and all options that enable it together, or an empty string."""
        missing = self.find_missing(tool)
        if exclusion := self._find_exclusion(tool):
            return (
                f"{exclusion}; it would also need {_join(missing.options)}" if missing.options else exclusion
            )
        return self.describe_missing(missing) if missing.options else ""

    def describe_missing(self, missing: MissingSelection, *, subject: str = "it needs") -> str:
        """Return what options are missing, and what the server has instead.

        Args:
            missing: What is missing, not nothing.
            subject: The beginning, such as `they need`.
        """
        present = [f"--access {self.access}"] if missing.access else []
        named = ",".join(_join_toolsets(self.selected_toolsets))
        present += [f"--toolsets {named}" if named else "no toolset"] if missing.toolsets else []
        return (
            f"{subject} {_join(missing.options)} (or {_join(missing.variables)}), and the server runs with "
            f"{_join(present)}; only its owner can change that"
        )

    def _find_exclusion(self, tool: ToolInfo) -> str:
        """Return which option leaves a tool out by its name, or an empty string."""
        if tool.name in self.exclude_tools:
            return "the owner of this server excluded it (--exclude-tools)"
        if self.tools and tool.name not in self.tools:
            return "the owner of this server chose other tools (--tools)"
        return ""


def _join(parts: Sequence[str]) -> str:
    return " and ".join(parts)


def _join_toolsets(*groups: Iterable[str]) -> tuple[str, ...]:
    """Return the toolsets of all groups that can be named, each once."""
    return tuple(dict.fromkeys(name for group in groups for name in group if name != NO_TOOLSET))

"""The tools of one server, enabled and disabled by its options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy

from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.tools.access import Access, ToolFilter, ToolInfo, resolve_tool_name
from dockerhub_mcp.tools.catalog.filter_types import get_filter_type
from dockerhub_mcp.tools.catalog.tool_lists import list_all_tools
from dockerhub_mcp.tools.permissions import build_tool_state
from dockerhub_mcp.tools.suggestions import MAX_NAME_LENGTH, did_you_mean, suggest_toolsets
from dockerhub_mcp.tools.tool import Tool
from dockerhub_mcp.tools.tool_states import CredentialGrants, ToolState
from dockerhub_mcp.tools.toolsets import ALL_TOOLSETS, TOOLSET_NAMES


class UnknownNameError(ValueError):
    """A tool or toolset that does not exist; the message suggests similar names."""


class ToolDisabledError(Exception):
    """A tool that exists but is disabled; the message names the option that enables it.

    Attributes:
        tool: The tool.
    """

    def __init__(self, message: str, tool: Tool) -> None:
        super().__init__(message)
        self.tool = tool


class Registry:
    """The tools of one server, in the order of the API reference.

    Args:
        access: The upper limit on what tools may do.
        toolsets: Areas of the API reference, presets, `default` or `all`.
        tools: The only tools to enable, if not empty.
        exclude_tools: Tools to disable, even if another argument names them.
        names: `hub-mcp` to add the tools of docker/hub-mcp; the others are then enabled by name only.
        available: The tools to choose from; by default all.

    Attributes:
        all_tools: Every tool, enabled and disabled.

    Raises:
        UnknownNameError: A name does not exist, or a tool in `tools` is disabled by another option.
    """

    def __init__(
        self,
        *,
        access: Access = Access.READ,
        toolsets: Sequence[str] = (),
        tools: Sequence[str] = (),
        exclude_tools: Sequence[str] = (),
        names: str = "",
        available: Iterable[Tool] | None = None,
    ) -> None:
        self.access = access
        tools, exclude_tools = _resolve_names(tools), _resolve_names(exclude_tools)
        self.all_tools = list_all_tools(names) if available is None else tuple(available)
        self._tools_by_name = {tool.name: tool for tool in self.all_tools}
        self._callers: dict[str, list[str]] = {}
        for tool in self.all_tools:
            for called in tool.called_tools:
                self._callers.setdefault(called, []).append(tool.name)
        self._validate_names(toolsets, tools, exclude_tools)
        self._filter = tool_filter = get_filter_type(names)(access, toolsets, tools, exclude_tools)
        infos = {name: tool.info for name, tool in self._tools_by_name.items()}
        reasons = {name: tool_filter.disabled_reason(info) for name, info in infos.items()}
        self._disabled_by = {name: tool_filter.disabling_option(info) for name, info in infos.items()}
        self._enabling_options = {name: tool_filter.enabling_options(info) for name, info in infos.items()}
        self._disabled_reasons = {name: reason for name, reason in reasons.items() if reason}
        for name in tools:
            if name in self._disabled_reasons and name not in exclude_tools:
                msg = f"tools: {name} is named but disabled: {self._disabled_reasons[name]}"
                raise UnknownNameError(msg)
        self.tools = tuple(
            tool for name, tool in self._tools_by_name.items() if name not in self._disabled_reasons
        )

    @property
    def tool_names(self) -> tuple[str, ...]:
        """The names of the enabled tools, in order."""
        return tuple(tool.name for tool in self.tools)

    @property
    def all_tool_names(self) -> tuple[str, ...]:
        """The names of all tools, in order."""
        return tuple(tool.name for tool in self.all_tools)

    def find_tool_info(self, name: str) -> ToolInfo:
        """Return the facts about a tool; see `find_tool`."""
        return self.find_tool(name).info

    def restrict_tools(
        self,
        *,
        reason: str | Callable[[ToolFilter, ToolInfo], str],
        off_by: str = "caller",
        access: Access = Access.ADMIN,
        toolsets: Sequence[str] = (),
        tools: Sequence[str] = (),
        exclude_tools: Sequence[str] = (),
    ) -> Registry:
        """Return a registry with some of these tools enabled; disabled tools stay disabled.

        Args:
            reason: The message for calls of the tools that these limits leave out, or what builds it from
                the limits and the tool. A tool that is disabled already has both reasons.
            off_by: What disables them, as in `ToolState.off_by`.
            access: An upper limit on what tools may do.
            toolsets: The only toolsets to keep, if not empty.
            tools: The only tools to keep, if not empty.
            exclude_tools: Tools to disable.

        Raises:
            UnknownNameError: A name does not exist.
        """
        tools, exclude_tools = _resolve_names(tools), _resolve_names(exclude_tools)
        self._validate_names(toolsets, tools, exclude_tools)
        excluded = set(exclude_tools)
        excluded |= {tool.name for tool in self.all_tools if not excluded.isdisjoint(tool.called_tools)}
        limits = ToolFilter(access, toolsets or (ALL_TOOLSETS,), tools, tuple(excluded))
        restricted = copy(self)
        restricted.access = min(self.access, access, key=list(Access).index)
        reasons, disabled_by = dict(self._disabled_reasons), dict(self._disabled_by)
        enabling_options = dict(self._enabling_options)
        for name, tool in self._tools_by_name.items():
            if not limits.disabling_option(tool.info):
                continue
            text = reason if isinstance(reason, str) else reason(limits, tool.info)
            reasons[name] = f"{reasons[name]}; {text}" if name in reasons else text
            if not disabled_by[name] or off_by == "caller":  # no option of the server enables it for a caller
                disabled_by[name], enabling_options[name] = off_by, ()
        restricted.tools = tuple(tool for tool in self.tools if tool.name not in reasons)
        restricted._disabled_reasons, restricted._disabled_by = reasons, disabled_by  # noqa: SLF001
        restricted._enabling_options = enabling_options  # noqa: SLF001
        return restricted

    def list_states(self, grants: CredentialGrants | None) -> list[ToolState]:
        """Return the state of every tool, in the order of the reference.

        Args:
            grants: What the account's credentials allow; None where they are unknown.
        """
        return [
            build_tool_state(
                tool,
                grants,
                off_by=self._disabled_by[name],
                off=self.disabled_reason(name),
                enable_with=self._enabling_options[name],
            )
            for name, tool in self._tools_by_name.items()
        ]

    def disabled_reason(self, name: str) -> str:
        """Return why a tool is disabled and which option enables it, or an empty string."""
        return self._disabled_reasons.get(name, "")

    def is_callable(self, name: str) -> bool:
        """Return whether calls of a tool are accepted: it, or an enabled tool that calls it, is enabled."""
        return any(not self.disabled_reason(each) for each in (name, *self._callers.get(name, ())))

    def describe_disabled_tools(self, names: Sequence[str]) -> str:
        """Return disabled tools with their reasons; options that enable several are named together.

        Args:
            names: Names of disabled tools.
        """
        reasons: dict[str, list[str]] = {}
        selectable = [name for name in names if self._enabling_options[name]]
        if len(selectable) > 1:
            missing = self._filter.find_missing(*(self._tools_by_name[name].info for name in selectable))
            reasons[self._filter.describe_missing(missing, subject="they need")] = selectable
        for name in names:
            if len(selectable) < 2 or name not in selectable:  # noqa: PLR2004 - a group has two
                reasons.setdefault(self._disabled_reasons[name], []).append(name)
        return "; ".join(f"{', '.join(tools)} ({reason})" for reason, tools in reasons.items())

    def find_tool(self, name: str) -> Tool:
        """Return an enabled tool, or one that an enabled tool calls; former names are accepted.

        Raises:
            UnknownNameError: The tool does not exist.
            ToolDisabledError: The tool is disabled.
        """
        name = resolve_tool_name(name)
        tool = self._tools_by_name.get(name)
        if tool is None:
            suggestion = self._suggest_tools(name, [tool.name for tool in self.tools])
            msg = f"Unknown tool: {to_single_line(repr(name[:MAX_NAME_LENGTH]), 80)}{suggestion}"
            raise UnknownNameError(msg)
        if not self.is_callable(name):
            reason = self.disabled_reason(name)
            msg = f"The tool {name} is switched off on this server: {reason}. Nothing was sent."
            raise ToolDisabledError(msg, tool)
        return tool

    def _validate_names(
        self, toolsets: Sequence[str], tools: Sequence[str], exclude_tools: Sequence[str]
    ) -> None:
        known_tools = list(self._tools_by_name)
        for name in toolsets:
            if name not in TOOLSET_NAMES:
                msg = f"toolsets: {name!r} does not exist{suggest_toolsets(name)}"
                raise UnknownNameError(msg)
        for option, names in (("tools", tools), ("exclude-tools", exclude_tools)):
            for name in names:
                if name not in known_tools:
                    msg = f"{option}: {name!r} does not exist{self._suggest_tools(name, known_tools)}"
                    raise UnknownNameError(msg)

    def _suggest_tools(self, name: str, candidates: Sequence[str]) -> str:
        """Return the tools that a name probably means, as the end of a sentence.

        A name of docker/hub-mcp means the tool that does the same, even if that is disabled.
        """
        from dockerhub_mcp.tools.hub_mcp.naming import OWN_TOOLS  # noqa: PLC0415 - only for an unknown name

        same = [own for own in OWN_TOOLS.get(name, ()) if own in self._tools_by_name]
        if same:
            return f"; did you mean {' or '.join(same)}? The names of docker/hub-mcp need --names hub-mcp"
        return did_you_mean(name, candidates)


def _resolve_names(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(resolve_tool_name, names))

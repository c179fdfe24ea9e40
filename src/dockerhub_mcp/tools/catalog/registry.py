"""The tools of one server, enabled and disabled by its options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import TYPE_CHECKING

from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.tools.access import Access, ToolFilter, ToolInfo, resolve_tool_name
from dockerhub_mcp.tools.catalog.filter_types import get_filter_type
from dockerhub_mcp.tools.catalog.tool_lists import list_tool_infos, load_tool
from dockerhub_mcp.tools.suggestions import MAX_NAME_LENGTH, did_you_mean, suggest_toolsets
from dockerhub_mcp.tools.toolsets import ALL_TOOLSETS, TOOLSET_NAMES

if TYPE_CHECKING:
    from dockerhub_mcp.tools.tool import Tool
    from dockerhub_mcp.tools.tool_states import CredentialGrants, ToolState


class UnknownNameError(ValueError):
    """A tool or toolset that does not exist; the message suggests similar names."""


class ToolDisabledError(Exception):
    """A tool that exists but is disabled; the message names the option that enables it.

    Attributes:
        info: The facts about the tool.
    """

    def __init__(self, message: str, info: ToolInfo) -> None:
        super().__init__(message)
        self.info = info


class Registry:
    """The tools of one server, in the order of the API reference.

    What it knows of them comes from the index; a tool is loaded when it is looked up.

    Args:
        access: The upper limit on what tools may do.
        toolsets: Areas of the API reference, presets, `default` or `all`.
        tools: The only tools to enable, if not empty.
        exclude_tools: Tools to disable, even if another argument names them.
        names: `hub-mcp` to add the tools of docker/hub-mcp; the others are then enabled by name only.
        available: The tools to choose from; by default all.

    Attributes:
        access: The upper limit on what tools may do.
        all_tool_infos: The facts about every tool, enabled and disabled.
        tool_infos: The facts about the enabled tools.

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
        self._available = None if available is None else {tool.name: tool for tool in available}
        self.all_tool_infos = (
            list_tool_infos(names)
            if self._available is None
            else tuple(tool.info for tool in self._available.values())
        )
        self._infos = infos = {info.name: info for info in self.all_tool_infos}
        self._callers: dict[str, list[str]] = {}
        for info in self.all_tool_infos:
            for called in info.called_tools:
                self._callers.setdefault(called, []).append(info.name)
        self._validate_names(toolsets, tools, exclude_tools)
        self._filter = tool_filter = get_filter_type(names)(access, toolsets, tools, exclude_tools)
        self._disabled_by = {name: tool_filter.disabling_option(info) for name, info in infos.items()}
        disabled = {name: info for name, info in infos.items() if self._disabled_by[name]}
        self._disabled_reasons = {name: tool_filter.disabled_reason(info) for name, info in disabled.items()}
        self._enabling_options = {name: tool_filter.enabling_options(info) for name, info in disabled.items()}
        for name in tools:
            if name in self._disabled_reasons and name not in exclude_tools:
                msg = f"tools: {name} is named but disabled: {self._disabled_reasons[name]}"
                raise UnknownNameError(msg)
        self.tool_infos = self._list_enabled()

    @property
    def all_tool_names(self) -> tuple[str, ...]:
        """The names of all tools, enabled and disabled."""
        return tuple(self._infos)

    @property
    def tool_names(self) -> tuple[str, ...]:
        """The names of the enabled tools."""
        return tuple(info.name for info in self.tool_infos)

    @property
    def all_tools(self) -> tuple[Tool, ...]:
        """Every tool, enabled and disabled. All are loaded, which takes long."""
        return tuple(map(self.load_tool, self._infos))

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The enabled tools. All of them are loaded, which takes long."""
        return tuple(map(self.load_tool, self.tool_names))

    def load_tool(self, name: str) -> Tool:
        """Return a tool by its present name, enabled or not.

        Raises:
            KeyError: The tool does not exist.
        """
        return load_tool(name) if self._available is None else self._available[name]

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
        excluded |= {info.name for info in self.all_tool_infos if not excluded.isdisjoint(info.called_tools)}
        limits = ToolFilter(access, toolsets or (ALL_TOOLSETS,), tools, tuple(excluded))
        restricted = copy(self)
        restricted.access = min(self.access, access, key=list(Access).index)
        reasons, disabled_by = dict(self._disabled_reasons), dict(self._disabled_by)
        enabling_options = dict(self._enabling_options)
        for name, info in self._infos.items():
            if not limits.disabling_option(info):
                continue
            text = reason if isinstance(reason, str) else reason(limits, info)
            reasons[name] = f"{reasons[name]}; {text}" if name in reasons else text
            if not disabled_by[name] or off_by == "caller":  # no option of the server enables it for a caller
                disabled_by[name], enabling_options[name] = off_by, ()
        restricted._disabled_reasons, restricted._disabled_by = reasons, disabled_by  # noqa: SLF001
        restricted._enabling_options = enabling_options  # noqa: SLF001
        restricted.tool_infos = restricted._list_enabled()  # noqa: SLF001
        return restricted

    def list_states(self, grants: CredentialGrants | None) -> list[ToolState]:
        """Return the state of every tool, in the order of the reference.

        Args:
            grants: What the account's credentials allow; None where they are unknown.
        """
        from dockerhub_mcp.tools.permissions import build_tool_state  # noqa: PLC0415 - few calls need it

        return [
            build_tool_state(
                info,
                grants,
                off_by=self._disabled_by[name],
                off=self.disabled_reason(name),
                enable_with=self._enabling_options.get(name, ()),
            )
            for name, info in self._infos.items()
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
        selectable = [name for name in names if self._enabling_options.get(name)]
        if len(selectable) > 1:
            missing = self._filter.find_missing(*(self._infos[name] for name in selectable))
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
        return self.load_tool(self.find_tool_info(name).name)

    def find_tool_info(self, name: str) -> ToolInfo:
        """Return the facts about a tool that `find_tool` finds, without loading it.

        Raises:
            UnknownNameError: The tool does not exist.
            ToolDisabledError: The tool is disabled.
        """
        name = resolve_tool_name(name)
        info = self._infos.get(name)
        if info is None:
            suggestion = self._suggest_tools(name, self.tool_names)
            msg = f"Unknown tool: {to_single_line(repr(name[:MAX_NAME_LENGTH]), 80)}{suggestion}"
            raise UnknownNameError(msg)
        if not self.is_callable(name):
            reason = self.disabled_reason(name)
            msg = f"The tool {name} is switched off on this server: {reason}. Nothing was sent."
            raise ToolDisabledError(msg, info)
        return info

    def _list_enabled(self) -> tuple[ToolInfo, ...]:
        return tuple(info for info in self.all_tool_infos if info.name not in self._disabled_reasons)

    def _validate_names(
        self, toolsets: Sequence[str], tools: Sequence[str], exclude_tools: Sequence[str]
    ) -> None:
        known_tools = self.all_tool_names
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

        same = [own for own in OWN_TOOLS.get(name, ()) if own in self._infos]
        if same:
            return f"; did you mean {' or '.join(same)}? The names of docker/hub-mcp need --names hub-mcp"
        return did_you_mean(name, candidates)


def _resolve_names(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(resolve_tool_name, names))

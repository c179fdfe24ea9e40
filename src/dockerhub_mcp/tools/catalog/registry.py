"""Which tools exist under the options that a person set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any

from dockerhub_mcp.hub.api.method import Area, Method
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.tools.access import ALL_TOOLSETS, DEFAULT_TOOLSET, Access, ToolFilter
from dockerhub_mcp.tools.gates import build_tool_info, required_access
from dockerhub_mcp.tools.suggestions import MAX_NAME_LENGTH, did_you_mean


class UnknownNameError(ValueError):
    """A tool or toolset that does not exist; the message offers near matches."""


class ToolDisabledError(Exception):
    """A tool that exists but is switched off; the message names the option that switches it on."""


class Registry:
    """The tools of one server, in the order of the reference.

    Args:
        access: The ceiling on what tools may do.
        toolsets: Areas of the reference, `default` or `all`.
        tools: Only these tools, where any are named.
        exclude_tools: Not these tools, whatever else names them.
        methods: The methods to choose from.

    Raises:
        UnknownNameError: A name that does not exist, or a named tool that another option switches off.
    """

    def __init__(
        self,
        *,
        access: Access = Access.READ,
        toolsets: Sequence[str] = (),
        tools: Sequence[str] = (),
        exclude_tools: Sequence[str] = (),
        methods: Iterable[type[Method[Any]]] = ALL_METHODS,
    ) -> None:
        self.access = access
        self._methods = {method.tool_name: method for method in methods}
        self._validate_names(toolsets, tools, exclude_tools)
        self._disabled_reasons: dict[str, str] = {}
        choice = ToolFilter(access, toolsets, tools, exclude_tools)
        for method in self._methods.values():
            if reason := choice.disabled_reason(build_tool_info(method)):
                self._disabled_reasons[method.tool_name] = reason
        for name in tools:
            if name in self._disabled_reasons and name not in exclude_tools:
                msg = f"tools: {name} is named but stays off: {self._disabled_reasons[name]}"
                raise UnknownNameError(msg)
        self.tools = tuple(
            method for name, method in self._methods.items() if name not in self._disabled_reasons
        )

    def restrict_tools(
        self,
        *,
        reason: str,
        access: Access = Access.ADMIN,
        toolsets: Sequence[str] = (),
        tools: Sequence[str] = (),
        exclude_tools: Sequence[str] = (),
    ) -> Registry:
        """Return a registry with some of these tools; what is off here stays off.

        Args:
            reason: What a call of a tool that is left out is told.
            access: A ceiling on what tools may do.
            toolsets: Only these areas, where any are named.
            tools: Only these tools, where any are named.
            exclude_tools: Not these tools.

        Raises:
            UnknownNameError: A name that does not exist.
        """
        self._validate_names(toolsets, tools, exclude_tools)
        other = copy(self)
        other.access = min(self.access, access, key=list(Access).index)
        other._disabled_reasons = dict(self._disabled_reasons)  # noqa: SLF001 - of the same class
        for method in self.tools:
            chosen = (
                access.includes(required_access(method))
                and (not toolsets or build_tool_info(method).is_in_toolsets(toolsets))
                and (not tools or method.tool_name in tools)
                and method.tool_name not in exclude_tools
            )
            if not chosen:
                other._disabled_reasons[method.tool_name] = reason  # noqa: SLF001
        other.tools = tuple(
            method for method in self.tools if method.tool_name not in other._disabled_reasons
        )
        return other

    def disabled_reason(self, name: str) -> str:
        """Return why a tool is off, with the option that switches it on; an empty text where it is on."""
        return self._disabled_reasons.get(name, "")

    @property
    def tools_by_disabled_reason(self) -> dict[str, list[str]]:
        """The tools that are off, by the reason."""
        found: dict[str, list[str]] = {}
        for name, reason in self._disabled_reasons.items():
            found.setdefault(reason, []).append(name)
        return found

    def _validate_names(
        self, toolsets: Sequence[str], tools: Sequence[str], exclude_tools: Sequence[str]
    ) -> None:
        for option, names, known in (
            ("toolsets", toolsets, [DEFAULT_TOOLSET, ALL_TOOLSETS, *map(str, Area)]),
            ("tools", tools, list(self._methods)),
            ("exclude-tools", exclude_tools, list(self._methods)),
        ):
            for name in names:
                if name not in known:
                    msg = f"{option}: {name!r} does not exist{did_you_mean(name, known)}"
                    raise UnknownNameError(msg)

    def find_method(self, name: str) -> type[Method[Any]]:
        """Return the method behind a tool.

        Raises:
            UnknownNameError: There is no such tool.
            GatedError: The tool is switched off.
        """
        if name not in self._methods:
            offered = did_you_mean(name, [tool.tool_name for tool in self.tools])
            msg = f"Unknown tool: {to_single_line(repr(name[:MAX_NAME_LENGTH]), 80)}{offered}"
            raise UnknownNameError(msg)
        if name in self._disabled_reasons:
            msg = f"The tool {name} is switched off on this server: {self._disabled_reasons[name]}. Nothing was sent."
            raise ToolDisabledError(msg)
        return self._methods[name]

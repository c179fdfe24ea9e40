"""The names of docker/hub-mcp's tools, and the filter that enables them beside the tools of this project.

Needs the standard library and plain enumerations only, as `tools/access.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

from dockerhub_mcp.tools.access import MissingSelection, ToolFilter, ToolInfo
from dockerhub_mcp.tools.toolsets import ALL_TOOLSETS, NO_TOOLSET

HUB_MCP = "hub-mcp"
"""The value of `--names` that lists these tools."""

NAMESPACES_TOOL_NAME = "listAllNamespacesMemberOf"
"""The tool that combines the results of two others."""

OWN_TOOLS: dict[str, tuple[str, ...]] = {
    "listRepositoriesByNamespace": ("list_repositories",),
    "createRepository": ("create_repository",),
    "getRepositoryInfo": ("get_repository",),
    "checkRepository": ("check_repository",),
    "updateRepositoryInfo": ("update_repository",),
    "listRepositoryTags": ("list_tags",),
    "getRepositoryTag": ("get_tag",),
    "checkRepositoryTag": ("check_tag",),
    "listNamespaces": ("list_organizations",),
    "getPersonalNamespace": ("get_current_user",),
    NAMESPACES_TOOL_NAME: ("get_current_user", "list_organizations"),
    "search": ("search_repositories",),
    "dockerHardenedImages": ("list_hardened_images",),
}
"""The tools of this project that each tool of docker/hub-mcp calls."""


class HubMcpToolFilter(ToolFilter):
    """The options that enable and disable tools where those of docker/hub-mcp are listed.

    All of those are enabled as far as the access level allows; names of theirs among `tools` limit them.
    Tools of this project are enabled by toolsets and tools that are named explicitly. Excluding one of them
    excludes the tools of docker/hub-mcp that call it.
    """

    __slots__ = ()

    @property
    def selected_toolsets(self) -> tuple[str, ...]:
        """The toolsets that are on for the tools of this project: only those that are named."""
        named = any(name not in OWN_TOOLS for name in self.tools)
        return tuple(self.toolsets) or (ALL_TOOLSETS if named else NO_TOOLSET,)

    def find_missing(self, *tools: ToolInfo) -> MissingSelection:
        """Return the access level and the toolsets that tools lack.

        Those of docker/hub-mcp need no toolset.
        """
        own = [tool for tool in tools if tool.name not in OWN_TOOLS]
        toolsets = self._select(own[0]).find_missing(*own).toolsets if own else ()
        access = ToolFilter(self.access, (ALL_TOOLSETS,)).find_missing(*tools).access
        return MissingSelection(access=access, toolsets=toolsets)

    def disabling_option(self, tool: ToolInfo) -> str:
        """Return which option disables a tool, or an empty string; see `ToolFilter`."""
        return self._select(tool).disabling_option(tool)

    def enabling_options(self, tool: ToolInfo) -> tuple[str, ...]:
        """Return the options that enable a tool together; see `ToolFilter`."""
        return self._select(tool).enabling_options(tool)

    def disabled_reason(self, tool: ToolInfo) -> str:
        """Return why a tool is disabled and which option enables it, or an empty string."""
        return self._select(tool).disabled_reason(tool)

    def _select(self, tool: ToolInfo) -> ToolFilter:
        """Return the plain filter that decides about a tool."""
        if tool.name in OWN_TOOLS:
            tools = [name for name in self.tools if name in OWN_TOOLS]
            excluded = [*self.exclude_tools, *find_names(self.exclude_tools)]
            return ToolFilter(self.access, (ALL_TOOLSETS,), tools, excluded)
        tools = [name for name in self.tools if name not in OWN_TOOLS]
        return ToolFilter(self.access, self.selected_toolsets, tools, self.exclude_tools)


def find_names(own_tools: Iterable[str]) -> list[str]:
    """Return the names in docker/hub-mcp of the tools that call one of these tools."""
    wanted = set(own_tools)
    return [name for name, called in OWN_TOOLS.items() if wanted.intersection(called)]


def list_infos(own_infos: Iterable[ToolInfo]) -> list[ToolInfo]:
    """Return the facts about the tools of docker/hub-mcp, from those about the tools of this project."""
    infos = {info.name: info for info in own_infos}
    return [
        infos[called[0]]._replace(name=name, secret_arguments=(), called_tools=called)
        for name, called in OWN_TOOLS.items()
        if called[0] in infos
    ]

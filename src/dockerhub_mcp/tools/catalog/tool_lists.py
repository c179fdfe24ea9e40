"""The tools of a server, by the names under which tools are listed, and what is known of them unloaded.

Needs the standard library alone until a tool is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockerhub_mcp.tools.access import ToolInfo
from dockerhub_mcp.tools.catalog.index import find_definition, load_tool_infos

if TYPE_CHECKING:
    from dockerhub_mcp.tools.tool import Tool


def list_tool_infos(names: str) -> tuple[ToolInfo, ...]:
    """Return the facts about the tools for the value of `--names`, empty for this project's own names."""
    infos = load_tool_infos()
    if not names:
        return infos
    from dockerhub_mcp.tools.hub_mcp.naming import list_infos  # noqa: PLC0415 - few servers need it

    return (*list_infos(infos), *infos)


def load_tool(name: str) -> Tool:
    """Return the tool with a name of this project or of docker/hub-mcp; no others than it needs are loaded.

    Raises:
        KeyError: No tool has the name.
    """
    if find_definition(name) is None:
        from dockerhub_mcp.tools.hub_mcp.tools import load_hub_mcp_tool  # noqa: PLC0415 - few calls need it

        return load_hub_mcp_tool(name)
    from dockerhub_mcp.tools.catalog.loading import load_own_tool  # noqa: PLC0415 - with the first call

    return load_own_tool(name)


def find_any_tool(name: str) -> Tool | None:
    """Return the tool with a name of this project or of docker/hub-mcp; None for other names."""
    from dockerhub_mcp.tools.hub_mcp.naming import OWN_TOOLS  # noqa: PLC0415 - few calls need it

    is_known = find_definition(name) is not None or name in OWN_TOOLS
    return load_tool(name) if is_known else None


def list_all_tools(names: str) -> tuple[Tool, ...]:
    """Return the tools for the value of `--names`; all of them are loaded."""
    return tuple(load_tool(info.name) for info in list_tool_infos(names))

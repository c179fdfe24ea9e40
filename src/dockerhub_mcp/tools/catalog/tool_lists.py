"""Every tool of a server, by the names under which tools are listed."""

from __future__ import annotations

from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS, TOOLS_BY_NAME
from dockerhub_mcp.tools.tool import Tool


def list_all_tools(names: str) -> tuple[Tool, ...]:
    """Return the tools for the value of `--names`, which is empty for this project's own names."""
    if not names:
        return ALL_TOOLS
    from dockerhub_mcp.tools.hub_mcp.tools import HUB_MCP_TOOLS  # noqa: PLC0415 - few servers need it

    return (*HUB_MCP_TOOLS, *ALL_TOOLS)


def find_any_tool(name: str) -> Tool | None:
    """Return the tool with a name of this project or of docker/hub-mcp; None for other names."""
    if tool := TOOLS_BY_NAME.get(name):
        return tool
    from dockerhub_mcp.tools.hub_mcp.naming import HUB_MCP, OWN_TOOLS  # noqa: PLC0415 - few calls need it

    if name not in OWN_TOOLS:
        return None
    return next(tool for tool in list_all_tools(HUB_MCP) if tool.name == name)

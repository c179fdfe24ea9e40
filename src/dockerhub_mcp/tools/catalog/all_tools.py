"""Every tool: one for each Hub method, in the order of the API reference, and the workflows.

Importing this module loads them all, for documents and commands that show every tool. Calls load the tools
that they need, by `tool_lists.load_tool`.
"""

from __future__ import annotations

from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.tools.catalog.loading import build_tool
from dockerhub_mcp.tools.tool import Tool
from dockerhub_mcp.tools.workflows import WORKFLOWS

ALL_TOOLS: tuple[Tool, ...] = tuple(map(build_tool, (*ALL_METHODS, *WORKFLOWS)))
TOOLS_BY_NAME: dict[str, Tool] = {tool.name: tool for tool in ALL_TOOLS}

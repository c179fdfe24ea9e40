"""Every tool: one for each Hub method, in the order of the API reference, and the workflows."""

from __future__ import annotations

from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.tools.method_tool import MethodTool
from dockerhub_mcp.tools.tool import Tool
from dockerhub_mcp.tools.workflows import WORKFLOWS
from dockerhub_mcp.tools.workflows.base import WorkflowTool

ALL_TOOLS: tuple[Tool, ...] = (*map(MethodTool, ALL_METHODS), *map(WorkflowTool, WORKFLOWS))
TOOLS_BY_NAME: dict[str, Tool] = {tool.name: tool for tool in ALL_TOOLS}

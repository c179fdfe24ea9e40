"""Load tools: import the class that defines one, and build the tool."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.tools.catalog.index import find_definition
from dockerhub_mcp.tools.method_tool import MethodTool
from dockerhub_mcp.tools.tool import Tool

if TYPE_CHECKING:
    from dockerhub_mcp.tools.workflows.base import Workflow


@cache
def build_tool(definition: type[Method[Any] | Workflow]) -> Tool:
    """Return the tool of a Hub method or of a workflow, always the same instance."""
    if issubclass(definition, Method):
        return MethodTool(definition)
    from dockerhub_mcp.tools.workflows.base import WorkflowTool  # noqa: PLC0415 - tools of methods do without

    return WorkflowTool(definition)


def load_own_tool(name: str) -> Tool:
    """Return the tool with a name of this project; no other is loaded.

    Raises:
        KeyError: No tool has the name.
    """
    definition = find_definition(name)
    if definition is None:
        raise KeyError(name)
    return build_tool(getattr(import_module(definition.module), definition.class_name))

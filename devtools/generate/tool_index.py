"""The index of all tools, which the server reads to list and enable them without loading any."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from devtools.generate.artifacts import Files
from dockerhub_mcp.tools.access import MethodInfo
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.catalog.index import INDEX_PATH, forget_index
from dockerhub_mcp.tools.method_tool import MethodTool
from dockerhub_mcp.tools.tool import Tool


def build_files() -> Files:
    """Return the index, and forget the one that was read before it is replaced."""
    methods: dict[str, MethodInfo] = {}
    for tool in ALL_TOOLS:
        methods |= zip(_list_required(tool), tool.info.required_methods, strict=True)
    tools = [f"{json.dumps(tool.name)}: {json.dumps(_describe_tool(tool))}" for tool in ALL_TOOLS]
    facts = [f"{json.dumps(name)}: {json.dumps(info)}" for name, info in methods.items()]
    routes = {(method.http.verb, method.http.path_template) for tool in ALL_TOOLS for method in tool.methods}
    sections = (
        f'"tools": {{\n{_join_lines(tools)}\n}}',
        f'"methods": {{\n{_join_lines(facts)}\n}}',
        f'"routes": [\n{_join_lines(map(json.dumps, sorted(routes)))}\n]',
    )
    forget_index()
    return {INDEX_PATH: f"{{\n{_join_lines(sections)}\n}}\n"}


def _describe_tool(tool: Tool) -> dict[str, Any]:
    definition = tool.method if isinstance(tool, MethodTool) else tool.arguments_model
    entry: dict[str, Any] = {
        "access": tool.access,
        "area": tool.area,
        "default": tool.is_enabled_by_default,
        "effect": tool.effect,
        "module": definition.__module__,
        "class": definition.__name__,
        "requires": _list_required(tool),
    }
    return entry | {"secrets": tool.secret_arguments} if tool.secret_arguments else entry


def _list_required(tool: Tool) -> list[str]:
    return [method.__name__ for method in tool.required_methods]


def _join_lines(lines: Iterable[str]) -> str:
    return ",\n".join(lines)

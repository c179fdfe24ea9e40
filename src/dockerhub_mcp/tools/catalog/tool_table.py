"""The table of tools for people: what each calls, what it needs, and whether it is enabled."""

from __future__ import annotations

from dockerhub_mcp.hub.api.enums import ReferenceState, Scope
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.method_tool import MethodTool
from dockerhub_mcp.tools.permissions import describe_deciding_right, list_accepted_credentials
from dockerhub_mcp.tools.tool import Tool

HEADER = (
    "Tool",
    "Method and path",
    "Toolset",
    "Access",
    "Permission",
    "Decided by",
    "Works with",
    "API reference",
)


def build_rows(registry: Registry | None = None) -> list[tuple[str, ...]]:
    """Return the header and a row for each tool; with a registry also whether the tool is enabled."""
    header = (*HEADER, "On") if registry else HEADER
    enabled = set(registry.tool_names) if registry else set()
    rows = []
    for tool in registry.all_tools if registry else ALL_TOOLS:
        row = (
            tool.name,
            tool.summary,
            str(tool.area),
            str(tool.access),
            str(tool.scope) if tool.scope.startswith("repo:") else "",
            _describe_decision(tool),
            ", ".join(list_accepted_credentials(tool)),
            describe_reference(tool),
        )
        rows.append((*row, "yes" if tool.name in enabled else "no") if registry else row)
    return [header, *rows]


def render_text(table: list[tuple[str, ...]]) -> str:
    """Return the table in columns for a terminal."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def render_markdown(table: list[tuple[str, ...]]) -> str:
    """Return the table in Markdown, with names and paths as code."""
    header, *rows = table
    lines = [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    lines += [f"| {' | '.join([f'`{row[0]}`', f'`{row[1]}`', *row[2:]])} |" for row in rows]
    return "\n".join(lines) + "\n"


def describe_reference(tool: Tool) -> str:
    """Return what the API reference says of a tool's method, with the dates that Docker states."""
    if not isinstance(tool, MethodTool):
        return "combines methods"
    method = tool.method
    state = method.get_reference_state()
    if state is ReferenceState.DEPRECATED:
        return f"{state} {method.deprecated}"
    return f"{state}, new {method.introduced}" if method.introduced else str(state)


def _describe_decision(tool: Tool) -> str:
    """Return what the Hub decides the strictest method by; a tool that needs none always answers."""
    if not tool.required_methods:
        return "nothing"
    return describe_deciding_right(max(tool.required_methods, key=lambda each: list(Scope).index(each.scope)))

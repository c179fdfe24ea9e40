"""The table of tools for people: what each calls, what it needs, and whether it is enabled."""

from __future__ import annotations

from dockerhub_mcp.hub.api.enums import Effect, Scope
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.permissions import list_accepted_credentials
from dockerhub_mcp.tools.tool import Tool

_HEADER = ("Tool", "Method and path", "Access", "Permission", "Works with")


def build_rows(registry: Registry | None = None) -> list[tuple[str, ...]]:
    """Return the header and a row for each tool; with a registry also whether the tool is enabled."""
    header = (*_HEADER, "On") if registry else _HEADER
    enabled = {tool.name for tool in registry.tools} if registry else set()
    rows = []
    for tool in registry.all_tools if registry else ALL_TOOLS:
        row = (
            tool.name,
            tool.summary,
            str(tool.access),
            _describe_permission(tool),
            ", ".join(list_accepted_credentials(tool)),
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


def _describe_permission(tool: Tool) -> str:
    if tool.effect is Effect.SIGN_IN:
        return "none"
    if tool.scope is Scope.ACCOUNT:
        return "your account"
    if tool.scope is Scope.ORGANIZATION:
        return "organization owner"
    return str(tool.scope)

"""The table of tools that a person needs: what there is, what it takes, and what is on."""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.hub.api.method import Effect, Method, Scope, Service
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.gates import required_access

_HEADER = ("Tool", "Method and path", "Access", "Permission", "Works with")


def build_rows(registry: Registry | None = None) -> list[tuple[str, ...]]:
    """Return a row a tool, the head first; with a registry also whether it is on."""
    head = (*_HEADER, "On") if registry else _HEADER
    on = {method.tool_name for method in registry.tools} if registry else set()
    body = []
    for method in ALL_METHODS:
        row = (
            method.tool_name,
            str(method.http),
            str(required_access(method)),
            _describe_permission(method),
            _describe_credentials(method),
        )
        body.append((*row, "yes" if method.tool_name in on else "no") if registry else row)
    return [head, *body]


def render_text(table: list[tuple[str, ...]]) -> str:
    """Return columns for a terminal."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def render_markdown(table: list[tuple[str, ...]]) -> str:
    """Return a Markdown table, names and paths as code."""
    head, *body = table
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join([f'`{row[0]}`', f'`{row[1]}`', *row[2:]])} |" for row in body]
    return "\n".join(lines) + "\n"


def _describe_permission(method: type[Method[Any]]) -> str:
    if method.effect is Effect.SIGN_IN:
        return "none"
    if method.scope is Scope.ACCOUNT:
        return "your account"
    if method.scope is Scope.ORGANIZATION:
        return "organization owner"
    return str(method.scope)


def _describe_credentials(method: type[Method[Any]]) -> str:
    if method.service is Service.SCIM:
        return "SCIM token"
    if method.effect is Effect.SIGN_IN:
        kinds = ["password", "personal token"] + (
            ["organization token"] if method.oat_scope is not None else []
        )
        return ", ".join(kinds)
    kinds = ["anyone"] if method.allows_anonymous else ["password"]
    if method.accepts_pat and not method.allows_anonymous:
        kinds.append("personal token")
    if method.oat_scope:
        kinds.append(f"organization token ({method.oat_scope})")
    elif method.oat_scope == "" and not method.allows_anonymous:
        kinds.append("organization token")
    return ", ".join(kinds)

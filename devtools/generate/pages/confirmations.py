"""The table of all writes: what each gives and takes away, and when the user is asked."""

from __future__ import annotations

from devtools.generate.markdown import escape_cell, format_table
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.methods import ALL_METHODS

_HEADER = ("Tool", "Asks with", "Gives", "Takes away", "Does not ask about")


def render_confirmations() -> str:
    """Return a row for each mutation, made from what it declares."""
    return format_table(
        _HEADER, [_build_row(method) for method in ALL_METHODS if issubclass(method, Mutation)]
    )


def _build_row(method: type[Mutation]) -> tuple[str, ...]:
    modes = [
        *(["`ask`"] if method.gives or method.takes else []),
        *(["`destructive`"] if method.takes else []),
    ]
    texts = map(escape_cell, (method.gives, method.takes, method.unasked))
    return (f"`{method.tool_name}`", ", ".join(modes) or "never", *texts)

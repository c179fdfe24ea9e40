"""The table of all writes: what each gives and takes away, and when the user is asked."""

from __future__ import annotations

from devtools.generate.markdown import escape_cell, format_table
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.tools.workflows import WORKFLOWS
from dockerhub_mcp.tools.workflows.base import Workflow

_HEADER = ("Tool", "Asks with", "Gives", "Takes away", "Does not ask about")


def render_confirmations() -> str:
    """Return a row for each mutation and each workflow with mutations, made from what it declares."""
    writes: list[type[Mutation | Workflow]] = [
        *(method for method in ALL_METHODS if issubclass(method, Mutation)),
        *(each for each in WORKFLOWS if any(method.effect.is_mutation for method in each.methods)),
    ]
    return format_table(_HEADER, [_build_row(each) for each in writes])


def _build_row(method: type[Mutation | Workflow]) -> tuple[str, ...]:
    modes = [
        *(["`ask`"] if method.gives or method.takes else []),
        *(["`destructive`"] if method.takes else []),
    ]
    texts = map(escape_cell, (method.gives, method.takes, method.unasked))
    return (f"`{method.tool_name}`", ", ".join(modes) or "never", *texts)

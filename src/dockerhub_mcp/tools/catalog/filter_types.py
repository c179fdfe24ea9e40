"""The filter that decides which tools are enabled, by the names under which tools are listed.

Needs the standard library alone until the names of docker/hub-mcp are wanted.
"""

from __future__ import annotations

from dockerhub_mcp.tools.access import ToolFilter


def get_filter_type(names: str) -> type[ToolFilter]:
    """Return the filter for the value of `--names`, which is empty for this project's own names."""
    if not names:
        return ToolFilter
    from dockerhub_mcp.tools.hub_mcp.naming import HubMcpToolFilter  # noqa: PLC0415 - few servers need it

    return HubMcpToolFilter

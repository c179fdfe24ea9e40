"""The filter that decides which tools are enabled, by the names under which tools are listed.

Needs the standard library alone until the names of docker/hub-mcp are wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dockerhub_mcp.tools.access import ToolFilter


def get_filter_type(names: str) -> type[ToolFilter]:
    """Return the filter for the value of `--names`, which is empty for this project's own names."""
    if not names:
        return ToolFilter
    from dockerhub_mcp.tools.hub_mcp.naming import HubMcpToolFilter  # noqa: PLC0415 - few servers need it

    return HubMcpToolFilter


def list_called_tools(names: str) -> Mapping[str, Sequence[str]]:
    """Return the tools that carry out the calls of others, by the names of those; empty without `--names`."""
    if not names:
        return {}
    from dockerhub_mcp.tools.hub_mcp.naming import OWN_TOOLS  # noqa: PLC0415 - few servers need it

    return OWN_TOOLS

"""Report which tools are enabled, and which of them the account could use."""

from __future__ import annotations

from dockerhub_mcp.config import Settings
from dockerhub_mcp.doctor.account import AccountReport
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.filter_types import get_filter_type
from dockerhub_mcp.tools.catalog.tool_lists import list_tool_infos
from dockerhub_mcp.tools.permissions import build_tool_state
from dockerhub_mcp.tools.tool_states import CredentialGrants, ToolState


def collect_tool_states(
    settings: Settings, account: AccountReport, *, has_scim_token: bool
) -> list[ToolState]:
    """Return the state of every tool, in the order of the reference."""
    tool_filter = get_filter_type(settings.names)(
        Access(settings.access), settings.toolsets, settings.tools, settings.exclude_tools
    )
    grants = None if account.kind is None else CredentialGrants(account.kind, account.scopes, has_scim_token)
    return [
        build_tool_state(
            tool,
            grants,
            off_by=tool_filter.disabling_option(tool),
            off=tool_filter.disabled_reason(tool),
            enable_with=tool_filter.enabling_options(tool),
        )
        for tool in list_tool_infos(settings.names)
    ]

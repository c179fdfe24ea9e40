"""Report which tools are enabled, and which of them the account could use."""

from __future__ import annotations

from dockerhub_mcp.config import Settings
from dockerhub_mcp.doctor.account import AccountReport
from dockerhub_mcp.doctor.report import ToolState
from dockerhub_mcp.tools.access import Access, ToolFilter, ToolInfo
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.permissions import CredentialGrants, missing_permission


def collect_tool_states(
    settings: Settings, account: AccountReport, *, has_scim_token: bool
) -> list[ToolState]:
    """Return the state of every tool, in the order of the reference."""
    tool_filter = ToolFilter(
        Access(settings.access), settings.toolsets, settings.tools, settings.exclude_tools
    )
    grants = None if account.kind is None else CredentialGrants(account.kind, account.scopes, has_scim_token)
    states = []
    for tool in ALL_TOOLS:
        info = tool.info
        disabled_reason = tool_filter.disabled_reason(info)
        missing = missing_permission(tool, grants) if grants else None
        states.append(
            ToolState(
                name=tool.name,
                area=info.area,
                access=str(info.access),
                on=not disabled_reason,
                off_by=_classify_disabled_reason(tool_filter, info) if disabled_reason else "",
                off=disabled_reason,
                usable=None if grants is None else missing is None,
                lacks=str(missing[0]) if missing else "",
                needs=missing[1] if missing else "",
            )
        )
    return states


def _classify_disabled_reason(tool_filter: ToolFilter, info: ToolInfo) -> str:
    """Return which option disables a tool; the first that does in the order of precedence."""
    if info.name in tool_filter.exclude_tools:
        return "excluded"
    if not tool_filter.access.includes(info.access):
        return "gate"
    return "chosen" if tool_filter.tools and info.name not in tool_filter.tools else "toolset"

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
    choice = ToolFilter(Access(settings.access), settings.toolsets, settings.tools, settings.exclude_tools)
    holder = None if account.kind is None else CredentialGrants(account.kind, account.scopes, has_scim_token)
    found = []
    for tool in ALL_TOOLS:
        facts = tool.info
        why = choice.disabled_reason(facts)
        lack = missing_permission(tool, holder) if holder else None
        found.append(
            ToolState(
                name=tool.name,
                area=facts.area,
                access=str(facts.access),
                on=not why,
                off_by=_classify_disabled_reason(choice, facts) if why else "",
                off=why,
                usable=None if holder is None else lack is None,
                lacks=str(lack[0]) if lack else "",
                needs=lack[1] if lack else "",
            )
        )
    return found


def _classify_disabled_reason(choice: ToolFilter, facts: ToolInfo) -> str:
    """Return which option disables a tool; the first that does in the order of precedence."""
    if facts.name in choice.exclude_tools:
        return "excluded"
    if not choice.access.includes(facts.access):
        return "gate"
    return "chosen" if choice.tools and facts.name not in choice.tools else "toolset"

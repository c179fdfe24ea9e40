"""Which tools are on, and which of them this account could use."""

from __future__ import annotations

from dockerhub_mcp.config import Settings
from dockerhub_mcp.doctor.account import Somebody
from dockerhub_mcp.doctor.report import ToolState
from dockerhub_mcp.hub.methods import CATALOGUE
from dockerhub_mcp.tools.access import Access, Choice, Facts
from dockerhub_mcp.tools.gates import facts_of
from dockerhub_mcp.tools.permissions import Holder, lack_of


def states(settings: Settings, account: Somebody, *, has_scim_token: bool) -> list[ToolState]:
    """Return every tool there is."""
    choice = Choice(Access(settings.access), settings.toolsets, settings.tools, settings.exclude_tools)
    holder = None if account.kind is None else Holder(account.kind, account.scopes, has_scim_token)
    found = []
    for method in CATALOGUE:
        facts = facts_of(method)
        why = choice.why_off(facts)
        lack = lack_of(method, holder) if holder else None
        found.append(
            ToolState(
                name=method.tool,
                area=facts.area,
                access=str(facts.access),
                on=not why,
                off_by=_off_by(choice, facts) if why else "",
                off=why,
                usable=None if holder is None else lack is None,
                lacks=str(lack[0]) if lack else "",
                needs=lack[1] if lack else "",
            )
        )
    return found


def _off_by(choice: Choice, facts: Facts) -> str:
    """Return by which option a tool is off, in the order in which they count."""
    if facts.tool in choice.exclude_tools:
        return "excluded"
    if not choice.access.includes(facts.access):
        return "gate"
    return "chosen" if choice.tools and facts.tool not in choice.tools else "toolset"

"""Tables of the toolsets: what each area is for, and how large the menu of each preset is."""

from __future__ import annotations

from collections.abc import Sequence

from devtools.generate.counts import round_to
from devtools.generate.markdown import format_table
from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.catalog.token_cost import sum_token_counts
from dockerhub_mcp.tools.tool import Tool
from dockerhub_mcp.tools.toolsets import ALL_TOOLSETS, DEFAULT_TOOLSET, PRESETS

_AREA_PURPOSES = {
    Area.IMAGES: "find, pin, inspect and compare images; why a pull fails; what the account may do",
    Area.REPOSITORIES: "repositories with their settings, immutable tags and team permissions",
    Area.TAGS: "tags of a repository",
    Area.CLEANUP: "delete tags by rules, after a plan",
    Area.SEARCH: "search for repositories and hardened images",
    Area.ACCOUNT: "the signed-in account and organizations",
    Area.AUTHENTICATION: "sign in, also with a second factor",
    Area.REVIEWS: "review access, tokens and repositories; rotate a token",
    Area.MEMBERS: "members of an organization and their roles",
    Area.GROUPS: "groups (teams) of an organization and their members",
    Area.INVITES: "invitations to an organization",
    Area.ORG_ACCESS_TOKENS: "organization access tokens",
    Area.ACCESS_TOKENS: "personal access tokens",
    Area.ORG_SETTINGS: "which images an organization allows",
    Area.AUDIT_LOGS: "what has happened in an account or organization",
    Area.SCIM: "SCIM provisioning, with the SCIM token",
}
"""What each area is for, in the order of the table: images first, then organizations."""
_MENU_PURPOSES = {
    DEFAULT_TOOLSET: "images, repositories and tags; a first look at accounts and organizations",
    **{name: preset.purpose for name, preset in PRESETS.items()},
    ALL_TOOLSETS: "everything",
}


def render_areas() -> str:
    """Return the table of the areas: the tools of each access level, and what the default has of them."""
    header = ("Toolset", "For", "Read", "Write", "Admin", "On by default")
    rows = []
    for area, purpose in _AREA_PURPOSES.items():
        tools = [tool for tool in ALL_TOOLS if tool.area is area]
        counts = [str(sum(tool.access is access for tool in tools)) for access in Access]
        link = f"[`{area}`](docs/tools/{area}.md)"
        rows.append((link, purpose, *counts, _describe_default(tools)))
    return format_table(header, rows)


def render_menus(*, rounded: bool) -> str:
    """Return the table of the menus: the tools and tokens of each preset under each access level.

    Args:
        rounded: Whether to round tokens to hundreds.
    """
    header = ("Toolset", "For", *(f"`--access {access}`" for access in Access))
    rows = []
    for name, purpose in _MENU_PURPOSES.items():
        cells = []
        for access in Access:
            registry = Registry(access=access, toolsets=[name])
            tokens = sum_token_counts(registry)[0]
            shown = round_to(tokens, 100) if rounded else tokens
            cells.append(f"{len(registry.tools)} tools, {shown:,} tokens")
        rows.append((f"`{name}`", purpose, *cells))
    return format_table(header, rows)


def _describe_default(tools: Sequence[Tool]) -> str:
    """Return which tools of an area the default toolset has."""
    reading = [tool for tool in tools if tool.access is Access.READ]
    changing = [tool for tool in tools if tool.access is not Access.READ]
    read = sum(tool.is_enabled_by_default for tool in reading)
    if all(tool.is_enabled_by_default for tool in tools):
        return "yes"
    if not any(tool.is_enabled_by_default for tool in changing):
        return f"{read} of {len(reading)} to read" if read else "no"
    return f"{read} of {len(reading)} to read, all changes"

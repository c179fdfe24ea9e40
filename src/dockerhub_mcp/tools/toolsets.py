"""The toolsets: the areas of the reference, `default`, `all`, and the presets for lines of work.

Toolsets narrow, `--access` gates: a toolset selects tools of every access level, and the access level decides
which of them are on.

Imports plain enumerations only: the first responses over stdio use it before pydantic and the MCP SDK
are loaded.
"""

from __future__ import annotations

from typing import NamedTuple

from dockerhub_mcp.hub.api.enums import Area

DEFAULT_TOOLSET = "default"
ALL_TOOLSETS = "all"
NO_TOOLSET = "none"
"""Selects no tool. It cannot be named: other options select tools without a toolset."""

AREAS_CHANGED_BY_DEFAULT = frozenset({Area.REPOSITORIES, Area.TAGS, Area.CLEANUP})
"""The areas of which the default toolset has every tool that changes something.

Of the other areas it has tools that read only: accounts and organizations are changed where their toolset or
a preset is named, so that `--access admin` alone gives no power over members and tokens.
"""


class Preset(NamedTuple):
    """A toolset for a line of work, which takes tools from several areas.

    Attributes:
        purpose: What it is for, a phrase.
        tools: The names of its tools, of every access level.
    """

    purpose: str
    tools: frozenset[str]


_SHARED = ("what_can_i_do", "complete_2fa_login")
_DEVELOPER = (
    *_SHARED,
    "find_tags",
    "pin_images",
    "inspect_image",
    "compare_images",
    "explain_pull",
    "search_repositories",
    "list_hardened_images",
    "list_repositories",
    "get_repository",
    "create_repository",
    "update_repository",
    "list_tags",
    "get_tag",
    "check_tag",
    "delete_tag",
)
_REPOSITORY_GROUPS = (
    "list_repository_groups",
    "assign_repository_group",
    "update_repository_group",
    "remove_repository_group",
)
_PLATFORM = (
    *_DEVELOPER,
    *_REPOSITORY_GROUPS,
    "plan_tag_cleanup",
    "apply_tag_cleanup",
    "summarize_repositories",
    "delete_repository",
    "set_repository_visibility",
    "update_immutable_tags",
    "verify_immutable_tags",
    "list_org_groups",
)
_ADMINISTRATOR = (
    *_SHARED,
    *_REPOSITORY_GROUPS,
    "review_access",
    "review_tokens",
    "summarize_repositories",
    "list_org_members",
    "export_org_members",
    "update_org_member",
    "remove_org_member",
    "list_org_groups",
    "list_org_group_members",
    "create_org_group",
    "update_org_group",
    "delete_org_group",
    "add_org_group_member",
    "remove_org_group_member",
    "list_org_invites",
    "create_org_invites",
    "resend_org_invite",
    "cancel_org_invite",
    "list_audit_logs",
    "list_audit_log_actions",
    "list_org_access_tokens",
    "get_org_access_token",
    "create_org_access_token",
    "update_org_access_token",
    "rotate_org_access_token",
    "delete_org_access_token",
    "get_org_settings",
    "update_org_settings",
    "list_access_tokens",
    "create_access_token",
    "update_access_token",
    "delete_access_token",
    "get_current_user",
    "list_organizations",
    "get_organization",
)

PRESETS: dict[str, Preset] = {
    "developer": Preset("choose, pin, inspect and compare images; own repositories", frozenset(_DEVELOPER)),
    "platform": Preset(
        "the same, and clean-up, immutable tags, visibility and team permissions of repositories",
        frozenset(_PLATFORM),
    ),
    "administrator": Preset(
        "members, teams, invitations, tokens, settings, audit logs and reviews of an organization",
        frozenset(_ADMINISTRATOR),
    ),
}
"""The presets by name."""

TOOLSET_NAMES: tuple[str, ...] = (DEFAULT_TOOLSET, ALL_TOOLSETS, *PRESETS, *map(str, Area))
"""The names that `--toolsets` takes."""

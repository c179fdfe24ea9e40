"""A call of every tool on the sandbox's sample data, as a page shows it."""

from __future__ import annotations

from typing import Any

from tests.support.calls import arguments_of

from dockerhub_mcp.sandbox import Sandbox

_SHORT: dict[str, dict[str, Any]] = {
    "list_tags": {"name": "8.2", "page_size": 6},
    "list_audit_logs": {"page_size": 5},
}
"""What makes the result shorter, or the example plainer, than a test needs it."""
_SHOWN_DRY = (
    "update_repository",
    "delete_tag",
    "update_org_settings",
    "create_org_invites",
    "scim_update_user",
)
"""Changes whose dry run is shown as well; the others look alike."""


def examples(sandbox: Sandbox) -> dict[str, list[dict[str, Any] | None]]:
    """Return the calls for each tool, in order; None stands for a sign-in that has to come first."""
    calls: dict[str, list[dict[str, Any] | None]] = {
        tool: [arguments | _SHORT.get(tool, {})] for tool, arguments in arguments_of(sandbox).items()
    }
    for tool in _SHOWN_DRY:
        arguments = arguments_of(sandbox)[tool]
        calls[tool].insert(0, arguments | {"dry_run": True})
    return calls | {"complete_2fa_login": [None, {"code": "012345"}]}

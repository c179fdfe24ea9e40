"""An example call of every tool on the sandbox's sample data."""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.sandbox import Sandbox
from tests.support.calls import arguments_of

_SHORTER: dict[str, dict[str, Any]] = {
    "list_tags": {"name": "8.2", "page_size": 6},
    "list_audit_logs": {"page_size": 5},
}
"""Arguments that make a result shorter, or an example plainer, than a test needs it."""
_WITH_DRY_RUN = (
    "update_repository",
    "delete_tag",
    "update_org_settings",
    "create_org_invites",
    "scim_update_user",
)
"""Mutations that are shown with a dry run; the dry runs of the others look alike."""


PLANNED_CLEANUP = {"repository": "milldale/branches", "delete_matching": ["feature-*"]}
"""The plan that the example of `apply_tag_cleanup` carries out."""


def build_examples(sandbox: Sandbox) -> dict[str, list[dict[str, Any] | None]]:
    """Return the arguments of each tool's calls, in order; None stands for a login that must come first."""
    arguments = arguments_of(sandbox)
    examples: dict[str, list[dict[str, Any] | None]] = {
        tool: [call | _SHORTER.get(tool, {})] for tool, call in arguments.items()
    }
    for tool in _WITH_DRY_RUN:
        examples[tool].insert(0, arguments[tool] | {"dry_run": True})
    return examples | {"complete_2fa_login": [None, {"code": "012345"}]}

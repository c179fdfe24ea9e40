"""Tools that compose several Hub methods, one module each.

A workflow subclasses `dockerhub_mcp.tools.workflows.base.Workflow` and is listed here. Importing the package
imports none of its modules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dockerhub_mcp.tools.workflows.base import Workflow

    WORKFLOWS: tuple[type[Workflow], ...]

_MODULES = {
    "FindTags": "find_tags",
    "PinImages": "pin_images",
    "InspectImage": "inspect_image",
    "CompareImages": "compare_images",
    "ExplainPull": "explain_pull",
    "WhatCanIDo": "what_can_i_do",
    "ReviewAccess": "review_access",
    "ReviewTokens": "review_tokens",
    "RotateOrgAccessToken": "rotate_org_access_token",
    "SummarizeRepositories": "summarize_repositories",
    "PlanTagCleanup": "plan_tag_cleanup",
    "ApplyTagCleanup": "apply_tag_cleanup",
}
"""The module of each workflow, in the order in which `tools/list` shows them, after the tools of methods."""


def __getattr__(name: str) -> Any:
    """Import every workflow with the first use of `WORKFLOWS`."""
    if name != "WORKFLOWS":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = tuple(getattr(import_module(f"{__name__}.{module}"), each) for each, module in _MODULES.items())
    globals()[name] = value
    return value

"""Keep clean-up plans: in memory, and in a directory so that a restarted server can resume them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.tools.cleanup.model import CleanupPlan


class UnusablePlanError(HubError):
    """A plan is unknown, was changed, or belongs to another account; nothing was sent."""


class PlanStore(Protocol):
    """The plans of a server; `ToolContext.plans` has the one of the request."""

    def add(self, plan: CleanupPlan) -> CleanupPlan:
        """Seal a plan, keep it, and return it with its `plan_id`.

        Raises:
            HubError: It could not be written.
        """

    def find(self, plan_id: str, account: str) -> CleanupPlan:
        """Return a plan, without a check of its age.

        Raises:
            UnusablePlanError: It is unknown, was changed, or belongs to another account.
        """

    def get_progress_path(self, plan_id: str) -> Path | None:
        """Return the path of the file with the progress of a plan; None where plans are in memory only."""

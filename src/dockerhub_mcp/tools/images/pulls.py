"""How many pulls a call used, and how many are left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from dockerhub_mcp.hub.durations import format_window
from dockerhub_mcp.hub.models import HubModel
from dockerhub_mcp.registry import NO_REGISTRY

if TYPE_CHECKING:
    from dockerhub_mcp.registry import RegistrySession

NO_REGISTRY_REASON = NO_REGISTRY
"""Why a result has nothing from the registry where the context has no client for one."""


class PullReport(HubModel):
    """The pulls that a call used, and the pull limit as the registry reported it last."""

    used: int = Field(default=0, description="Pulls that this call used.")
    remaining: int | None = Field(default=None, description="Pulls that are left, approximately.")
    limit: int | None = Field(
        default=None, description="Pulls allowed in the window; left out where no limit is reported."
    )
    window_seconds: int | None = None

    @property
    def summary_text(self) -> str:
        """The report as one line."""
        used = f"{self.used} used by this call"
        if self.limit is None or self.remaining is None:
            return f"{used}, no limit reported"
        return f"{used}, about {self.remaining} of {self.limit} left{_format_window(self.window_seconds)}"


def report_pulls(session: RegistrySession) -> PullReport:
    """Return the report of the pulls of a session so far."""
    limit = session.pull_limit
    if limit is None:
        return PullReport(used=session.pulls_used)
    return PullReport(
        used=session.pulls_used,
        remaining=limit.remaining,
        limit=limit.limit,
        window_seconds=limit.window_seconds,
    )


def _format_window(seconds: int | None) -> str:
    if not seconds or seconds < 0:
        return ""
    return f" ({format_window(seconds)} window)"

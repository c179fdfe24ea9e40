"""The result of the tool `apply_tag_cleanup`."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.models import HubModel, Shown
from dockerhub_mcp.tools.results.prose import mark_prose


class OutcomeGroup(HubModel):
    """Tags, or manifests without a tag, with the same outcome for the same reason."""

    summary_fields: ClassVar[tuple[str, ...]] = ("outcome", "count", "what", "reason", "names")
    untrusted_fields: ClassVar[tuple[str, ...]] = ("reason", "names")

    outcome: str = Field(
        description="deleted, already_gone, moved (pushed again), refused, unknown or not_reached"
    )
    count: int
    what: str = Field(default="tags", description="tags or manifests")
    reason: str = ""
    names: list[str] = Field(default_factory=list, description="Names, the first ones of many.")

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show the reason without quotation marks: messages of the Hub are quoted in it."""
        mark_prose(values, shown, "reason")


class CleanupResult(HubModel):
    """What became of the tags and manifests of a plan, in all calls with it so far."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "status",
        "repository",
        "plan_id",
        "deleted",
        "already_gone",
        "moved",
        "refused",
        "unknown",
        "not_reached",
        "outcomes",
    )
    untrusted_fields: ClassVar[tuple[str, ...]] = ("outcomes",)

    status: str = Field(description="done, or partly: something was refused, is unknown or was not reached")
    repository: str
    plan_id: str
    deleted: int = 0
    already_gone: int = 0
    moved: int = 0
    refused: int = 0
    unknown: int = 0
    not_reached: int = 0
    outcomes: list[OutcomeGroup] = Field(default_factory=list)

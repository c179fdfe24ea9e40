"""The summary of the repositories of a namespace."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.models import Display, HubModel, Shown
from dockerhub_mcp.hub.models.timestamp import Timestamp
from dockerhub_mcp.tools.results.prose import mark_prose


class SummarizedRepository(HubModel):
    """A repository that stands out."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "repository",
        "storage",
        "pulls",
        "last_updated",
        "private",
        "status",
    )
    implied_values: ClassVar[dict[str, Any]] = {"private": False, "status": "active"}
    meaningful_nulls = HubModel.meaningful_nulls | {"last_updated"}
    key_field = "repository"

    repository: str
    storage: Annotated[int | None, Display.SIZE] = None
    pulls: int | None = None
    last_updated: Timestamp = None
    private: bool | None = None
    status: str | None = None


class RepositoriesSummary(HubModel):
    """Totals of a namespace, and the repositories that stand out."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "namespace",
        "repositories",
        "storage",
        "pulls",
        "requests",
        "archived",
        "undescribed_count",
        "undescribed",
        "not_updated_for_a_year_count",
        "largest",
        "not_updated_for_a_year",
    )

    namespace: str
    repositories: str = Field(description="How many, by visibility.")
    storage: Annotated[int | None, Display.SIZE] = Field(
        default=None, description="Bytes, as the Hub counts."
    )
    pulls: int | None = Field(default=None, description="Pulls of all of them, since their creation.")
    requests: int | None = Field(default=None, description="Requests to the Hub that this took.")
    archived: list[str] | None = None
    undescribed_count: int | None = Field(default=None, description="How many have no description.")
    undescribed: list[str] | None = Field(default=None, description="Repositories without a description.")
    largest: list[SummarizedRepository] | None = None
    not_updated_for_a_year_count: int | None = None
    not_updated_for_a_year: list[SummarizedRepository] | None = Field(
        default=None, description="The oldest first."
    )

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show sentences of this server without quotation marks."""
        mark_prose(values, shown, "repositories")

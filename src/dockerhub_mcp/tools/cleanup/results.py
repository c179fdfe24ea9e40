"""The result of `plan_tag_cleanup`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.models import Display, HubModel, Shown
from dockerhub_mcp.tools.results.prose import mark_prose


class MatchedRule(HubModel):
    """A delete rule, and how many tags it matches by itself."""

    summary_fields: ClassVar[tuple[str, ...]] = ("rule", "tags")

    rule: str = Field(description="Name of the argument.")
    tags: int = Field(description="How many tags it matches by itself.")


class DeletedGroup(HubModel):
    """Tags that the plan deletes."""

    summary_fields: ClassVar[tuple[str, ...]] = ("deleted", "tags", "max_bytes", "examples")
    untrusted_fields: ClassVar[tuple[str, ...]] = ("deleted", "examples")

    deleted: str = Field(description="What the names have in common: a glob, or a pattern of versions.")
    tags: int
    max_bytes: Annotated[int | None, Display.SIZE] = Field(
        default=None, description="Upper bound of the bytes that only deleted tags hold."
    )
    examples: list[str] = Field(default_factory=list, description="The oldest ones.")


class KeptGroup(HubModel):
    """Tags that stay for the same reason."""

    summary_fields: ClassVar[tuple[str, ...]] = ("kept_because", "tags", "examples")
    untrusted_fields: ClassVar[tuple[str, ...]] = ("examples",)

    kept_because: str = Field(description="The reason.")
    tags: int
    examples: list[str] = Field(default_factory=list)

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show the reason without quotation marks."""
        mark_prose(values, shown, "kept_because")


class TagCleanupPlan(HubModel):
    """What a clean-up would delete. Nothing was deleted."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "image",
        "plan_id",
        "deletes",
        "deleted_manifests",
        "formerly_untagged",
        "max_bytes",
        "oldest",
        "newest",
        "keeps",
        "left_for_another_plan",
        "tag_list",
        "effort",
        "start_before",
        "whole_list",
        "file",
        "rules",
        "deleted",
        "kept",
    )
    untrusted_fields: ClassVar[tuple[str, ...]] = ("oldest", "newest")

    image: str
    plan_id: str | None = Field(
        default=None, description="For apply_tag_cleanup; none if nothing is deleted."
    )
    deletes: int = Field(description="How many tags are deleted.")
    deleted_manifests: int | None = Field(
        default=None, description="How many manifests without a tag are deleted as well."
    )
    formerly_untagged: int | None = Field(
        default=None,
        description="How many of these lost their tag earlier; max_delete counts them with the tags.",
    )
    max_bytes: Annotated[int | None, Display.SIZE] = Field(
        default=None, description="Upper bound of the bytes that only these tags hold; images share layers."
    )
    oldest: str | None = Field(default=None, description="The deleted tag that was pushed first.")
    newest: str | None = Field(default=None, description="The deleted tag that was pushed last.")
    keeps: int = Field(description="How many tags stay.")
    left_for_another_plan: int | None = Field(default=None, description="How many max_delete left out.")
    tag_list: str | None = Field(default=None, description="How complete the list of tags is.")
    effort: str | None = Field(default=None, description="Requests and time that applying takes.")
    start_before: Annotated[datetime | None, Display.DATETIME] = None
    whole_list: str | None = Field(default=None, description="The resource with every tag of the plan.")
    file: str | None = Field(default=None, description="The file with every tag of the plan.")
    rules: list[MatchedRule] = Field(default_factory=list)
    deleted: list[DeletedGroup] = Field(default_factory=list)
    kept: list[KeptGroup] = Field(default_factory=list)

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show sentences of this server without quotation marks."""
        mark_prose(values, shown, "tag_list", "effort", "whole_list", "file")

"""The result of a review of access tokens."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.models import HubModel, Shown
from dockerhub_mcp.hub.models.timestamp import Timestamp
from dockerhub_mcp.tools.results.prose import mark_prose


class ReviewedToken(HubModel):
    """An access token with what stands out about it."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "id",
        "label",
        "attention",
        "state",
        "scopes",
        "resources",
        "created_by",
        "created",
        "last_used",
        "expires",
    )
    untrusted_fields: ClassVar[tuple[str, ...]] = ("label",)
    implied_values: ClassVar[dict[str, Any]] = {"state": "works"}
    meaningful_nulls = HubModel.meaningful_nulls | {"last_used", "expires"}
    key_field = "id"

    id: str | None = Field(
        default=None, description="UUID or id, as get_access_token and get_org_access_token take it."
    )
    label: str | None = None
    attention: str | None = Field(default=None, description="What speaks for revoking it.")
    state: str | None = Field(
        default=None, description="works, expired, expired but active, deactivated or unknown."
    )
    scopes: list[str] | None = Field(default=None, description="Of a personal token.")
    resources: str | None = Field(default=None, description="Of an organization's token: scopes by path.")
    created_by: str | None = None
    created: Timestamp = None
    last_used: Timestamp = None
    expires: Timestamp = None

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show sentences of this server without quotation marks."""
        mark_prose(values, shown, "attention", "state", "resources")


class TokenReview(HubModel):
    """Access tokens, those to revoke first at the top."""

    summary_fields: ClassVar[tuple[str, ...]] = ("owner", "count", "requests", "revoke_first", "tokens")

    owner: str = Field(description="The account or organization that the tokens act for.")
    count: str = Field(description="How many, by state.")
    requests: int | None = Field(default=None, description="Requests to the Hub that the review took.")
    revoke_first: list[str] | None = Field(
        default=None, description="Labels of working tokens that were never used, or not for 90 days."
    )
    tokens: list[ReviewedToken] = Field(default_factory=list)

    untrusted_fields: ClassVar[tuple[str, ...]] = ("revoke_first",)

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show sentences of this server without quotation marks."""
        mark_prose(values, shown, "owner", "count")

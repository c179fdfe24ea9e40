"""Report the account, its limits, and what the tools of this server can do with it."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.methods import CheckRepository, ListOrganizations, ListRepositories
from dockerhub_mcp.hub.models import HubModel, Shown
from dockerhub_mcp.tools.results.prose import mark_prose
from dockerhub_mcp.tools.workflows.base import Workflow


class ToolsetGroup(HubModel):
    """Toolsets in the same state."""

    summary_fields: ClassVar[tuple[str, ...]] = ("state", "toolsets")

    state: str = Field(description="Whether the tools work, or what they need.")
    toolsets: list[str] = Field(description="Toolsets; of a part of one, its tools or their number.")

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show the state as a sentence of this server, and the toolsets separated by commas."""
        if shown.is_text:
            values["toolsets"] = ", ".join(self.toolsets)
        mark_prose(values, shown, "state", "toolsets")


class AccessReport(HubModel):
    """The account, its limits, and what the tools can do with it."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "account",
        "caller",
        "problem",
        "scopes",
        "resources",
        "expires",
        "organizations",
        "access",
        "hub_requests",
        "pulls",
        "tools",
    )

    account: str = Field(default="", description="The account at Docker Hub, and how it is signed in.")
    caller: str = Field(default="", description="The caller of this server, where several share it.")
    problem: str = Field(default="", description="Why the configured credentials are not in use.")
    scopes: list[str] = Field(default_factory=list, description="Scopes of the access token.")
    resources: str = Field(default="", description="What an organization access token may be used for.")
    expires: str = Field(default="", description="When the credentials expire, where known.")
    organizations: str = Field(default="", description="Organizations of the user, each with the role.")
    access: str = Field(default="", description="Highest access level of tools: read, write or admin.")
    hub_requests: str = Field(default="", description="Rate limit of the Hub's API.")
    pulls: str = Field(default="", description="Pull limit of the registry.")
    tools: list[ToolsetGroup] = Field(default_factory=list, description="Toolsets by what they would need.")

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show sentences of this server without quotation marks."""
        names = set(self.summary_fields) - {"caller", "scopes", "access", "tools"}
        mark_prose(values, shown, *names)


class WhatCanIDo(Workflow):
    """Tell which account this server uses, its scopes and limits, and which tools work or what they need."""

    title = "What can I do"
    tool_name = "what_can_i_do"
    methods = (CheckRepository, ListOrganizations, ListRepositories)
    optional_methods = methods
    result_type = AccessReport
    area = Area.IMAGES
    is_enabled_by_default = True
    is_cached = False
    reports_account = True

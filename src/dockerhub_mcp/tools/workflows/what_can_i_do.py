"""Report the account, its limits, and what the tools of this server can do with it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub import CredentialKind, Hub, HubError
from dockerhub_mcp.hub.api.enums import Area
from dockerhub_mcp.hub.errors import CredentialError, SignInError, Unauthorized
from dockerhub_mcp.hub.methods import CheckRepository, ListOrganizations, ListRepositories
from dockerhub_mcp.hub.models import HubModel, Shown
from dockerhub_mcp.registry import RegistryClient
from dockerhub_mcp.tools.access_report.account import (
    AccountFacts,
    describe_expiry,
    describe_principal,
    describe_sign_in_problem,
    describe_way_to_sign_in,
    read_account,
)
from dockerhub_mcp.tools.access_report.limits import (
    UNKNOWN_PULL_LIMIT,
    describe_pull_limit,
    describe_rate_limit,
)
from dockerhub_mcp.tools.access_report.membership import (
    describe_organizations,
    describe_token_resources,
    has_scim_token,
    probe_rate_limit,
)
from dockerhub_mcp.tools.access_report.toolsets import ROLES_NOTE, group_toolsets
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.images.pulls import NO_REGISTRY_REASON
from dockerhub_mcp.tools.results.prose import mark_prose
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.workflows.base import Workflow, WorkflowResult

_TOKENS = {CredentialKind.PAT, CredentialKind.OAT}
"""The credentials that scopes limit; those of other sign-ins say nothing about rights."""


_UNKNOWN_ACCOUNT = "unknown: the sign-in failed for now, and calls are anonymous"


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

    async def run(self, context: ToolContext) -> WorkflowResult:
        """Sign in, read what the account belongs to, and compare with what the tools need."""
        hub, reasons = context.hub, list[str]()
        rejections: list[Unauthorized] = []

        async def read(subject: str, description: Awaitable[str]) -> str:
            try:
                return await description
            except (SignInError, CredentialError):
                reasons.append(f"{subject} could not be read, because the sign-in failed.")
                return "unknown: the sign-in failed"
            except HubError as error:
                if isinstance(error, Unauthorized):
                    rejections.append(error)
                reasons.append(f"{subject} could not be read: {error_text(error)}")
                return f"unknown: {error.what}"

        signed_in = await read_account(hub)
        report = AccessReport(
            caller=context.caller,
            resources=await read(
                "the repositories of the token", describe_token_resources(hub, signed_in.principal)
            ),
            organizations=await read("the organizations", describe_organizations(hub, signed_in.principal)),
            hub_requests=await read("the rate limit", _describe_hub_requests(hub)),
            pulls=await read("the pull limit", _describe_pulls(context.registry)),
        )
        facts = signed_in.after_requests(hub, rejections)
        grants = facts.build_grants(has_scim_token=await has_scim_token(hub))
        report.account = describe_principal(facts.principal) if grants else _UNKNOWN_ACCOUNT
        report.problem = describe_sign_in_problem(facts)
        report.scopes = list(facts.scopes) if facts.principal.kind in _TOKENS else []
        report.expires = describe_expiry(facts)
        if context.tools is not None:
            report.access = str(context.tools.access)
            report.tools = [
                ToolsetGroup(state=state, toolsets=toolsets)
                for state, toolsets in group_toolsets(context.tools.list_states(grants)).items()
            ]
        return WorkflowResult(report, _list_notes(facts), " ".join(reasons))


def _list_notes(facts: AccountFacts) -> list[str]:
    if facts.error is not None or facts.principal.kind is CredentialKind.OAT:
        return []
    return [describe_way_to_sign_in(facts.principal) if facts.principal.is_anonymous else ROLES_NOTE]


async def _describe_hub_requests(hub: Hub) -> str:
    await probe_rate_limit(hub)
    return describe_rate_limit(hub.rate_limit)


async def _describe_pulls(registry: RegistryClient | None) -> str:
    if registry is None:
        return f"unknown. {NO_REGISTRY_REASON}"
    session = registry.start_session()
    limit = await session.fetch_pull_limit()
    if not session.is_limit_known:
        return f"unknown: {UNKNOWN_PULL_LIMIT}"
    return describe_pull_limit(limit, is_docker=registry.has_limit_preview)

"""Report the account, its limits, and what the tools of this server can do with it."""

from __future__ import annotations

from collections.abc import Awaitable

from dockerhub_mcp.hub import CredentialKind, Hub, HubError
from dockerhub_mcp.hub.errors import CredentialError, SignInError, Unauthorized
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
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.workflows.base import WorkflowResult
from dockerhub_mcp.tools.workflows.what_can_i_do import AccessReport, ToolsetGroup, WhatCanIDo

_TOKENS = {CredentialKind.PAT, CredentialKind.OAT}
"""The credentials that scopes limit; those of other sign-ins say nothing about rights."""


_UNKNOWN_ACCOUNT = "unknown: the sign-in failed for now, and calls are anonymous"


async def run(_call: WhatCanIDo, context: ToolContext) -> WorkflowResult:
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

"""Tool calls in tests: a registry with every tool, contexts, and users who confirm or decline."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.state import TokenResourceRecord
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.confirmation import Confirmation, Decision
from dockerhub_mcp.tools.mutations.policy import MutationPolicy
from dockerhub_mcp.tools.results.tool_result import ResultOptions, ToolResult

EVERYTHING = Registry(access=Access.ADMIN, toolsets=["all"])


@dataclass
class FakeUser:
    """A user who always decides the same way, and remembers the confirmations."""

    decision: Decision = Decision.ACCEPTED
    confirmations: list[Confirmation] = field(default_factory=list)

    async def __call__(self, confirmation: Confirmation) -> Decision:
        self.confirmations.append(confirmation)
        return self.decision


def make_context(hub: Hub, **options: Any) -> ToolContext:
    """Return a context whose results have data, and whose user cannot be asked.

    Args:
        hub: The Hub client.
        **options: Fields of the context, of its mutation policy or of its result options.
    """
    policy, results = (
        {name: options.pop(name) for name in names if name in options}
        for names in (MutationPolicy._fields, ResultOptions.__dataclass_fields__)
    )
    return ToolContext(
        hub,
        MutationPolicy(**policy),
        ResultOptions(**({"include_structured": True, "pagination_timeout": 30} | results)),
        **options,
    )


async def call(target: Hub | ToolContext, name: str, /, **arguments: Any) -> ToolResult:
    """Call a tool with every tool enabled."""
    context = make_context(target) if isinstance(target, Hub) else target
    return await call_tool(EVERYTHING, context, name, arguments)


def add_org_token(sandbox: Sandbox, *scopes: str) -> Credentials:
    """Add an access token of acme with these scopes on everything, and return its credentials."""
    acme = sandbox.state.organizations["acme"]
    resources: list[TokenResourceRecord] = [
        TokenResourceRecord("TYPE_ORG", "acme", scopes),
        TokenResourceRecord("TYPE_REPO", "acme/*", scopes),
    ]
    secret = "dckr_oat_of_a_test_with_some_scopes"
    acme.access_tokens.append(
        replace(
            acme.access_tokens[0],
            id="of-a-test",
            secret=secret,
            is_active=True,
            expires_at=None,
            resources=resources,
        )
    )
    return Credentials.from_strings("acme", secret)


def changes(sandbox: Sandbox) -> list[str]:
    """Return the requests that may have changed something, without those that only read although they post."""
    return [
        f"{request.method} {request.path}"
        for request in sandbox.requests
        if request.method not in {"GET", "HEAD"}
        and request.path not in {"/v2/auth/token", "/v1/graphql"}
        and not request.path.endswith("/immutabletags/verify")
    ]

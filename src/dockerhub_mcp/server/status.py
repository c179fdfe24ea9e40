"""The resource that describes this server, without secrets and without anything that calls do not show."""

from __future__ import annotations

import logging

import anyio

from dockerhub_mcp import __version__
from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.durations import format_seconds
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.access_report.toolsets import describe_disabled_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.images.pulls import NO_REGISTRY_REASON
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from dockerhub_mcp.tools.mutations.policy import MutationPolicy
from dockerhub_mcp.tools.results.sanitize import error_text

logger = logging.getLogger(__name__)

_SIGN_IN_TIMEOUT = 5.0  # seconds
_CONFIRMATIONS = {
    ConfirmationMode.ASK: "confirmed by the user if they give rights or take something away",
    ConfirmationMode.DESTRUCTIVE: "confirmed by the user if they take something away (--confirm destructive)",
    ConfirmationMode.NEVER: "not confirmed (--confirm never)",
}


async def render_status(request: RequestContext, *, in_sandbox: bool) -> str:
    """Return the state of the server as one request sees it, a fact on each line.

    Args:
        request: The context of the request.
        in_sandbox: Whether the Hub is the embedded sandbox.
    """
    context, registry = request.tool_context, request.registry
    hub, cache_ttl = context.hub, context.cache.ttl
    account = await _describe_account(hub)
    source = "the embedded sandbox: made-up sample data, not Docker Hub" if in_sandbox else hub.host
    lines = [
        f"dockerhub-mcp {__version__}, connected to {source}",
        *([f"caller: {to_single_line(context.caller, 100)}"] if context.caller else []),
        *([] if in_sandbox else [f"container registry: {_describe_container_registry(context)}"]),
        f"account at the Hub: {account}",
        f"rate limit of the Hub: {_describe_rate_limit(hub)}",
        f"access: {registry.access}",
    ]
    if registry.access is not Access.READ:
        lines += _describe_mutation_policy(context.mutation_policy)
    cached = (
        f"cached for {format_seconds(cache_ttl)}, or until a change through this server"
        if cache_ttl
        else "not cached"
    )
    lines += [f"reads: {cached}", f"results: at most {context.result_options.max_bytes} bytes"]
    lines += [f"enabled tools ({len(registry.tool_names)}):", *_list_enabled_tools(registry)]
    lines += _list_disabled_tools(registry)
    return hub.redact("\n".join(lines))


def _describe_container_registry(context: ToolContext) -> str:
    """Return the host that the tools on images read from, or why they read from none."""
    client = context.registry
    return f"none. {NO_REGISTRY_REASON}" if client is None else client.host


async def _describe_account(hub: Hub) -> str:
    """Sign in as any call would, and return the account or the reason why signing in failed."""
    try:
        with anyio.fail_after(_SIGN_IN_TIMEOUT):
            await hub.sign_in()
    except TimeoutError:
        return "unknown: the Hub has not answered the sign-in yet"
    except HubError as error:
        logger.info("not signed in", extra={"error": type(error).__name__})
        return f"none. {error_text(error)}"
    principal = hub.principal
    return str(principal) if principal.username else "none, requests are anonymous"


def _describe_rate_limit(hub: Hub) -> str:
    limit = hub.rate_limit
    if limit is None:
        return "unknown until the first response"
    until = f" until {limit.resets_at:%H:%M:%S}Z" if limit.resets_at else ""
    return f"{limit.remaining} of {limit.limit} requests left{until}, according to the last response"


def _describe_mutation_policy(policy: MutationPolicy) -> list[str]:
    secrets = "written to files" if policy.secrets_dir else "shown in the conversation"
    return [
        f"changes: {_CONFIRMATIONS[policy.confirmation_mode]}",
        f"new tokens: {secrets}",
        f"audit log: {'kept' if policy.audit_log else 'none (--audit-log)'}",
    ]


def _list_enabled_tools(registry: Registry) -> list[str]:
    areas: dict[str, list[str]] = {}
    for tool in registry.tool_infos:
        areas.setdefault(tool.area, []).append(tool.name)
    return [f"  {area}: {', '.join(names)}" for area, names in areas.items()]


def _list_disabled_tools(registry: Registry) -> list[str]:
    """Return the disabled tools by what enables them or leaves them out."""
    groups: dict[str, list[str]] = {}
    for state in registry.list_states(None):
        if not state.on:
            reason, name = describe_disabled_tool(state)
            groups.setdefault(reason, []).append(name)
    count = sum(map(len, groups.values()))
    lines = [f"  {reason}: {', '.join(names)}" for reason, names in groups.items()]
    heading = f"disabled tools ({count}), by what enables them (NAME: the toolset in brackets):"
    return [heading, *lines] if groups else []

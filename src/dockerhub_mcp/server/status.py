"""What this server tells about itself: no secret, and nothing that a call would not tell as well."""

from __future__ import annotations

import logging

import anyio

from dockerhub_mcp import __version__
from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from dockerhub_mcp.tools.mutations.policy import MutationPolicy
from dockerhub_mcp.tools.results.sanitize import error_text

logger = logging.getLogger(__name__)

_SIGN_IN_TIMEOUT = 5.0  # seconds for signing in


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
        f"dockerhub-mcp {__version__}, answering from {source}",
        *([f"caller: {to_single_line(context.caller, 100)}"] if context.caller else []),
        f"account at the Hub: {account}",
        f"rate limit of the Hub: {_describe_rate_limit(hub)}",
        f"access: {registry.access}",
    ]
    if registry.access is not Access.READ:
        lines += _describe_mutation_policy(context.mutation_policy)
    kept = f"kept for {cache_ttl:g} s, until something is changed here" if cache_ttl else "not kept"
    lines += [f"reads: {kept}", f"results: at most {context.result_options.max_bytes} bytes"]
    lines += [f"tools that are on ({len(registry.tools)}):", *_list_enabled_tools(registry)]
    if registry.tools_by_disabled_reason:
        count = sum(map(len, registry.tools_by_disabled_reason.values()))
        lines.append(f"tools that are off ({count}), by what keeps them off:")
        lines += [
            f"  {reason}: {', '.join(names)}" for reason, names in registry.tools_by_disabled_reason.items()
        ]
    return hub.redact("\n".join(lines))


async def _describe_account(hub: Hub) -> str:
    """Sign in as any call would, and tell who that is."""
    try:
        with anyio.fail_after(_SIGN_IN_TIMEOUT):
            await hub.sign_in()
    except TimeoutError:
        return "not known yet: the Hub has not answered the sign-in so far"
    except HubError as error:
        logger.info("not signed in", extra={"error": type(error).__name__})
        return f"none. {error_text(error)}"
    caller = hub.principal
    return str(caller) if caller.username else "none, it asks anonymously"


def _describe_rate_limit(hub: Hub) -> str:
    limit = hub.rate_limit
    if limit is None:
        return "not known yet; the first answer tells"
    until = f" until {limit.resets_at:%H:%M:%S}Z" if limit.resets_at else ""
    return f"{limit.remaining} of {limit.limit} requests were left{until}, as the last answer said"


def _describe_mutation_policy(mutation_policy: MutationPolicy) -> list[str]:
    asks = "a person is asked before something is lost"
    secrets = (
        "written to files"
        if mutation_policy.secrets_dir
        else "shown in the conversation once a person agrees"
    )
    return [
        f"changes: {asks if mutation_policy.confirmation_mode is ConfirmationMode.ASK else 'nobody is asked (--confirm never)'}",
        f"new tokens: {secrets}",
        f"journal of changes: {'kept' if mutation_policy.audit_log else 'none (--audit-log)'}",
    ]


def _list_enabled_tools(registry: Registry) -> list[str]:
    areas: dict[str, list[str]] = {}
    for tool in registry.tools:
        areas.setdefault(str(tool.area), []).append(tool.name)
    return [f"  {area}: {', '.join(names)}" for area, names in areas.items()]

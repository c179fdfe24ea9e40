"""Calling a tool: validation, cache, error messages and redaction, the same for every kind of tool."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.api.enums import Effect
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.errors import HubUnavailable, Refused, UnexpectedAnswer
from dockerhub_mcp.tools.catalog.registry import Registry, ToolDisabledError
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.confirmation import NotConfirmedError
from dockerhub_mcp.tools.request_context import get_current_request, get_request_id
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.results.tool_result import ToolFailure, ToolResult
from dockerhub_mcp.tools.tool import Tool, ToolCall
from dockerhub_mcp.tools.validation import ArgumentsError

if TYPE_CHECKING:
    from dockerhub_mcp.tools.mutations.audit_recorder import Outcome

logger = logging.getLogger(__name__)


async def call_tool(
    registry: Registry, context: ToolContext, name: str, arguments: Mapping[str, Any]
) -> ToolResult:
    """Call a tool and return its result.

    Problems that the caller can correct or wait for become results with `is_error`.

    Args:
        registry: The tools of the request.
        context: The context that the tool runs with.
        name: The name of the tool.
        arguments: The arguments as the client sent them.

    Raises:
        UnknownNameError: The tool does not exist.
    """
    try:
        tool = registry.find_tool(name)
        call = tool.parse(arguments)
    except (ArgumentsError, ToolDisabledError) as error:
        if isinstance(error, ToolDisabledError):
            from dockerhub_mcp.tools.mutations.audit_recorder import Outcome  # noqa: PLC0415 - reads need none

            reason = "the tool is switched off"
            await record_unsent_call(context, error.tool, arguments, Outcome.REFUSED, reason)
        return ToolFailure(context.hub.redact(str(error)), is_error=True, cause=error)
    context = replace(context, tools=registry, called_as=tool.name if call.tool else "")
    return tool.adapt_result(await _carry_out(context, call.tool or tool, call))


async def _carry_out(context: ToolContext, tool: Tool, call: ToolCall) -> ToolResult:
    if tool.effect is Effect.READ and not tool.is_cached:
        return await _run_tool(context, tool, call)
    if tool.effect is Effect.READ:
        return await _read_through_cache(context, tool, call)
    if tool.is_mutation and call.is_dry_run:
        return await _run_tool(context, tool, call)
    # Clear the cache before as well: the result of a read that began before the change must not be stored
    # after it. Signing in counts as a change, because it may change the account.
    context.cache.clear()
    try:
        return await _run_tool(context, tool, call)
    finally:
        context.cache.clear()


async def record_unsent_call(
    context: ToolContext, tool: Tool, arguments: Mapping[str, Any], outcome: Outcome, reason: str
) -> None:
    """Record in the audit log that a call of a tool that changes something was not carried out."""
    if context.mutation_policy.audit_log is None or tool.effect is Effect.READ:
        return
    from dockerhub_mcp.tools.mutations.audit_recorder import AuditedCall  # noqa: PLC0415 - reads need none

    call = AuditedCall(tool.name)
    with suppress(ArgumentsError):
        parsed = tool.parse(arguments)
        if tool.is_mutation and parsed.is_dry_run:
            return
        if parsed.tool is not None:
            context = replace(context, called_as=tool.name)
        if isinstance(parsed.arguments, Method):
            call = AuditedCall.from_method(parsed.arguments)
    await context.audit.record_unsent(call, outcome, reason)


async def _read_through_cache(context: ToolContext, tool: Tool, call: ToolCall) -> ToolResult:
    hub, options, request = context.hub, context.result_options, get_current_request()
    # Texts carry the date, so those of yesterday are not used today.
    today = f"{context.clock():%Y-%m-%d}"
    call_key = f"{today} {tool.name} {options.max_bytes} {options.include_structured} {call.cache_key}"

    def build_key() -> str:
        return f"{hub.principal.username} {hub.principal.kind} {call_key}"

    async def fetch() -> ToolResult:
        request.served_from_cache = False
        result = await _run_tool(context, tool, call)
        if hub.credential_error is not None and not tool.uses_scim_token:
            result = replace(result, is_cacheable=False)  # the next call may be able to sign in
        return result

    request.served_from_cache = True  # until a request to the Hub is needed
    return await context.cache.get_or_fetch(hub, build_key, fetch)


async def _run_tool(context: ToolContext, tool: Tool, call: ToolCall) -> ToolResult:
    hub = context.hub
    try:
        result = await tool.run(context, call)
    except (ArgumentsError, NotConfirmedError) as error:
        result = ToolFailure(str(error), is_error=True, cause=error)
    except HubError as error:
        logger.info("a call failed", extra={"tool": tool.name, "error": type(error).__name__})
        result = ToolFailure(_describe_error(hub, tool, error), is_error=True, cause=error)
    redact = hub.redact if result.is_error else hub.redact_data
    text = redact(result.text)
    return replace(
        result,
        text=f"{result.secret_line}\n{text}" if result.secret_line else text,
        structured_content=_redact_data(result.structured_content, hub),
    )


def _describe_error(hub: Hub, tool: Tool, error: HubError) -> str:
    text = error_text(error)
    if isinstance(error, Refused) and hub.credential_error is not None and tool.allows_anonymous:
        text += f" The request was anonymous. {error_text(hub.credential_error)}"
    if isinstance(error, HubUnavailable | UnexpectedAnswer) and (request_id := get_request_id()):
        text += f" (Request {request_id} in this server's log.)"
    return text


def _redact_data(value: Any, hub: Hub) -> Any:
    if isinstance(value, str):
        return hub.redact_data(value)
    if isinstance(value, dict):
        return {key: _redact_data(item, hub) for key, item in value.items()}
    return [_redact_data(item, hub) for item in value] if isinstance(value, list) else value

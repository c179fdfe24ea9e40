"""Calling a tool: validation, cache, error messages and redaction, the same for every kind of tool."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from anyio import CancelScope

from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.api.enums import Effect
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.errors import HubUnavailable, Refused, UnexpectedAnswer
from dockerhub_mcp.hub.redaction import redact_strings
from dockerhub_mcp.tools.access import ToolInfo
from dockerhub_mcp.tools.catalog.registry import Registry, ToolDisabledError
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.confirmation import NotConfirmedError
from dockerhub_mcp.tools.prepared_call import PreparedCall
from dockerhub_mcp.tools.request_context import get_current_request, get_request_id
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.results.tool_result import ToolFailure, ToolResult
from dockerhub_mcp.tools.tool import Tool
from dockerhub_mcp.tools.validation import ArgumentsError

if TYPE_CHECKING:
    from dockerhub_mcp.tools.mutations.audit_recorder import Outcome

logger = logging.getLogger(__name__)


class RejectedCall(NamedTuple):
    """A call with invalid arguments, or of a tool that is disabled.

    Attributes:
        registry: The tools of the request.
        arguments: The arguments as the client sent them.
        error: What is wrong.
    """

    registry: Registry
    arguments: Mapping[str, Any]
    error: ArgumentsError | ToolDisabledError


def prepare_call(registry: Registry, name: str, arguments: Mapping[str, Any]) -> PreparedCall | RejectedCall:
    """Find a tool and validate the arguments of a call; nothing is sent.

    Args:
        registry: The tools of the request.
        name: The name of the tool.
        arguments: The arguments as the client sent them.

    Raises:
        UnknownNameError: The tool does not exist.
    """
    try:
        tool = registry.find_tool(name)
        return PreparedCall(registry, tool, arguments)
    except (ArgumentsError, ToolDisabledError) as error:
        return RejectedCall(registry, arguments, error)


def find_cached_result(context: ToolContext, prepared: PreparedCall | RejectedCall) -> ToolResult | None:
    """Return the cached result of a call as `run_call` would return it; None where a call has to be made.

    Args:
        context: The context that the tool would run with.
        prepared: The call.
    """
    if isinstance(prepared, RejectedCall) or not prepared.is_cached_read:
        return None
    result = context.cache.find_result(
        context.hub, _build_cache_key(context.hub, _build_call_key(context, prepared))
    )
    if result is None:
        return None
    get_current_request().served_from_cache = True
    return prepared.tool.adapt_result(result)


async def run_call(context: ToolContext, prepared: PreparedCall | RejectedCall) -> ToolResult:
    """Carry out a prepared call and return its result; see `call_tool`."""
    if isinstance(prepared, RejectedCall):
        return await _report_rejected_call(context, prepared)
    tool, runner = prepared.tool, prepared.runner
    context = replace(context, tools=prepared.registry, called_as="" if runner is tool else tool.name)
    if prepared.is_cached_read:
        return tool.adapt_result(await _read_through_cache(context, prepared))
    return tool.adapt_result(await _carry_out(context, prepared))


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
    prepared = prepare_call(registry, name, arguments)
    return find_cached_result(context, prepared) or await run_call(context, prepared)


async def _report_rejected_call(context: ToolContext, rejected: RejectedCall) -> ToolResult:
    error = rejected.error
    if isinstance(error, ToolDisabledError):
        await _record_disabled_call(rejected.registry, context, error.info, rejected.arguments)
    text = _replace_half_characters(context.hub.redact(str(error)))
    return ToolFailure(text, is_error=True, cause=error)


async def _carry_out(context: ToolContext, prepared: PreparedCall) -> ToolResult:
    tool = prepared.runner
    if tool.effect is Effect.READ or (tool.is_mutation and prepared.call.is_dry_run):
        return await _run_tool(context, prepared)
    # Clear the caches before as well: the result of a read that began before the change must not be stored
    # after it. Signing in counts as a change, because it may change the account.
    context.cache.clear()
    await context.publish_change()
    try:
        return await _run_tool(context, prepared)
    finally:
        context.cache.clear()
        with CancelScope(shield=True):  # a change that was interrupted may have been made
            await context.publish_change()


async def _record_disabled_call(
    registry: Registry, context: ToolContext, info: ToolInfo, arguments: Mapping[str, Any]
) -> None:
    """Record the call of a tool that is disabled; the tool is loaded only where a line is written."""
    if context.mutation_policy.audit_log is not None and not info.only_reads:
        from dockerhub_mcp.tools.mutations.audit_recorder import Outcome  # noqa: PLC0415 - reads need none

        tool, reason = registry.load_tool(info.name), "the tool is switched off"
        await record_unsent_call(context, tool, arguments, Outcome.REFUSED, reason)


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


async def _read_through_cache(context: ToolContext, prepared: PreparedCall) -> ToolResult:
    hub, request, tool = context.hub, get_current_request(), prepared.runner

    call_key = _build_call_key(context, prepared)

    def build_key() -> str:
        return _build_cache_key(hub, call_key)

    async def fetch() -> ToolResult:
        request.served_from_cache = False
        result = await _run_tool(context, prepared)
        if hub.credential_error is not None and not tool.uses_scim_token:
            result = replace(result, is_cacheable=False)  # the next call may be able to sign in
        return result

    request.served_from_cache = True  # until a request to the Hub is needed
    return await context.cache.get_or_fetch(hub, build_key, fetch)


def _build_call_key(context: ToolContext, prepared: PreparedCall) -> str:
    """Return what the result of a call depends on, apart from the account.

    Texts carry the date, so those of yesterday are not used today.
    """
    options = context.result_options
    return (
        f"{context.clock().date()} {prepared.runner.name}"
        f" {options.max_bytes} {options.include_structured} {prepared.cache_key}"
    )


def _build_cache_key(hub: Hub, call_key: str) -> str:
    principal = hub.principal
    return f"{principal.username} {principal.kind} {call_key}"


async def _run_tool(context: ToolContext, prepared: PreparedCall) -> ToolResult:
    hub, tool = context.hub, prepared.runner
    try:
        result = await tool.run(context, prepared.call)
    except (ArgumentsError, NotConfirmedError) as error:
        result = ToolFailure(str(error), is_error=True, cause=error)
    except HubError as error:
        logger.info("a call failed", extra={"tool": tool.name, "error": type(error).__name__})
        result = ToolFailure(_describe_error(hub, tool, error), is_error=True, cause=error)
    redact = hub.redact if result.is_error else hub.redact_data
    text = _replace_half_characters(redact(result.text))
    if result.secret_line:
        text = f"{result.secret_line}\n{text}"
    data = redact_strings(
        result.structured_content, lambda value: _replace_half_characters(hub.redact_data(value))
    )
    if text is result.text and data is result.structured_content:
        return result
    return replace(result, text=text, structured_content=data)


def _describe_error(hub: Hub, tool: Tool, error: HubError) -> str:
    text = error_text(error)
    if isinstance(error, Refused) and hub.credential_error is not None and tool.allows_anonymous:
        text += f" The request was anonymous. {error_text(hub.credential_error)}"
    if isinstance(error, HubUnavailable | UnexpectedAnswer) and (request_id := get_request_id()):
        text += f" (Request {request_id} in this server's log.)"
    return text


def _replace_half_characters(text: str) -> str:
    """Return a text that can be written in UTF-8; names of files in other encodings cannot."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text

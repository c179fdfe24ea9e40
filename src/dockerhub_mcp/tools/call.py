"""One tool call: arguments, gate, the Hub, and the result as an agent reads it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dockerhub_mcp.hub import Hub, HubError, Method
from dockerhub_mcp.hub.api.enums import Effect, Service
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.errors import HubUnavailable, Refused, UnexpectedAnswer
from dockerhub_mcp.hub.models import Existence, Page
from dockerhub_mcp.tools.cache import ResultCache
from dockerhub_mcp.tools.catalog.registry import Registry, ToolDisabledError
from dockerhub_mcp.tools.mutations.execute import MutationPolicy, execute_mutation
from dockerhub_mcp.tools.request_context import get_current_request, get_request_id
from dockerhub_mcp.tools.results.projection import Projection, ProjectionError, extract_projection
from dockerhub_mcp.tools.results.results import (
    DEFAULT_MAX_BYTES,
    ResultView,
    ToolResult,
    build_object_result,
    build_page_result,
    build_pagination_result,
)
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.validation import ArgumentsError, validate_arguments

logger = logging.getLogger(__name__)

OnProgress = Callable[[int, int | None], Awaitable[None]]
"""Told after each page of a walk: items read, and the total where it is known."""


@dataclass(frozen=True, slots=True)
class ToolFailure(ToolResult):
    """A call that did not do what it should; `cause` is for those who need to know more than the text."""

    cause: Exception | None = None


async def call_tool(
    hub: Hub,
    registry: Registry,
    name: str,
    arguments: Mapping[str, Any],
    *,
    pagination_timeout: float,
    on_progress: OnProgress | None = None,
    policy: MutationPolicy = MutationPolicy(),  # noqa: B008 - frozen
    max_bytes: int = DEFAULT_MAX_BYTES,
    cache: ResultCache | None = None,
    include_structured: bool = True,
) -> ToolResult:
    """Carry out a tool call.

    Trouble that the caller can mend or wait out becomes an outcome with `is_error`.

    Args:
        hub: Where it goes.
        registry: Which tools there are.
        name: The tool.
        arguments: What it is called with.
        pagination_timeout: Seconds after which a walk over pages returns what it has.
        on_progress: Told how far a walk is.
        policy: How changes are made.
        max_bytes: Bytes of text that the result may have.
        cache: What was answered a moment ago.
        include_structured: Whether the result is wanted as data, too.

    Raises:
        UnknownNameError: There is no such tool.
    """
    try:
        selection, call = parse_call(registry, name, arguments)
    except (ArgumentsError, ToolDisabledError) as error:
        return ToolFailure(hub.redact(str(error)), is_error=True, cause=error)

    served = get_current_request()

    async def execute() -> ToolResult:
        served.served_from_cache = False
        return await _execute_call(
            hub,
            call,
            pagination_timeout,
            on_progress,
            policy,
            ResultView(
                selection,
                max_bytes,
                0 if cache is None else cache.max_note_bytes,
                include_structured=include_structured,
            ),
        )

    if cache is None:
        return await execute()
    if call.effect is Effect.READ:

        def build_key() -> str:
            caller = hub.principal
            asked = (
                f"{name} {selection} {max_bytes} {include_structured} {call.notes} {call.model_dump_json()}"
            )
            return f"{caller.username} {caller.kind} {asked}"

        served.served_from_cache = True  # unless it comes to asking
        return await cache.get_or_fetch(hub, build_key, execute)
    if isinstance(call, Mutation) and call.dry_run:
        return await execute()
    # Now, and again below: a read that began before the change must not be kept after it. Signing in may
    # change who reads.
    cache.clear()
    try:
        return await execute()
    finally:
        cache.clear()


def parse_call(registry: Registry, name: str, arguments: Mapping[str, Any]) -> tuple[Projection, Method[Any]]:
    """Make a call of a name and arguments, and what of its result is wanted.

    Raises:
        UnknownNameError: There is no such tool.
        GatedError: The tool is switched off.
        ArgumentsError: The arguments do not fit.
    """
    method = registry.find_method(name)
    selection, rest = _extract_projection(method, arguments)
    return selection, validate_arguments(method, rest)


async def _execute_call(  # noqa: PLR0917
    hub: Hub,
    call: Method[Any],
    pagination_timeout: float,
    on_progress: OnProgress | None,
    policy: MutationPolicy,
    view: ResultView,
) -> ToolResult:
    try:
        if isinstance(call, Mutation):
            outcome = await execute_mutation(hub, call, policy, call.notes)
        else:
            outcome = await _fetch_with_link(hub, call, pagination_timeout, on_progress, view)
    except HubError as error:
        logger.info("a call failed", extra={"tool": call.tool_name, "error": type(error).__name__})
        text = error_text(error)
        if isinstance(error, Refused) and hub.credential_error is not None and call.allows_anonymous:
            text += f" It was asked as an anonymous caller. {error_text(hub.credential_error)}"
        if isinstance(error, HubUnavailable | UnexpectedAnswer) and (reference := get_request_id()):
            text += f" (Request {reference} in the log of this server.)"
        outcome = ToolFailure(text, is_error=True, cause=error)
    redact = hub.redact if outcome.is_error else hub.redact_data
    outcome = replace(
        outcome, text=redact(outcome.text), structured_content=_redact_data(outcome.structured_content, hub)
    )
    return replace(outcome, text=f"{outcome.secret_line}\n{outcome.text}") if outcome.secret_line else outcome


def _extract_projection(
    method: type[Method[Any]], arguments: Mapping[str, Any]
) -> tuple[Projection, Mapping[str, Any]]:
    try:
        return extract_projection(method, arguments)
    except ProjectionError as error:
        msg = f"{method.tool_name} was not called. {error}"
        raise ArgumentsError(msg) from None


def _redact_data(value: Any, hub: Hub) -> Any:
    if isinstance(value, str):
        return hub.redact_data(value)
    if isinstance(value, dict):
        return {key: _redact_data(item, hub) for key, item in value.items()}
    return [_redact_data(item, hub) for item in value] if isinstance(value, list) else value


async def _fetch_with_link(
    hub: Hub, call: Method[Any], pagination_timeout: float, on_progress: OnProgress | None, view: ResultView
) -> ToolResult:
    where = _format_web_link(call, view.max_bytes)
    view = replace(
        view,
        reserved_bytes=view.reserved_bytes + len(where.encode()),
        offset_argument=_find_offset_argument(call),
    )
    outcome = await _fetch_result(hub, call, pagination_timeout, on_progress, view)
    return replace(outcome, text=f"{outcome.text}{where}")


async def _fetch_result(
    hub: Hub, call: Method[Any], pagination_timeout: float, on_progress: OnProgress | None, view: ResultView
) -> ToolResult:
    if call.summary_model is not None and view.projection.is_covered_by(call.summary_model):
        call = call.as_summary()
    max_items: int | None = getattr(call, "max_items", None)
    if max_items is not None:
        walked = await hub.paginate(
            call, max_items=max_items, timeout=pagination_timeout, on_progress=on_progress
        )
        get_current_request().pagination_error = type(walked.error).__name__ if walked.error else ""
        return build_pagination_result(walked, _collect_notes(hub, call), view)
    result = await hub.send(call)
    notes = _collect_notes(hub, call)
    if isinstance(result, Page):
        return build_page_result(call, result, notes, view)
    if isinstance(result, Existence) and not result.exists:
        notes.append(
            f"It is missing, or private and not visible to {hub.principal}: the Hub answers the same."
        )
    return build_object_result(result, notes, view)


def _format_web_link(call: Method[Any], max_bytes: int) -> str:
    """Return the line that says where a person finds it on the Hub's pages, unless it is too long."""
    where = call.build_web_url()
    line = f"\nOn the Hub: {where}" if where else ""
    return line if len(line.encode()) <= max_bytes // 4 else ""


def _find_offset_argument(call: Method[Any]) -> tuple[str, int] | None:
    """Return the argument by which a list without pages is read on, and its value."""
    for name, field in type(call).model_fields.items():
        if name in {"from_", "start_index"} and field.annotation in {int, int | None}:
            value = getattr(call, name)
            return field.alias or name, (1 if name == "start_index" else 0) if value is None else value
    return None


def _collect_notes(hub: Hub, call: Method[Any]) -> list[str]:
    """What the caller should know beside the result."""
    notes = list(call.notes)
    if hub.credential_error is not None and call.service is not Service.SCIM:
        notes.append(f"Answered as for an anonymous caller. {error_text(hub.credential_error)}")
    limit = hub.rate_limit
    if limit is not None and limit.headroom <= 0:
        until = f" until {limit.resets_at:%H:%M:%S}Z" if limit.resets_at else ""
        notes.append(f"{limit.remaining} of {limit.limit} requests to the Hub are left{until}.")
    return notes

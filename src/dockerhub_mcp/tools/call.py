"""One tool call: arguments, gate, the Hub, and the result as an agent reads it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dockerhub_mcp.hub import Hub, HubError, Method
from dockerhub_mcp.hub.api.enums import Effect, Service
from dockerhub_mcp.hub.api.mutation import Write
from dockerhub_mcp.hub.errors import HubUnavailable, Refused, UnexpectedAnswer
from dockerhub_mcp.hub.models import Existence, Page
from dockerhub_mcp.tools.cache import Reads
from dockerhub_mcp.tools.catalog.registry import GatedError, Registry
from dockerhub_mcp.tools.mutations.execute import Writing, write
from dockerhub_mcp.tools.request_context import current, request_id
from dockerhub_mcp.tools.results.projection import Selection, SelectionError, take_selection
from dockerhub_mcp.tools.results.results import ROOM, Outcome, View, shape_object, shape_page, shape_walk
from dockerhub_mcp.tools.results.sanitize import told
from dockerhub_mcp.tools.validation import ArgumentsError, read_arguments

logger = logging.getLogger(__name__)

Report = Callable[[int, int | None], Awaitable[None]]
"""Told after each page of a walk: items read, and the total where it is known."""


@dataclass(frozen=True, slots=True)
class Failure(Outcome):
    """A call that did not do what it should; `cause` is for those who need to know more than the text."""

    cause: Exception | None = None


async def call_tool(
    hub: Hub,
    registry: Registry,
    name: str,
    arguments: Mapping[str, Any],
    *,
    walk_timeout: float,
    report: Report | None = None,
    writing: Writing = Writing(),  # noqa: B008 - frozen
    room: int = ROOM,
    reads: Reads | None = None,
    with_data: bool = True,
) -> Outcome:
    """Carry out a tool call.

    Trouble that the caller can mend or wait out becomes an outcome with `is_error`.

    Args:
        hub: Where it goes.
        registry: Which tools there are.
        name: The tool.
        arguments: What it is called with.
        walk_timeout: Seconds after which a walk over pages returns what it has.
        report: Told how far a walk is.
        writing: How changes are made.
        room: Bytes of text that the result may have.
        reads: What was answered a moment ago.
        with_data: Whether the result is wanted as data, too.

    Raises:
        UnknownNameError: There is no such tool.
    """
    try:
        selection, call = understand(registry, name, arguments)
    except (ArgumentsError, GatedError) as error:
        return Failure(hub.redact(str(error)), is_error=True, cause=error)

    served = current()

    async def ask() -> Outcome:
        served.cached = False
        return await _carry_out(
            hub,
            call,
            walk_timeout,
            report,
            writing,
            View(selection, room, 0 if reads is None else reads.note, with_data=with_data),
        )

    if reads is None:
        return await ask()
    if call.effect is Effect.READ:

        def key() -> str:
            caller = hub.caller
            asked = f"{name} {selection} {room} {with_data} {call.notes} {call.model_dump_json()}"
            return f"{caller.username} {caller.kind} {asked}"

        served.cached = True  # unless it comes to asking
        return await reads.answer(hub, key, ask)
    if isinstance(call, Write) and call.dry_run:
        return await ask()
    # Now, and again below: a read that began before the change must not be kept after it. Signing in may
    # change who reads.
    reads.forget()
    try:
        return await ask()
    finally:
        reads.forget()


def understand(registry: Registry, name: str, arguments: Mapping[str, Any]) -> tuple[Selection, Method[Any]]:
    """Make a call of a name and arguments, and what of its result is wanted.

    Raises:
        UnknownNameError: There is no such tool.
        GatedError: The tool is switched off.
        ArgumentsError: The arguments do not fit.
    """
    method = registry.find(name)
    selection, rest = _selected(method, arguments)
    return selection, read_arguments(method, rest)


async def _carry_out(  # noqa: PLR0917
    hub: Hub,
    call: Method[Any],
    walk_timeout: float,
    report: Report | None,
    writing: Writing,
    view: View,
) -> Outcome:
    try:
        if isinstance(call, Write):
            outcome = await write(hub, call, writing, call.notes)
        else:
            outcome = await _send(hub, call, walk_timeout, report, view)
    except HubError as error:
        logger.info("a call failed", extra={"tool": call.tool, "error": type(error).__name__})
        text = told(error)
        if isinstance(error, Refused) and hub.trouble is not None and call.anonymous:
            text += f" It was asked as an anonymous caller. {told(hub.trouble)}"
        if isinstance(error, HubUnavailable | UnexpectedAnswer) and (reference := request_id()):
            text += f" (Request {reference} in the log of this server.)"
        outcome = Failure(text, is_error=True, cause=error)
    redact = hub.redact if outcome.is_error else hub.mask
    outcome = replace(outcome, text=redact(outcome.text), data=_redacted(outcome.data, hub))
    return replace(outcome, text=f"{outcome.secret}\n{outcome.text}") if outcome.secret else outcome


def _selected(method: type[Method[Any]], arguments: Mapping[str, Any]) -> tuple[Selection, Mapping[str, Any]]:
    try:
        return take_selection(method, arguments)
    except SelectionError as error:
        msg = f"{method.tool} was not called. {error}"
        raise ArgumentsError(msg) from None


def _redacted(value: Any, hub: Hub) -> Any:
    if isinstance(value, str):
        return hub.mask(value)
    if isinstance(value, dict):
        return {key: _redacted(item, hub) for key, item in value.items()}
    return [_redacted(item, hub) for item in value] if isinstance(value, list) else value


async def _send(
    hub: Hub, call: Method[Any], walk_timeout: float, report: Report | None, view: View
) -> Outcome:
    where = _place(call, view.room)
    view = replace(view, reserved=view.reserved + len(where.encode()), counted=_counted(call))
    outcome = await _shaped(hub, call, walk_timeout, report, view)
    return replace(outcome, text=f"{outcome.text}{where}")


async def _shaped(
    hub: Hub, call: Method[Any], walk_timeout: float, report: Report | None, view: View
) -> Outcome:
    if call.rows is not None and view.selection.is_within(call.rows):
        call = call.in_brief()
    max_items: int | None = getattr(call, "max_items", None)
    if max_items is not None:
        walked = await hub.walk(call, max_items=max_items, timeout=walk_timeout, on_progress=report)
        current().cut_short = type(walked.stopped_by).__name__ if walked.stopped_by else ""
        return shape_walk(walked, _notes(hub, call), view)
    result = await hub.send(call)
    notes = _notes(hub, call)
    if isinstance(result, Page):
        return shape_page(call, result, notes, view)
    if isinstance(result, Existence) and not result.exists:
        notes.append(f"It is missing, or private and not visible to {hub.caller}: the Hub answers the same.")
    return shape_object(result, notes, view)


def _place(call: Method[Any], room: int) -> str:
    """Return the line that says where a person finds it on the Hub's pages, unless it is too long."""
    where = call.web_page()
    line = f"\nOn the Hub: {where}" if where else ""
    return line if len(line.encode()) <= room // 4 else ""


def _counted(call: Method[Any]) -> tuple[str, int] | None:
    """Return the argument by which a list without pages is read on, and its value."""
    for name, field in type(call).model_fields.items():
        if name in {"from_", "start_index"} and field.annotation in {int, int | None}:
            value = getattr(call, name)
            return field.alias or name, (1 if name == "start_index" else 0) if value is None else value
    return None


def _notes(hub: Hub, call: Method[Any]) -> list[str]:
    """What the caller should know beside the result."""
    notes = list(call.notes)
    if hub.trouble is not None and call.service is not Service.SCIM:
        notes.append(f"Answered as for an anonymous caller. {told(hub.trouble)}")
    limit = hub.rate_limit
    if limit is not None and limit.spare <= 0:
        until = f" until {limit.resets_at:%H:%M:%S}Z" if limit.resets_at else ""
        notes.append(f"{limit.remaining} of {limit.limit} requests to the Hub are left{until}.")
    return notes

"""One tool call: arguments, gate, the Hub, and the result as an agent reads it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from dockerhub_mcp.hub import Hub, HubError, Method
from dockerhub_mcp.hub.models import Existence, Page
from dockerhub_mcp.hub.vocabulary import Service
from dockerhub_mcp.hub.writing import Write
from dockerhub_mcp.tools.arguments import ArgumentsError, read_arguments
from dockerhub_mcp.tools.registry import GatedError, Registry
from dockerhub_mcp.tools.shape import Outcome, shape_object, shape_page, shape_walk
from dockerhub_mcp.tools.write import Writing, write

logger = logging.getLogger(__name__)

Report = Callable[[int, int | None], Awaitable[None]]
"""Told after each page of a walk: items read, and the total where it is known."""


async def call_tool(
    hub: Hub,
    registry: Registry,
    name: str,
    arguments: Mapping[str, Any],
    *,
    walk_timeout: float,
    report: Report | None = None,
    writing: Writing = Writing(),  # noqa: B008 - frozen
) -> Outcome:
    """Carry out a tool call.

    Trouble that the caller can mend or wait out becomes an outcome with `is_error`.

    Raises:
        UnknownNameError: There is no such tool.
    """
    outcome = await _outcome(hub, registry, name, arguments, walk_timeout, report, writing)
    redact = hub.redact if outcome.is_error else hub.mask
    outcome = replace(outcome, text=redact(outcome.text), data=_redacted(outcome.data, hub))
    return replace(outcome, text=f"{outcome.secret}\n{outcome.text}") if outcome.secret else outcome


async def _outcome(  # noqa: PLR0917
    hub: Hub,
    registry: Registry,
    name: str,
    arguments: Mapping[str, Any],
    walk_timeout: float,
    report: Report | None,
    writing: Writing,
) -> Outcome:
    try:
        method = registry.find(name)
        call = read_arguments(method, arguments)
        if isinstance(call, Write):
            return await write(hub, call, writing, call.notes)
        return await _send(hub, call, walk_timeout, report)
    except (ArgumentsError, GatedError) as error:
        return Outcome(str(error), is_error=True)
    except HubError as error:
        logger.info("a call failed", extra={"tool": name, "error": type(error).__name__})
        return Outcome(str(error), is_error=True)


def _redacted(value: Any, hub: Hub) -> Any:
    if isinstance(value, str):
        return hub.mask(value)
    if isinstance(value, dict):
        return {key: _redacted(item, hub) for key, item in value.items()}
    return [_redacted(item, hub) for item in value] if isinstance(value, list) else value


async def _send(hub: Hub, call: Method[Any], walk_timeout: float, report: Report | None) -> Outcome:
    max_items: int | None = getattr(call, "max_items", None)
    if max_items is not None:
        walked = await hub.walk(call, max_items=max_items, timeout=walk_timeout, on_progress=report)
        return shape_walk(walked, _notes(hub, call))
    result = await hub.send(call)
    if isinstance(result, Page):
        return shape_page(call, result, _notes(hub, call))
    notes = _notes(hub, call)
    if isinstance(result, Existence) and not result.exists:
        notes.append(f"It is missing, or private and not visible to {hub.caller}: the Hub answers the same.")
    return shape_object(result, notes)


def _notes(hub: Hub, call: Method[Any]) -> list[str]:
    """What the caller should know beside the result."""
    notes = list(call.notes)
    if hub.trouble is not None and call.service is not Service.SCIM:
        notes.append(f"Answered as for an anonymous caller. {hub.trouble}")
    return notes

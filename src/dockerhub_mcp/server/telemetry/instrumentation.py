"""Give each MCP message that the SDK serves a request id, and notify observers when it starts and ends.

This replaces the SDK's own tracing, which costs time even when nothing is traced, and which puts client input
into span names and error messages into their status.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import mcp_types as types
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from dockerhub_mcp.server.telemetry.observers import (
    REQUEST_SCOPE_KEY,
    MessageObservation,
    Observers,
    describe_message,
)
from dockerhub_mcp.tools.request_context import RequestState, reset_current_request, set_current_request


class ReplayedMessage:
    """Marks, in the metadata of a message, that it was served and observed before the SDK received it."""


class InstrumentationMiddleware:
    """Sets the current request and notifies the observers; the outermost middleware of the MCP server.

    Args:
        observers: The observers.
        known_targets: The names of tools and prompts, by the MCP method that names them.
    """

    def __init__(
        self, observers: Observers, known_targets: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self._observers, self._known_targets = observers, known_targets or {}

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Serve a message under a request id of its own, or that of its HTTP request."""
        if isinstance(ctx.request, ReplayedMessage):
            return await call_next(ctx)
        scope: Mapping[str, Any] = getattr(ctx.request, "scope", {})
        request = scope.get(REQUEST_SCOPE_KEY) or RequestState()
        token = set_current_request(request)
        try:
            if not self._observers.registered:
                return await call_next(ctx)
            message = describe_message(
                request,
                ctx.method,
                ctx.params or {},
                message_id=ctx.request_id,
                protocol_version=ctx.protocol_version,
                http_headers=dict(scope.get("headers", ())) if scope else None,
                known_targets=self._known_targets,
            )
            return await _observe(self._observers.start_message(message), ctx, call_next)
        finally:
            reset_current_request(token)


async def _observe(
    observation: MessageObservation, ctx: ServerRequestContext[Any, Any], call_next: CallNext
) -> HandlerResult:
    outcome, code = "fault", 0
    try:
        result = await call_next(ctx)
        outcome = _classify_result(result)
    except MCPError as error:
        code = error.error.code
        outcome = "fault" if code == types.INTERNAL_ERROR else "refused"
        raise
    except ValidationError:
        outcome, code = "refused", types.INVALID_PARAMS
        raise
    except asyncio.CancelledError:
        outcome = "cancelled"
        raise
    else:
        return result
    finally:
        observation.complete(outcome, code)


def _classify_result(result: HandlerResult) -> str:
    if not isinstance(result, dict):  # the SDK converts handler results to dictionaries
        return "ok"
    if result.get("isError") is True:
        return "error"
    return "asked" if result.get("resultType") == "input_required" else "ok"

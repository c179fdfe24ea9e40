"""Give each MCP message a request id, and notify observers when it starts and ends.

This replaces the SDK's own tracing, which costs time even when nothing is traced, and which puts client input
into span names and error messages into their status.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import mcp_types as types
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types.methods import SPEC_CLIENT_METHODS, SPEC_CLIENT_NOTIFICATION_METHODS
from pydantic import ValidationError

from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.server.skills.extension import PARAMETERS
from dockerhub_mcp.tools.access import resolve_tool_name
from dockerhub_mcp.tools.request_context import RequestState, reset_current_request, set_current_request

logger = logging.getLogger(__name__)

REQUEST_SCOPE_KEY = "dockerhub_mcp.request"
"""The ASGI scope key of an HTTP request's `RequestState`; its MCP messages share the request id."""

OTHER = "other"
_KNOWN_METHODS = frozenset([*SPEC_CLIENT_METHODS, *SPEC_CLIENT_NOTIFICATION_METHODS, *PARAMETERS])
_METHODS_WITH_TARGET = {"tools/call", "prompts/get"}


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message as it starts to be served. Unknown names are replaced by `other`.

    Attributes:
        request: Its request id, and facts recorded while it is served.
        method: The MCP method.
        target: The tool or prompt; empty for other methods.
        message_id: The client's JSON-RPC id; empty for a notification.
        protocol_version: The MCP protocol version.
        session_id: The MCP session; empty without one.
        is_http: Whether it came over HTTP.
        trace_context: The W3C trace context in its `_meta`: `traceparent`, `tracestate`, `baggage`.
        http_trace_context: That of the HTTP request.
    """

    request: RequestState
    method: str
    target: str
    message_id: str
    protocol_version: str
    session_id: str
    is_http: bool
    trace_context: Mapping[str, str]
    http_trace_context: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CompletedMessage:
    """The result of serving a message.

    Attributes:
        outcome: One of `OUTCOMES`.
        error_code: The JSON-RPC error code; 0 without an error.
        seconds: The duration.
    """

    outcome: str
    error_code: int
    seconds: float


OUTCOMES = ("ok", "error", "asked", "refused", "fault", "cancelled")
"""Success; tool error; confirmation requested; invalid request; internal error; cancelled by the client."""

OnMessageEnd = Callable[[CompletedMessage], None]


class Observer(Protocol):
    """Observes messages and requests to the Hub. Its methods must be fast and must not raise."""

    def on_message_start(self, message: ReceivedMessage) -> OnMessageEnd:
        """Observe the start of a message; the returned function is called at its end."""
        ...

    def on_attempt(self, attempt: RequestAttempt) -> None:
        """Observe a request to the Hub."""
        ...


class Observers:
    """The registered observers.

    Attributes:
        registered: The observers; others may be appended before the first message.
    """

    def __init__(self) -> None:
        self.registered: list[Observer] = []

    def on_message_start(self, message: ReceivedMessage) -> list[OnMessageEnd]:
        """Notify all observers of a message's start, and return their functions for its end."""
        return [observer.on_message_start(message) for observer in self.registered]

    def on_attempt(self, attempt: RequestAttempt) -> None:
        """Notify all observers of a request to the Hub."""
        for observer in self.registered:
            observer.on_attempt(attempt)


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
        scope: Mapping[str, Any] = getattr(ctx.request, "scope", {})
        request = scope.get(REQUEST_SCOPE_KEY) or RequestState()
        token = set_current_request(request)
        try:
            if not self._observers.registered:
                return await call_next(ctx)
            return await self._observe_message(self._describe_message(ctx, request, scope), ctx, call_next)
        finally:
            reset_current_request(token)

    async def _observe_message(
        self, message: ReceivedMessage, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        started_at = time.perf_counter()
        end_callbacks = self._observers.on_message_start(message)
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
            completed = CompletedMessage(outcome, code, time.perf_counter() - started_at)
            for on_message_end in reversed(end_callbacks):
                on_message_end(completed)

    def _describe_message(
        self, ctx: ServerRequestContext[Any, Any], request: RequestState, scope: Mapping[str, Any]
    ) -> ReceivedMessage:
        headers = dict(scope.get("headers", ()))
        target = ""
        if ctx.method in _METHODS_WITH_TARGET:
            name = (ctx.params or {}).get("name")
            name = resolve_tool_name(name) if isinstance(name, str) else ""
            target = name if name in self._known_targets.get(ctx.method, ()) else OTHER
        return ReceivedMessage(
            request,
            ctx.method if ctx.method in _KNOWN_METHODS else OTHER,
            target,
            "" if ctx.request_id is None else str(ctx.request_id),
            ctx.protocol_version,
            headers.get(b"mcp-session-id", b"").decode("latin-1"),
            bool(scope),
            _select_trace_fields({name: (ctx.meta or {}).get(name) for name in _TRACE_FIELD_LIMITS}),
            _select_trace_fields(
                {name: headers.get(name.encode(), b"").decode("latin-1") for name in _TRACE_FIELD_LIMITS}
            ),
        )


_TRACE_FIELD_LIMITS = {"traceparent": 128, "tracestate": 1024, "baggage": 8192}
"""The fields of a trace context (W3C; SEP-414 for `_meta`), with the maximum length of each."""


def _select_trace_fields(fields: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value
        for name, value in fields.items()
        if isinstance(value, str) and 0 < len(value) <= _TRACE_FIELD_LIMITS[name]
    }


def _classify_result(result: HandlerResult) -> str:
    if not isinstance(result, dict):  # the SDK converts handler results to dictionaries
        return "ok"
    if result.get("isError") is True:
        return "error"
    return "asked" if result.get("resultType") == "input_required" else "ok"

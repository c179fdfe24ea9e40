"""Each message of a client gets an id while it is served, and those who watch are told how it went.

This stands in the place of the SDK's own tracing, which would cost something where nobody traces, put
whatever a client calls a tool into the names of spans, and error texts into their status.
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
from dockerhub_mcp.tools.request_context import RequestState, reset_current_request, set_current_request

logger = logging.getLogger(__name__)

REQUEST_SCOPE_KEY = "dockerhub_mcp.request"
"""Where the scope of an HTTP request has its `Request`: what is logged before a call belongs to it, too."""

OTHER = "other"
_KNOWN_METHODS = frozenset(SPEC_CLIENT_METHODS) | frozenset(SPEC_CLIENT_NOTIFICATION_METHODS)
_METHODS_WITH_TARGET = {"tools/call", "prompts/get"}


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message that begins to be served. Names that a client made up are `other`.

    Attributes:
        request: Its id, and what is noted while it is served.
        method: The method of MCP.
        target: The tool or prompt; empty where the method has none.
        message_id: What the client calls it; empty for a notification.
        protocol_version: The version of the protocol.
        session_id: The session that it belongs to; empty outside of any.
        is_http: Whether it came over HTTP.
        trace_context: The trace that the client says it is part of: `traceparent`, `tracestate`, `baggage`.
        http_trace_context: The same, of the HTTP request that brought it.
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
    """How it went.

    Attributes:
        outcome: One of `OUTCOMES`.
        error_code: The JSON-RPC error code; 0 where there is none.
        seconds: How long it took.
    """

    outcome: str
    error_code: int
    seconds: float


OUTCOMES = ("ok", "error", "asked", "refused", "fault", "cancelled")
"""Answered; with a tool's error; a person is asked first; no such call; our fault; given up."""

OnMessageEnd = Callable[[CompletedMessage], None]


class Observer(Protocol):
    """Somebody who watches. Must be quick, and must not raise."""

    def on_message_start(self, message: ReceivedMessage) -> OnMessageEnd:
        """Take note that a message begins to be served; what is returned is called at its end."""
        ...

    def on_attempt(self, attempt: RequestAttempt) -> None:
        """Take note of a request to the Hub."""
        ...


class Observers:
    """Those who watch; none at first."""

    def __init__(self) -> None:
        self.registered: list[Observer] = []

    def on_message_start(self, message: ReceivedMessage) -> list[OnMessageEnd]:
        """Tell all of them that a message begins to be served; what is returned is for its end."""
        return [observer.on_message_start(message) for observer in self.registered]

    def on_attempt(self, attempt: RequestAttempt) -> None:
        """Tell all of them about a request to the Hub."""
        for observer in self.registered:
            observer.on_attempt(attempt)


class InstrumentationMiddleware:
    """The outermost middleware of the MCP server.

    Args:
        observers: Who is told.
        known_targets: The names of tools and prompts, by the MCP method that names them.
    """

    def __init__(
        self, observers: Observers, known_targets: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self._observers, self._known_targets = observers, known_targets or {}

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Serve a message under an id of its own."""
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
        begun = time.perf_counter()
        done = self._observers.on_message_start(message)
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
            served = CompletedMessage(outcome, code, time.perf_counter() - begun)
            for each in reversed(done):
                each(served)

    def _describe_message(
        self, ctx: ServerRequestContext[Any, Any], request: RequestState, scope: Mapping[str, Any]
    ) -> ReceivedMessage:
        headers = dict(scope.get("headers", ()))
        target = ""
        if ctx.method in _METHODS_WITH_TARGET:
            name = (ctx.params or {}).get("name")
            known = self._known_targets.get(ctx.method, ())
            target = name if isinstance(name, str) and name in known else OTHER
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
"""The fields of a trace's context (W3C; SEP-414 for `_meta`), and how long each may be."""


def _select_trace_fields(fields: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value
        for name, value in fields.items()
        if isinstance(value, str) and 0 < len(value) <= _TRACE_FIELD_LIMITS[name]
    }


def _classify_result(result: HandlerResult) -> str:
    if not isinstance(result, dict):  # the SDK makes a dictionary of what a handler returns
        return "ok"
    if result.get("isError") is True:
        return "error"
    return "asked" if result.get("resultType") == "input_required" else "ok"

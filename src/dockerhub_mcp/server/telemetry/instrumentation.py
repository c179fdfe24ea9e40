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

from dockerhub_mcp.hub.transport.events import Attempt
from dockerhub_mcp.tools.request_context import Request, enter, leave

logger = logging.getLogger(__name__)

REQUEST = "dockerhub_mcp.request"
"""Where the scope of an HTTP request has its `Request`: what is logged before a call belongs to it, too."""

OTHER = "other"
_METHODS = frozenset(SPEC_CLIENT_METHODS) | frozenset(SPEC_CLIENT_NOTIFICATION_METHODS)
_NAMED = {"tools/call", "prompts/get"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that begins to be served. Names that a client made up are `other`.

    Attributes:
        request: Its id, and what is noted while it is served.
        method: The method of MCP.
        target: The tool or prompt; empty where the method has none.
        message_id: What the client calls it; empty for a notification.
        version: The version of the protocol.
        session: The session that it belongs to; empty outside of any.
        over_http: Whether it came over HTTP.
        trace: The trace that the client says it is part of: `traceparent`, `tracestate`, `baggage`.
        http_trace: The same, of the HTTP request that brought it.
    """

    request: Request
    method: str
    target: str
    message_id: str
    version: str
    session: str
    over_http: bool
    trace: Mapping[str, str]
    http_trace: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Served:
    """How it went.

    Attributes:
        outcome: One of `OUTCOMES`.
        code: The JSON-RPC error code; 0 where there is none.
        seconds: How long it took.
    """

    outcome: str
    code: int
    seconds: float


OUTCOMES = ("ok", "error", "asked", "refused", "fault", "cancelled")
"""Answered; with a tool's error; a person is asked first; no such call; our fault; given up."""

Done = Callable[[Served], None]


class Observer(Protocol):
    """Somebody who watches. Must be quick, and must not raise."""

    def begin(self, asked: Asked) -> Done:
        """Take note that a message begins to be served; what is returned is called at its end."""
        ...

    def attempted(self, attempt: Attempt) -> None:
        """Take note of a request to the Hub."""
        ...


class Observers:
    """Those who watch; none at first."""

    def __init__(self) -> None:
        self.all: list[Observer] = []

    def begin(self, asked: Asked) -> list[Done]:
        """Tell all of them that a message begins to be served; what is returned is for its end."""
        return [observer.begin(asked) for observer in self.all]

    def attempted(self, attempt: Attempt) -> None:
        """Tell all of them about a request to the Hub."""
        for observer in self.all:
            observer.attempted(attempt)


class Observing:
    """The outermost middleware of the MCP server.

    Args:
        observers: Who is told.
        known: The names of tools and prompts.
    """

    def __init__(self, observers: Observers, known: Collection[str] = ()) -> None:
        self._observers, self._known = observers, frozenset(known)

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Serve a message under an id of its own."""
        scope: Mapping[str, Any] = getattr(ctx.request, "scope", {})
        request = scope.get(REQUEST) or Request()
        token = enter(request)
        try:
            if not self._observers.all:
                return await call_next(ctx)
            return await self._watched(self._asked(ctx, request, scope), ctx, call_next)
        finally:
            leave(token)

    async def _watched(
        self, asked: Asked, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        begun = time.perf_counter()
        done = self._observers.begin(asked)
        outcome, code = "fault", 0
        try:
            result = await call_next(ctx)
            outcome = _outcome(result)
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
            served = Served(outcome, code, time.perf_counter() - begun)
            for each in reversed(done):
                each(served)

    def _asked(
        self, ctx: ServerRequestContext[Any, Any], request: Request, scope: Mapping[str, Any]
    ) -> Asked:
        headers = dict(scope.get("headers", ()))
        target = ""
        if ctx.method in _NAMED:
            name = (ctx.params or {}).get("name")
            target = name if isinstance(name, str) and name in self._known else OTHER
        return Asked(
            request,
            ctx.method if ctx.method in _METHODS else OTHER,
            target,
            "" if ctx.request_id is None else str(ctx.request_id),
            ctx.protocol_version,
            headers.get(b"mcp-session-id", b"").decode("latin-1"),
            bool(scope),
            _trace({name: (ctx.meta or {}).get(name) for name in _TRACE}),
            _trace({name: headers.get(name.encode(), b"").decode("latin-1") for name in _TRACE}),
        )


_TRACE = {"traceparent": 128, "tracestate": 1024, "baggage": 8192}
"""The fields of a trace's context (W3C; SEP-414 for `_meta`), and how long each may be."""


def _trace(found: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, str) and 0 < len(value) <= _TRACE[name]
    }


def _outcome(result: HandlerResult) -> str:
    if not isinstance(result, dict):  # the SDK makes a dictionary of what a handler returns
        return "ok"
    if result.get("isError") is True:
        return "error"
    return "asked" if result.get("resultType") == "input_required" else "ok"

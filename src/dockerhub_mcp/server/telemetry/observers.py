"""Observers of MCP messages, for logs, metrics and traces; independent of the SDK.

The messages that the SDK serves and those that are served without it are described in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, Protocol

from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.tools.access import resolve_tool_name
from dockerhub_mcp.tools.request_context import RequestState

REQUEST_SCOPE_KEY = "dockerhub_mcp.request"
"""The ASGI scope key of an HTTP request's `RequestState`; its MCP messages share the request id."""

OTHER = "other"
SKILL_METHODS = ("skills/list", "skills/get", "resources/directory/read")
"""The methods of the extension for skills."""
KNOWN_METHODS = frozenset(
    [
        *("initialize", "server/discover", "ping", "logging/setLevel", "completion/complete"),
        *("tools/list", "tools/call", "prompts/list", "prompts/get"),
        *("resources/list", "resources/templates/list", "resources/read"),
        *("resources/subscribe", "resources/unsubscribe", "subscriptions/listen"),
        *("notifications/initialized", "notifications/cancelled", "notifications/progress"),
        "notifications/roots/list_changed",
        *SKILL_METHODS,
    ]
)
"""The methods of the specification that clients send, and those of the extension for skills."""
_METHODS_WITH_TARGET = {"tools/call", "prompts/get"}
_TRACE_FIELD_LIMITS = {"traceparent": 128, "tracestate": 1024, "baggage": 8192}
"""The fields of a trace context (W3C; SEP-414 for `_meta`), with the maximum length of each."""


class ReceivedMessage(NamedTuple):
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


class CompletedMessage(NamedTuple):
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

    def start_message(self, message: ReceivedMessage, started_at: float | None = None) -> MessageObservation:
        """Notify all observers of a message's start, and return what notifies them of its end.

        Args:
            message: The message.
            started_at: The time of `time.perf_counter` when it started; now by default.
        """
        end_callbacks = [observer.on_message_start(message) for observer in self.registered]
        return MessageObservation(end_callbacks, time.perf_counter() if started_at is None else started_at)

    def on_attempt(self, attempt: RequestAttempt) -> None:
        """Notify all observers of a request to the Hub."""
        for observer in self.registered:
            observer.on_attempt(attempt)


class MessageObservation:
    """A message that is being served."""

    def __init__(self, end_callbacks: list[OnMessageEnd], started_at: float) -> None:
        self._end_callbacks, self._started_at = end_callbacks, started_at

    def complete(self, outcome: str, error_code: int = 0) -> None:
        """Notify the observers of the end of the message.

        Args:
            outcome: One of `OUTCOMES`.
            error_code: The JSON-RPC error code; 0 without an error.
        """
        completed = CompletedMessage(outcome, error_code, time.perf_counter() - self._started_at)
        for on_message_end in reversed(self._end_callbacks):
            on_message_end(completed)


def describe_message(
    request: RequestState,
    method: str,
    params: Mapping[str, Any],
    *,
    message_id: str | int | None,
    protocol_version: str,
    http_headers: Mapping[bytes, bytes] | None,
    known_targets: Mapping[str, Collection[str]],
) -> ReceivedMessage:
    """Describe a message for the observers.

    Args:
        request: The state of the request.
        method: The MCP method.
        params: The parameters.
        message_id: The client's JSON-RPC id; None for a notification.
        protocol_version: The MCP protocol version.
        http_headers: The headers of the HTTP request; None over stdio.
        known_targets: The names of tools and prompts, by the MCP method that names them.
    """
    headers, meta, target = http_headers or {}, params.get("_meta"), ""
    if method in _METHODS_WITH_TARGET:
        name = params.get("name")
        name = resolve_tool_name(name) if isinstance(name, str) else ""
        target = name if name in known_targets.get(method, ()) else OTHER
    return ReceivedMessage(
        request,
        method if method in KNOWN_METHODS else OTHER,
        target,
        "" if message_id is None else str(message_id),
        protocol_version,
        headers.get(b"mcp-session-id", b"").decode("latin-1"),
        http_headers is not None,
        _select_trace_fields(meta if isinstance(meta, dict) else {}),
        _select_trace_fields(
            {name: headers.get(name.encode(), b"").decode("latin-1") for name in _TRACE_FIELD_LIMITS}
        ),
    )


def _select_trace_fields(fields: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value
        for name, limit in _TRACE_FIELD_LIMITS.items()
        if isinstance(value := fields.get(name), str) and 0 < len(value) <= limit
    }

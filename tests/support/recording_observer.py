"""An observer that records the messages that a server serves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from dockerhub_mcp.bootstrap import stdio
from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.server.telemetry.observers import (
    CompletedMessage,
    Observers,
    OnMessageEnd,
    ReceivedMessage,
)


class Observed(NamedTuple):
    """A message that was served, without what differs between two servers: the request id and the time.

    The version of `initialize` is left out: it is what the message decides.
    """

    method: str
    target: str
    message_id: str
    protocol_version: str
    trace_context: tuple[tuple[str, str], ...]
    origin: tuple[object, ...]  # what is known of the HTTP request
    caller: str
    outcome: str
    error_code: int
    from_cache: bool


@dataclass(slots=True)
class RecordingObserver:
    """Records messages, each when it is completed.

    Attributes:
        messages: How often each message was completed.
        started: How many were started.
        request_ids: The request ids of all messages.
        attempts: How many requests were sent to the Hub.
    """

    messages: Counter[Observed] = field(default_factory=Counter)
    started: int = 0
    request_ids: list[str] = field(default_factory=list)
    attempts: int = 0

    def on_message_start(self, message: ReceivedMessage) -> OnMessageEnd:
        self.started += 1
        self.request_ids.append(message.request.id)

        def complete(completed: CompletedMessage) -> None:
            observed = Observed(
                message.method,
                message.target,
                message.message_id,
                "" if message.method == "initialize" else message.protocol_version,
                tuple(message.trace_context.items()),
                (message.is_http, message.session_id, *message.http_trace_context.items()),
                message.request.caller,
                completed.outcome,
                completed.error_code,
                message.request.served_from_cache,
            )
            self.messages[observed] += 1

        return complete

    def on_attempt(self, _: RequestAttempt) -> None:
        self.attempts += 1

    def list_completed(self, **wanted: Any) -> list[Observed]:
        """Return the completed messages with these facts."""
        return [
            message
            for message in self.messages.elements()
            if all(getattr(message, name) == value for name, value in wanted.items())
        ]


def observe_program(monkeypatch: pytest.MonkeyPatch, builder: ModuleType = stdio) -> RecordingObserver:
    """Return an observer of the messages that the program serves in this process.

    Args:
        monkeypatch: Attaches the observer.
        builder: The module that builds the program, for stdio or HTTP.
    """
    observer = RecordingObserver()

    @contextmanager
    def attach(_: Any, observers: Observers) -> Iterator[None]:
        observers.registered.append(observer)
        yield

    monkeypatch.setattr(builder, "attach_telemetry", attach)
    return observer

"""The request of a client that is being served; its id ties logs, journal, traces and errors together."""

from __future__ import annotations

import secrets
from contextvars import ContextVar, Token
from dataclasses import dataclass, field


def generate_request_id() -> str:
    """Return a fresh request id: 12 hexadecimal digits."""
    return secrets.token_hex(6)


@dataclass(slots=True)
class RequestState:
    """A request while it is served, and what is noted on the way.

    Attributes:
        id: Made here, whatever the client calls it.
        served_from_cache: Whether it was answered with what another call had read.
        pagination_error: The kind of trouble that ended a walk over pages early; empty where none did.
    """

    id: str = field(default_factory=generate_request_id)
    served_from_cache: bool = False
    pagination_error: str = ""


_current_request: ContextVar[RequestState | None] = ContextVar("request", default=None)


def set_current_request(request: RequestState) -> Token[RequestState | None]:
    """Begin to serve a request in this context; give what this returns to `leave`."""
    return _current_request.set(request)


def reset_current_request(token: Token[RequestState | None]) -> None:
    """End what `enter` began."""
    _current_request.reset(token)


def get_current_request() -> RequestState:
    """Return the request that is being served, or one that nobody looks at."""
    return _current_request.get() or RequestState("")


def get_request_id() -> str:
    """Return the id of the request that is being served; empty outside of any."""
    request = _current_request.get()
    return request.id if request else ""

"""The request of a client that is being served; its id ties logs, journal, traces and errors together."""

from __future__ import annotations

import secrets
from contextvars import ContextVar, Token
from dataclasses import dataclass, field


def new_id() -> str:
    """Return a fresh request id: 12 hexadecimal digits."""
    return secrets.token_hex(6)


@dataclass(slots=True)
class Request:
    """A request while it is served, and what is noted on the way.

    Attributes:
        id: Made here, whatever the client calls it.
        cached: Whether it was answered with what another call had read.
        cut_short: The kind of trouble that ended a walk over pages early; empty where none did.
    """

    id: str = field(default_factory=new_id)
    cached: bool = False
    cut_short: str = ""


_current: ContextVar[Request | None] = ContextVar("request", default=None)


def enter(request: Request) -> Token[Request | None]:
    """Begin to serve a request in this context; give what this returns to `leave`."""
    return _current.set(request)


def leave(token: Token[Request | None]) -> None:
    """End what `enter` began."""
    _current.reset(token)


def current() -> Request:
    """Return the request that is being served, or one that nobody looks at."""
    return _current.get() or Request("")


def request_id() -> str:
    """Return the id of the request that is being served; empty outside of any."""
    request = _current.get()
    return request.id if request else ""

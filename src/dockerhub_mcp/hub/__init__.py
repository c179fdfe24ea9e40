"""A typed, asynchronous client of the Docker Hub API.

async with Hub(Credentials.of("ada", "dckr_pat_…")) as hub:
    tag = await hub.send(GetTag(repository="redis", tag="8.2"))
    walk = await hub.walk(ListTags(repository="redis", name="alpine"), max_items=500)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dockerhub_mcp.hub.client import HUB, Hub
    from dockerhub_mcp.hub.credentials import Credentials, Kind
    from dockerhub_mcp.hub.errors import HubError
    from dockerhub_mcp.hub.limits import RateLimit
    from dockerhub_mcp.hub.method import Area, Effect, Method, Scope
    from dockerhub_mcp.hub.retry import RetryPolicy
    from dockerhub_mcp.hub.walk import Walk

__all__ = [
    "HUB",
    "Area",
    "Credentials",
    "Effect",
    "Hub",
    "HubError",
    "Kind",
    "Method",
    "RateLimit",
    "RetryPolicy",
    "Scope",
    "Walk",
]

_HOMES = {
    "HUB": "client",
    "Area": "method",
    "Credentials": "credentials",
    "Effect": "method",
    "Hub": "client",
    "HubError": "errors",
    "Kind": "credentials",
    "Method": "method",
    "RateLimit": "limits",
    "RetryPolicy": "retry",
    "Scope": "method",
    "Walk": "walk",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for: the client takes a while, and credentials alone do not need it."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found

"""A typed, asynchronous client of the Docker Hub API.

async with Hub(Credentials.of("ada", "dckr_pat_…")) as hub:
    tag = await hub.send(GetTag(repository="redis", tag="8.2"))
    walk = await hub.walk(ListTags(repository="redis", name="alpine"), max_items=500)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dockerhub_mcp.hub.api.enums import Area, CredentialKind, Effect, Scope
    from dockerhub_mcp.hub.api.method import Method
    from dockerhub_mcp.hub.auth.credentials import Credentials
    from dockerhub_mcp.hub.client import HUB_URL, Hub
    from dockerhub_mcp.hub.errors import HubError
    from dockerhub_mcp.hub.pagination import PageResult
    from dockerhub_mcp.hub.transport.rate_limit import RateLimit
    from dockerhub_mcp.hub.transport.retry import RetryPolicy

__all__ = [
    "HUB_URL",
    "Area",
    "CredentialKind",
    "Credentials",
    "Effect",
    "Hub",
    "HubError",
    "Method",
    "PageResult",
    "RateLimit",
    "RetryPolicy",
    "Scope",
]

_EXPORTS = {
    "HUB_URL": "client",
    "Area": "api.enums",
    "Credentials": "auth.credentials",
    "Effect": "api.enums",
    "Hub": "client",
    "HubError": "errors",
    "CredentialKind": "api.enums",
    "Method": "api.method",
    "RateLimit": "transport.rate_limit",
    "RetryPolicy": "transport.retry",
    "Scope": "api.enums",
    "PageResult": "pagination",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for: the client takes a while, and credentials alone do not need it."""
    if name not in _EXPORTS:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found = getattr(import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    globals()[name] = found
    return found

"""A typed, asynchronous client of the Docker Hub API.

async with Hub(Credentials.from_strings("ada", "dckr_pat_…")) as hub:
    tag = await hub.send(GetTag(repository="redis", tag="8.2"))
    tags = await hub.paginate(ListTags(repository="redis", name="alpine"), max_items=500)
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
    from dockerhub_mcp.hub.lists.pagination import PageResult
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
    "PageResult": "lists.pagination",
}


def __getattr__(name: str) -> Any:
    """Import an export on first use: the client is slow to import, and the credentials do not need it."""
    if name not in _EXPORTS:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    globals()[name] = value
    return value

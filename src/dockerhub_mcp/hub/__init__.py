"""A typed, asynchronous client of the Docker Hub API.

async with Hub(Credentials.of("ada", "dckr_pat_…")) as hub:
    tag = await hub.send(GetTag(repository="redis", tag="8.2"))
    walk = await hub.walk(ListTags(repository="redis", name="alpine"), max_items=500)
"""

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

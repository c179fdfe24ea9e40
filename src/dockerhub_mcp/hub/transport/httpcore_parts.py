"""The parts of httpcore that connections without a proxy need.

All of httpcore, with the client for threads, SOCKS, and a look-up of its own version in the files of
installed packages, takes three times as long to load. Its modules are imported one by one, and the rest of it
when something of it is asked for.
"""

from __future__ import annotations

from dockerhub_mcp.hub.deferred_modules import defer_initialization

for _package in ("httpcore2", "httpcore2._async", "truststore"):
    defer_initialization(_package)

try:
    from httpcore2._async.connection_pool import AsyncConnectionPool
    from httpcore2._backends.anyio import AnyIOBackend
    from httpcore2._backends.base import AsyncNetworkBackend, AsyncNetworkStream
    from httpcore2._models import URL, Request, Response
    from httpcore2._ssl import default_ssl_context
except ImportError:  # of a version that is divided otherwise
    from httpcore2 import (
        URL,
        AnyIOBackend,
        AsyncConnectionPool,
        AsyncNetworkBackend,
        AsyncNetworkStream,
        Request,
        Response,
        default_ssl_context,
    )

__all__ = [
    "URL",
    "AnyIOBackend",
    "AsyncConnectionPool",
    "AsyncNetworkBackend",
    "AsyncNetworkStream",
    "Request",
    "Response",
    "default_ssl_context",
]

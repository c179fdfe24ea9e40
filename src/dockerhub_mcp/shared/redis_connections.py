"""Create clients of the store, and close their connections without waiting for the store."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import chain
from typing import Any

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection, RedisSSLContext, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

SOCKET_TIMEOUT = 1.0
"""Seconds until a connection that a caller has given up is closed."""
_CLIENT_NAME = "dockerhub-mcp"


def create_client(url: str) -> Redis:
    """Return a client that is not yet connected.

    Its pool has room for more connections than commands are sent at once: those that were given up keep
    theirs for a while.
    """
    pool: Any = ConnectionPool.from_url(
        url,
        socket_timeout=SOCKET_TIMEOUT,
        socket_connect_timeout=SOCKET_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        client_name=_CLIENT_NAME,
        protocol=2,
    )
    if pool.connection_class is SSLConnection:
        pool.connection_class = _create_tls_class()
    return Redis(connection_pool=pool)


def _create_tls_class() -> type[SSLConnection]:
    """Return a class of connections with one TLS context: the certificates of each take 20 ms and 1 MiB."""
    contexts: list[RedisSSLContext] = []

    class TLSConnection(SSLConnection):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            contexts.append(self.ssl_context)
            del contexts[1:]
            self.ssl_context = contexts[0]

    return TLSConnection


def make_connection(client: Redis) -> AbstractConnection:
    """Return a connection that is not yet connected and not in the pool."""
    pool: Any = client.connection_pool
    connection: AbstractConnection = pool.make_connection()
    return connection


async def close_client(client: Redis) -> None:
    """Close all connections of a client, also those in use."""
    pool: Any = client.connection_pool
    connections = chain(pool._available_connections, pool._in_use_connections)  # noqa: SLF001 - no other way
    for connection in list(connections):
        await close_connection(connection)
    await asyncio.sleep(0)  # for the transports, which close in the next round of the event loop


async def close_connection(connection: AbstractConnection) -> None:
    """Close a connection at once: a peer that is gone never ends its side of TLS."""
    writer = connection._writer  # noqa: SLF001 - no other way
    if writer is not None:
        writer.transport.abort()
    with suppress(Exception):
        await connection.disconnect(nowait=True)

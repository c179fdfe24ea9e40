"""State in a Valkey or Redis server that several processes share.

Requires the extra `store` (redis), so it is imported only where a store is set.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from dockerhub_mcp.shared import redis_scripts as scripts
from dockerhub_mcp.shared.circuit import Circuit
from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.redis_errors import describe_redis_error
from dockerhub_mcp.shared.redis_listener import ChannelSubscriber
from dockerhub_mcp.shared.state import ChannelListener, Entry

KEY_PREFIX = "dockerhub-mcp:"
COMMAND_TIMEOUT = 0.25
"""Seconds that a caller waits for a command, the connection included."""
_SOCKET_TIMEOUT = 1.0
"""Seconds until a connection that a caller has given up is closed."""
_MAX_CONNECTIONS = 16
_CLIENT_NAME = "dockerhub-mcp"
_GENERATION_KEY = "generation"
_GENERATION_SECONDS = 24 * 3600.0  # since the last time that it was read


class RedisState:
    """Keeps values, counts, lists and channels in a Valkey or Redis server.

    Commands are not retried: whether the first one was carried out is unknown.

    Args:
        url: The server: redis://, rediss:// or unix://.
        timeout: Seconds that a caller waits for a command.
        clock: A monotonic clock, in seconds, for the time between two trials of an unavailable server.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = COMMAND_TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeout = timeout
        self._circuit = Circuit(clock=clock)
        self._pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_MAX_CONNECTIONS,
            timeout=_SOCKET_TIMEOUT,
            socket_timeout=_SOCKET_TIMEOUT,
            socket_connect_timeout=_SOCKET_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            client_name=_CLIENT_NAME,
            protocol=2,
        )
        self._redis = Redis(connection_pool=self._pool)
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def is_available(self) -> bool:
        """Whether the last command was carried out, as far as this process knows; nothing is sent."""
        return self._circuit.is_closed

    async def read(self, key: str) -> Entry | None:
        """Return the value of a key; None without one."""
        value, milliseconds = await self._run_script(scripts.READ, key)
        return None if value is None else Entry(value, milliseconds / 1000)

    async def write(self, key: str, value: bytes, *, seconds: float) -> None:
        """Set the value of a key, in place of an earlier one, for some seconds."""
        await self._execute("SET", KEY_PREFIX + key, value, "PX", _to_milliseconds(seconds))

    async def claim(self, key: str, value: bytes, *, seconds: float) -> bool:
        """Set the value of a key that has none, and return whether it had none."""
        return bool(
            await self._execute("SET", KEY_PREFIX + key, value, "NX", "PX", _to_milliseconds(seconds))
        )

    async def extend(self, key: str, value: bytes, *, seconds: float) -> bool:
        """Let a value expire some seconds from now, and return whether the key still has this value."""
        return bool(await self._run_script(scripts.EXTEND, key, value, _to_milliseconds(seconds)))

    async def delete(self, key: str, *, value: bytes | None = None) -> bool:
        """Delete a key, with `value` only if that is its value, and return whether it was deleted."""
        if value is None:
            return bool(await self._execute("DEL", KEY_PREFIX + key))
        return bool(await self._run_script(scripts.DELETE_VALUE, key, value))

    async def add_to_window(self, key: str, member: str, *, limit: int, seconds: float) -> float:
        """Add a member to a sliding window of time, unless the window holds `limit` members already.

        Returns:
            0.0 if the member was added; otherwise the seconds until the window has room for one more.
        """
        wait = await self._run_script(scripts.ADD_TO_WINDOW, key, limit, _to_microseconds(seconds), member)
        return (wait or 0) / 1_000_000

    async def remove_from_window(self, key: str, member: str) -> None:
        """Remove a member from a window."""
        await self._execute("ZREM", KEY_PREFIX + key, member)

    async def measure_window(self, key: str, *, limit: int, seconds: float) -> float:
        """Return the seconds until a window has room for one more member; 0.0 if it has room now."""
        wait = await self._run_script(scripts.MEASURE_WINDOW, key, limit, _to_microseconds(seconds))
        return (wait or 0) / 1_000_000

    async def append(self, key: str, value: bytes, *, seconds: float) -> None:
        """Add a value to the end of a list, and let the whole list expire some seconds from now."""
        await self._run_script(scripts.APPEND, key, value, _to_milliseconds(seconds))

    async def read_list(self, key: str) -> list[bytes]:
        """Return the values of a list, in the order in which they were added."""
        values: list[bytes] = await self._execute("LRANGE", KEY_PREFIX + key, 0, -1)
        return values

    async def read_generation(self) -> str:
        """Return what identifies the content of the store: another text once content may have been lost."""
        milliseconds = _to_milliseconds(_GENERATION_SECONDS)
        found: bytes = await self._run_script(
            scripts.READ_GENERATION, _GENERATION_KEY, secrets.token_hex(16), milliseconds
        )
        return found.decode()

    async def publish(self, channel: str) -> None:
        """Send a message to the listeners of a channel; when it returns, it is under way to all of them.

        It is tried even if the store was unavailable before: the listeners may have connections that work.
        """
        self._circuit.allow_trial()
        await self._execute("PUBLISH", KEY_PREFIX + channel, b"")

    async def listen(self, channel: str, listener: ChannelListener) -> None:
        """Call a listener until cancelled, and subscribe again whenever the store could not be reached."""
        subscriber = ChannelSubscriber(
            self._pool.make_connection, self.check, self._retry, lambda: self._circuit.is_closed
        )
        await subscriber.listen(KEY_PREFIX + channel, listener)

    async def check(self) -> None:
        """Raise StoreUnavailable if the store accepts no changes; at most one trial every few seconds.

        It has more time than a command, because no call waits for it and a first connection may be slow.
        """
        self._circuit.admit()
        await self._await_in_time(self._try_store(), max(self._timeout, _SOCKET_TIMEOUT))

    async def fetch_version(self) -> str:
        """Return the name and the version of the server, such as Valkey 8.1.1."""
        facts: dict[str, Any] = await self._execute("INFO", "server")
        if "valkey_version" in facts:
            return f"Valkey {facts['valkey_version']}"
        return f"Redis {facts['redis_version']}"

    async def _retry(self) -> None:
        """Check the store now, although the next trial may not be due."""
        self._circuit.allow_trial()
        await self.check()

    async def aclose(self) -> None:
        """Close the connections, once the commands under way have ended."""
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._pool.aclose()

    async def _run_script(self, script: str, key: str, *arguments: bytes | str | int) -> Any:
        return await self._execute("EVAL", script, 1, KEY_PREFIX + key, *arguments)

    async def _execute(self, *command: bytes | str | int) -> Any:
        """Carry out a command, unless the store is known to be unavailable."""
        if self._circuit.admit():
            await self._await_in_time(self._try_store(), self._timeout)
        operation = self._redis.execute_command(*command)  # type: ignore[no-untyped-call]
        return await self._await_in_time(operation, self._timeout)

    async def _try_store(self) -> None:
        if not self._circuit.is_closed:
            # Idle connections to a server that was replaced may stay silent for ever.
            await self._pool.disconnect(inuse_connections=False)
        # A change, so that a store that can only be read counts as unavailable.
        await self._redis.set(f"{KEY_PREFIX}trial", b"", px=1000)

    async def _await_in_time(self, operation: Coroutine[Any, Any, Any], seconds: float) -> Any:
        """Return the result of an operation on the store, and record whether there was one in time."""
        # The task is never cancelled, or the client might lose a connection of its pool; its timeouts end it.
        task = asyncio.create_task(operation)
        self._tasks.add(task)
        task.add_done_callback(self._end_task)
        done, _ = await asyncio.wait((task,), timeout=seconds)
        # Any error counts, because callers handle one only, and the client raises others than its own.
        error = task.exception() if done else TimeoutError()
        if error is not None:
            reason = describe_redis_error(error)
            self._circuit.record_failure(reason)
            raise StoreUnavailable(reason)
        self._circuit.record_success()
        return task.result()

    def _end_task(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as read: the caller may have given up


def _to_milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _to_microseconds(seconds: float) -> int:
    return max(1, round(seconds * 1_000_000))

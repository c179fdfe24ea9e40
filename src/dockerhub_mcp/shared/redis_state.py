"""State in a Valkey or Redis server that several processes share.

Requires the extra `store` (redis), so it is imported only where a store is set.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from redis.asyncio import Redis

from dockerhub_mcp.shared import redis_replies as replies
from dockerhub_mcp.shared import redis_scripts as scripts
from dockerhub_mcp.shared.circuit import Circuit
from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.redis_connections import (
    SOCKET_TIMEOUT,
    close_client,
    create_client,
    make_connection,
)
from dockerhub_mcp.shared.redis_errors import describe_redis_error
from dockerhub_mcp.shared.redis_listener import ChannelSubscriber
from dockerhub_mcp.shared.state import ChannelListener, Entry

T = TypeVar("T")

KEY_PREFIX = "dockerhub-mcp:"
COMMAND_TIMEOUT = 0.25
"""Seconds that a command may take, the connection included."""
_STEPS = 5
"""The parts in which that time is waited for: a pause of this process counts as one at most."""
_MAX_COMMANDS = 16
"""The most commands at once; more wait for their turn, which is not counted as time of the store."""
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
        self._url = url
        self._timeout = timeout
        self._circuit = Circuit(clock=clock)
        self._turns = asyncio.Semaphore(_MAX_COMMANDS)
        self._redis = create_client(self._url)
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def is_available(self) -> bool:
        """Whether the last command was carried out, as far as this process knows; nothing is sent."""
        return self._circuit.is_closed

    async def read(self, key: str) -> Entry | None:
        """Return the value of a key; None without one."""
        return await self._run_script(replies.to_entry, scripts.READ, key)

    async def write(self, key: str, value: bytes, *, seconds: float) -> None:
        """Set the value of a key, in place of an earlier one, for some seconds."""
        await self._execute(
            replies.check_done, "SET", KEY_PREFIX + key, value, "PX", _to_milliseconds(seconds)
        )

    async def claim(self, key: str, value: bytes, *, seconds: float) -> bool:
        """Set the value of a key that has none, and return whether it had none."""
        command = ("SET", KEY_PREFIX + key, value, "NX", "PX", _to_milliseconds(seconds))
        return await self._execute(replies.to_claim, *command)

    async def extend(self, key: str, value: bytes, *, seconds: float) -> bool:
        """Let a value expire some seconds from now, and return whether the key still has this value."""
        milliseconds = _to_milliseconds(seconds)
        return await self._run_script(replies.to_flag, scripts.EXTEND, key, value, milliseconds)

    async def delete(self, key: str, *, value: bytes | None = None) -> bool:
        """Delete a key, with `value` only if that is its value, and return whether it was deleted."""
        if value is None:
            return await self._execute(replies.to_flag, "DEL", KEY_PREFIX + key)
        return await self._run_script(replies.to_flag, scripts.DELETE_VALUE, key, value)

    async def add_to_window(self, key: str, member: str, *, limit: int, seconds: float) -> float:
        """Add a member to a sliding window of time, unless the window holds `limit` members already.

        Returns:
            0.0 if the member was added; otherwise the seconds until the window has room for one more.
        """
        arguments = (key, limit, _to_microseconds(seconds), member)
        return await self._run_script(replies.to_wait, scripts.ADD_TO_WINDOW, *arguments)

    async def remove_from_window(self, key: str, member: str) -> None:
        """Remove a member from a window."""
        await self._execute(replies.to_count, "ZREM", KEY_PREFIX + key, member)

    async def measure_window(self, key: str, *, limit: int, seconds: float) -> float:
        """Return the seconds until a window has room for one more member; 0.0 if it has room now."""
        arguments = (key, limit, _to_microseconds(seconds))
        return await self._run_script(replies.to_wait, scripts.MEASURE_WINDOW, *arguments)

    async def append(self, key: str, value: bytes, *, position: int, seconds: float) -> bool:
        """Add a value to the end of a list of `position` values, and return whether it has as many.

        The whole list expires some seconds from now.
        """
        arguments = (key, value, _to_milliseconds(seconds), position)
        return await self._run_script(replies.to_flag, scripts.APPEND, *arguments)

    async def read_list(self, key: str) -> list[bytes]:
        """Return the values of a list, in the order in which they were added."""
        return await self._execute(replies.to_list, "LRANGE", KEY_PREFIX + key, 0, -1)

    async def read_generation(self) -> str:
        """Return what identifies the content of the store: another text once content may have been lost."""
        arguments = (_GENERATION_KEY, secrets.token_hex(16), _to_milliseconds(_GENERATION_SECONDS))
        return await self._run_script(replies.to_generation, scripts.READ_GENERATION, *arguments)

    async def publish(self, channel: str) -> None:
        """Send a message to the listeners of a channel; when it returns, it is under way to all of them.

        It is tried even if the store was unavailable before: the listeners may have connections that work.
        """
        self._circuit.allow_trial()
        await self._execute(replies.to_count, "PUBLISH", KEY_PREFIX + channel, b"")

    async def listen(self, channel: str, listener: ChannelListener) -> None:
        """Call a listener until cancelled, and subscribe again whenever the store could not be reached."""
        subscriber = ChannelSubscriber(
            lambda: make_connection(self._redis), self.check, self._retry, lambda: self._circuit.is_closed
        )
        await subscriber.listen(KEY_PREFIX + channel, listener)

    async def check(self) -> None:
        """Raise StoreUnavailable if the store accepts no changes; at most one trial every few seconds.

        It has more time than a command, because no call waits for it and a first connection may be slow.
        """
        self._admit()
        await self._await_in_time(self._start(self._try_store()), max(self._timeout, SOCKET_TIMEOUT))

    async def fetch_version(self) -> str:
        """Return the name and the version of the server, such as Valkey 8.1.1."""
        return await self._execute(replies.to_version, "INFO", "server")

    async def _retry(self) -> None:
        """Check the store now, although the next trial may not be due."""
        self._circuit.allow_trial()
        await self.check()

    async def aclose(self) -> None:
        """Close the connections, once the commands under way have ended, or after a second."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=SOCKET_TIMEOUT)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await close_client(self._redis)

    async def _run_script(
        self, convert: Callable[[Any], T], script: str, key: str, *arguments: bytes | str | int
    ) -> T:
        return await self._execute(convert, "EVAL", script, 1, KEY_PREFIX + key, *arguments)

    async def _execute(self, convert: Callable[[Any], T], *command: bytes | str | int) -> T:
        """Carry out a command in its turn, unless the store is known to be unavailable by then."""
        await self._turns.acquire()
        task: asyncio.Task[T] | None = None
        given_up: asyncio.Task[T] | None = None
        try:
            if self._admit():
                await self._await_in_time(self._start(self._try_store()), self._timeout)
            task = self._start(self._send(convert, *command))
            return await self._await_in_time(task, self._timeout)
        except asyncio.CancelledError:
            given_up = task
            raise
        finally:
            if given_up is None:
                self._turns.release()
            else:  # its connection is in use until it ends
                given_up.add_done_callback(lambda _: self._turns.release())

    def _admit(self) -> bool:
        """Let a command pass or refuse it, and return whether it is a trial, with new connections."""
        is_trial = self._circuit.admit()
        if is_trial:
            # Connections to a server that was replaced may stay silent for ever, also while they are closed.
            self._start(_retire_client(self._redis))
            self._redis = create_client(self._url)
        return is_trial

    async def _send(self, convert: Callable[[Any], T], *command: bytes | str | int) -> T:
        """Send a command, and return its reply, converted."""
        return convert(await self._redis.execute_command(*command))  # type: ignore[no-untyped-call]

    async def _try_store(self) -> None:
        # A change, so that a store that can only be read counts as unavailable, by a script, which most
        # commands are.
        await self._send(replies.check_done, "EVAL", scripts.TRY, 1, f"{KEY_PREFIX}trial")

    async def _await_in_time(self, task: asyncio.Task[T], seconds: float) -> T:
        """Return the result of a task that was just started, and record whether there was one in time."""
        client = self._redis
        # It is not cancelled, or the client might lose a connection of its pool; its timeouts end it.
        for _ in range(_STEPS):
            done, _ = await asyncio.wait((task,), timeout=seconds / _STEPS)
            if done:
                break
        # Any error counts, because callers handle one only, and the client raises others than its own.
        error = task.exception() if task.done() and not task.cancelled() else TimeoutError()
        is_current = client is self._redis  # else a trial has replaced its connection
        if error is not None:
            reason = describe_redis_error(error)
            if is_current:
                self._circuit.record_failure(reason)
            raise StoreUnavailable(reason)
        if is_current:
            self._circuit.record_success()
        return task.result()

    def _start(self, operation: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run an operation in a task that `aclose` waits for."""
        task = asyncio.create_task(operation)
        self._tasks.add(task)
        task.add_done_callback(self._end_task)
        return task

    def _end_task(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as read: the caller may have given up


async def _retire_client(client: Redis) -> None:
    """Close a client that was replaced, after the time that commands under way may take."""
    try:
        await asyncio.sleep(SOCKET_TIMEOUT)
    finally:
        await close_client(client)


def _to_milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _to_microseconds(seconds: float) -> int:
    return max(1, round(seconds * 1_000_000))

"""Listen to a channel of the store on a connection of its own, which is checked while nothing arrives."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import InvalidResponse

from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.redis_connections import close_connection
from dockerhub_mcp.shared.redis_errors import describe_redis_error
from dockerhub_mcp.shared.state import ChannelListener

logger = logging.getLogger(__name__)

_PING_INTERVAL = 0.4  # seconds without a message
_MAX_SILENCES = 3  # intervals without a message or an answer, until the connection counts as lost
_REFUSALS_TO_REPORT = 2  # the first may be older than the check, which finds that an outage is over
_FIRST_DELAY, _MAX_DELAY = 0.1, 2.0  # seconds between attempts to subscribe


class ChannelSubscriber:
    """Subscribes to channels, again and again.

    Args:
        make_connection: Makes a connection, not yet connected.
        check_store: Tries whether the store carries out commands. It raises StoreUnavailable if it does not,
            or if it is not yet time to try again.
        retry_store: The same, at once.
        is_available: Tells whether the last command was carried out.
    """

    def __init__(
        self,
        make_connection: Callable[[], AbstractConnection],
        check_store: Callable[[], Awaitable[None]],
        retry_store: Callable[[], Awaitable[None]],
        is_available: Callable[[], bool],
    ) -> None:
        self._make_connection = make_connection
        self._check_store = check_store
        self._retry_store = retry_store
        self._is_available = is_available

    async def listen(self, channel: str, listener: ChannelListener) -> None:
        """Call a listener until cancelled."""
        clock = asyncio.get_running_loop().time
        delay = 0.0
        refusals = 0  # in a row, by a store that carries out commands
        while True:
            _raise_if_cancelled()
            await asyncio.sleep(delay * random.uniform(0.5, 1))  # noqa: S311 - keeps replicas apart
            connection = self._make_connection()
            is_subscribed, subscribed_at = False, 0.0
            try:
                await _subscribe(connection, channel)
                is_subscribed, subscribed_at = True, clock()
                listener.on_subscribed()
                if not self._is_available():
                    await _run_check(self._retry_store)
                await self._read_messages(connection, listener)
            except Exception as error:  # noqa: BLE001 - listeners must learn of any loss
                reason = describe_redis_error(error)
            finally:
                await close_connection(connection)
            if is_subscribed:
                listener.on_lost()
                if clock() - subscribed_at > _MAX_DELAY:
                    delay, refusals = 0.0, 0
                    continue
            # Also where each subscription ends soon, such as with a proxy that does not support them.
            delay = min(_MAX_DELAY, max(_FIRST_DELAY, delay * 2))
            await _run_check(self._check_store)
            refusals = refusals + 1 if self._is_available() else 0
            if refusals == _REFUSALS_TO_REPORT:
                # Without commands either, the log has the reason already.
                logger.warning("results are not cached, as changes at other replicas are missed: %s", reason)

    async def _read_messages(self, connection: AbstractConnection, listener: ChannelListener) -> None:
        """Report messages until the connection is lost.

        Raises:
            Exception: The connection was closed, or the store has been silent for too long.
        """
        silences = 0
        while True:
            _raise_if_cancelled()
            response = await connection.read_response(timeout=_PING_INTERVAL)
            if response is not None:
                silences = 0
                if response[0] == b"message":
                    listener.on_message()
                continue
            silences += 1
            if silences == _MAX_SILENCES:
                raise TimeoutError
            await connection.send_command("PING")
            if not self._is_available():
                await _run_check(self._check_store)


def _raise_if_cancelled() -> None:
    """Raise CancelledError if this task was cancelled: the client may have suppressed it.

    It writes with `asyncio.wait_for`. Up to Python 3.11, that returns a result which arrives together with a
    cancellation.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _run_check(check: Callable[[], Awaitable[None]]) -> None:
    """Let an outage, or its end, be noticed while the server sends no commands."""
    with suppress(StoreUnavailable):
        await check()


async def _subscribe(connection: AbstractConnection, channel: str) -> None:
    await connection.connect()  # type: ignore[no-untyped-call]
    await connection.send_command("SUBSCRIBE", channel)
    response = await connection.read_response()
    if response != [b"subscribe", channel.encode(), 1]:
        raise InvalidResponse

"""A listener ends when it is cancelled, although the client may suppress a cancellation."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, cast

import pytest
from redis.asyncio.connection import AbstractConnection

from dockerhub_mcp.shared.redis_listener import ChannelSubscriber
from tests.support.channel_listeners import RecordingListener


class SuppressingConnection:
    """A connection that suppresses a cancellation while it writes, as `asyncio.wait_for` may up to Python 3.11."""

    _writer = None

    def __init__(self, suppressed_command: str) -> None:
        self._suppressed_command = suppressed_command
        self.is_writing = asyncio.Event()

    async def connect(self) -> None:
        pass

    async def send_command(self, *command: str) -> None:
        if command[0] == self._suppressed_command:
            self.is_writing.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    async def read_response(self, timeout: float | None = None) -> Any:  # noqa: ASYNC109 - as the client's
        if timeout is None:
            return [b"subscribe", b"changes", 1]
        await asyncio.sleep(timeout)
        return None

    async def disconnect(self, *, nowait: bool) -> None:
        pass


@pytest.mark.parametrize("command", ["SUBSCRIBE", "PING"])
async def test_a_suppressed_cancellation_ends_the_listener(command: str) -> None:
    connection = SuppressingConnection(command)

    async def check() -> None:
        pass

    subscriber = ChannelSubscriber(
        lambda: cast("AbstractConnection", connection), check, check, is_available=lambda: True
    )
    listening = asyncio.create_task(subscriber.listen("changes", RecordingListener()))
    await connection.is_writing.wait()
    listening.cancel()
    done, _ = await asyncio.wait((listening,), timeout=10)
    assert done
    assert listening.cancelled()

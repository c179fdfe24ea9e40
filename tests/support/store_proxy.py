"""A proxy before a store, which delays, changes or loses what the store replies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from dockerhub_mcp.shared.redis_state import RedisState
from tests.support.fixture_types import Clock

PATIENT = 30.0
"""Seconds for commands on a busy machine, where a test is not about their time."""


class StoreProxy:
    """Relays connections to a store on 127.0.0.1.

    Attributes:
        port: The port that clients connect to.
        change: Returns what is sent in place of a reply, which may take a while; None closes the connection.
        connections: The number of connections so far.
        open_connections: The number of those that are open now.
        is_cut: Whether the connections that are open now are silent, as after a cut of the network.
    """

    def __init__(self, store_port: int) -> None:
        self._store_port = store_port
        self.port = 0
        self.change: Callable[[bytes], Awaitable[bytes | None]] = keep
        self.connections = self.open_connections = 0
        self._cut = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Relay nothing more on the connections that there are, without closing them."""
        self._cut = self.connections

    @asynccontextmanager
    async def running(self) -> AsyncIterator[StoreProxy]:
        """Accept connections during the block."""
        async with await asyncio.start_server(self._relay, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            try:
                yield self
            finally:
                await asyncio.sleep(0.02)  # for connections that were accepted just now
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
                for _ in range(3):
                    await asyncio.sleep(0)  # for the transports, which close in a later round

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        self.open_connections += 1
        try:
            await self._copy(reader, writer, self.connections)
        except (asyncio.CancelledError, OSError):
            pass  # the end of the test
        finally:
            self.open_connections -= 1
            writer.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        store_reader, store_writer = await asyncio.open_connection("127.0.0.1", self._store_port)

        async def forward() -> None:
            while data := await reader.read(65_536):
                if number > self._cut:
                    store_writer.write(data)

        async def answer() -> None:
            while data := await store_reader.read(65_536):
                if number <= self._cut:
                    continue
                changed = await self.change(data)
                if changed is None:
                    return
                writer.write(changed)

        directions = [asyncio.create_task(forward()), asyncio.create_task(answer())]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for direction in directions:
                direction.cancel()
            await asyncio.gather(*directions, return_exceptions=True)
            store_writer.transport.abort()


async def keep(reply: bytes) -> bytes:
    """Return a reply unchanged."""
    return reply


def send(proxy: StoreProxy, reply: bytes | None) -> None:
    """Let the proxy send a reply in place of each reply of the store; None closes the connection."""

    async def change(_: bytes) -> bytes | None:
        return reply

    proxy.change = change


async def restore(proxy: StoreProxy, state: RedisState, clock: Clock) -> None:
    """Let replies pass, and check that the next trial succeeds."""
    proxy.change = keep
    clock.time += 5
    await state.write("kind:a", b"after", seconds=60)
    entry = await state.read("kind:a")
    assert entry is not None
    assert entry.value == b"after"

"""Clients that call replicas without a pause, and the outcomes of their calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from mcp import Client
from mcp.shared.exceptions import MCPError

from dockerhub_mcp.sandbox import Fault, Sandbox
from tests.support.nginx import PATIENCE
from tests.support.programs import text_of
from tests.support.replicas import TAG, Site, wait_until

CLIENTS = 6
"""The clients of a load: of each generation one at each replica."""


@dataclass(slots=True)
class Call:
    """A finished call; `error` is empty if it succeeded."""

    began: float
    ended: float
    error: str


@dataclass(slots=True)
class Load:
    """Clients that call without a pause, and the outcomes of their calls."""

    calls: list[Call] = field(default_factory=list)
    begun: int = 0
    over: bool = False

    async def run_client(self, client: Client) -> None:
        """Call until the load is over."""
        while not self.over:
            self.begun += 1
            began, error = time.time(), ""
            try:
                result = await client.call_tool("get_tag", TAG)
            except MCPError as failure:
                error = str(failure)
            else:
                error = text_of(result) if result.is_error else ""
            self.calls.append(Call(began, time.time(), error))

    @property
    def failed(self) -> list[Call]:
        """The calls that failed."""
        return [call for call in self.calls if call.error]

    async def goes_on(self, calls: int = 2 * CLIENTS) -> None:
        """Return once this many further calls have started and finished."""
        now, before = time.time(), len(self.calls)
        await wait_until(lambda: sum(call.began > now for call in self.calls[before:]) >= calls)


@asynccontextmanager
async def run_load(here: Site, sandbox: Sandbox, *, latency: float = 0.2) -> AsyncIterator[Load]:
    """Run clients of both generations, one of each at each replica, against a Hub that takes `latency` seconds."""
    sandbox.faults.rules.append(Fault(match="/tags", latency=latency))
    load = Load()
    async with AsyncExitStack() as stack:
        places = [here.replicas[number % len(here.replicas)] for number in range(CLIENTS // 2)]
        clients = [
            await stack.enter_async_context(here.client(mode, at=replica))
            for replica in places
            for mode in ("2026-07-28", "legacy")
        ]
        working = [asyncio.create_task(load.run_client(client)) for client in clients]
        try:
            await load.goes_on()
            assert here.reached() == {replica.address for replica in here.replicas}
            yield load
        finally:
            load.over = True
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*working)
    assert len(load.calls) == load.begun

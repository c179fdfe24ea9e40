"""Clients that call over HTTP, at random intervals and with random accounts."""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import httpx2 as httpx

from benchmarks.replicas.hub import name_account
from benchmarks.soak_load import CALLS, LEGACY, MODERN, TIMEOUT, Call, Caller, Minute, Tally

OWN_ACCOUNT_SHARE = 0.1
"""The share of calls that ask for the account, whose name must be that of the caller."""


class Person(Caller):
    """A client of one protocol generation, with an address of its own.

    Args:
        url: The URL of the server.
        number: Its number; even ones speak the current protocol.
        accounts: The number of accounts, of which each call uses one; 0 if calls bring none.
        pause: Mean seconds between two calls.
        tls: The TLS configuration, which all clients share.
    """

    def __init__(self, url: str, number: int, accounts: int, pause: float, tls: ssl.SSLContext) -> None:
        super().__init__(url, (MODERN, LEGACY)[number % 2], number, tls)
        self._address = f"127.0.{1 + number // 250}.{1 + number % 250}"
        self._accounts, self._pause = accounts, pause

    async def run(self, tally: Tally, stopping: asyncio.Event) -> None:
        """Make calls until `stopping` is set."""
        transport = httpx.AsyncHTTPTransport(local_address=self._address, verify=self._tls)
        async with httpx.AsyncClient(transport=transport, timeout=TIMEOUT) as http:
            await self._wait(stopping)
            while not stopping.is_set():
                account = self._choose_account(http)
                if not self._id:
                    await tally.record_call(partial(self._initialize, http))
                tool, arguments, expected = self._choose_call(account)
                params = {"name": tool, "arguments": arguments}
                await tally.record_call(partial(self._send, http, "tools/call", params, expected))
                await self._wait(stopping)

    def _choose_account(self, http: httpx.AsyncClient) -> str:
        """Give the next request a random account, and return its name; empty without accounts."""
        if not self._accounts:
            return ""
        name, secret = name_account(self._random.randrange(self._accounts))
        http.headers["authorization"] = f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"
        return name

    def _choose_call(self, account: str) -> Call:
        if account and self._random.random() < OWN_ACCOUNT_SHARE:
            return "get_current_user", {}, f"username: {account}\n"
        [make] = self._random.choices(list(CALLS), list(CALLS.values()))
        return make(self._random)

    async def _wait(self, stopping: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._random.uniform(0, 2 * self._pause)):
                await stopping.wait()
        except TimeoutError:
            pass


async def run_clients(
    people: Sequence[Person], seconds: float, sample: Callable[[], None], every: float = 1.0
) -> Tally:
    """Let clients call for a time, and return the outcomes of their calls.

    Args:
        people: The clients.
        seconds: How long they call.
        sample: Called at regular intervals, to record what the servers use.
        every: Seconds between two of these.
    """
    stopping, tally = asyncio.Event(), Tally(seconds / 60)
    tasks = [asyncio.create_task(person.run(tally, stopping)) for person in people]
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(every, left))
        sample()
    stopping.set()
    await asyncio.gather(*tasks)
    return tally


def summarize(tally: Tally, seconds: float) -> dict[str, Any]:
    """Return the number of calls, their rate, percentiles in milliseconds, and the errors."""
    durations = [each for minute in tally.minutes.values() for each in minute.durations]
    row = Minute(durations).build_row(seconds)
    del row["rss_mib"]
    return {**row, "errors": dict(tally.errors)}

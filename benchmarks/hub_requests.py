"""Measure the CPU time of one request to the Hub, from `Hub.send` to the parsed result.

`python -m benchmarks.hub_requests` sends the same call with `Hub.send` and as a bare request of the HTTP
client, over httpx and over aiohttp, to a Hub that responds from memory. The difference is what this project
adds; over httpx it may be negative, because `Hub.send` uses httpcore, its lower half. Only the time of this
process counts, and the least of several rounds, so that other programs disturb it little.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx2 as httpx

from benchmarks.programs import build_environment, start_hub
from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.methods.repository_reads import GetRepository
from dockerhub_mcp.hub.methods.tags import ListTags

Send = Callable[[], Awaitable[Any]]

REPOSITORY = GetRepository(repository="redis")
TAGS = ListTags(repository="redis", page_size=10).as_summary()  # as for a brief result
CALLS = {"one repository": REPOSITORY, "10 tags": TAGS}
IN_FLIGHT = (1, 64)


async def measure(send: Send, *, calls: int, in_flight: int) -> float:
    """Return the microseconds of CPU time for each of a number of calls."""
    remaining = iter(range(calls))

    async def send_some() -> None:
        for _ in remaining:
            await send()

    started_at = time.process_time()
    await asyncio.gather(*(send_some() for _ in range(in_flight)))
    return (time.process_time() - started_at) / calls * 1e6


async def build_senders(stack: AsyncExitStack, url: str, method: Method[Any]) -> dict[str, Send]:
    """Return the ways to send a call, by their names."""
    path = method.build_path() + "?" + "&".join(f"{k}={v}" for k, v in method.build_query().items())
    target = url + path.rstrip("?")
    senders = {"httpx2, bare": await _build_httpx_sender(stack, target)}
    senders |= await _build_hub_senders(stack, url, method, "httpx2", has_aiohttp=False)
    if bare := await _build_aiohttp_sender(stack, target):
        senders["aiohttp, bare"] = bare
        senders |= await _build_hub_senders(stack, url, method, "aiohttp", has_aiohttp=True)
    return senders


async def _build_httpx_sender(stack: AsyncExitStack, target: str) -> Send:
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, limits=limits))

    async def send() -> bytes:
        return (await client.get(target)).content

    return send


async def _build_aiohttp_sender(stack: AsyncExitStack, target: str) -> Send | None:
    try:
        import aiohttp  # noqa: PLC0415 - an optional dependency
    except ImportError:
        return None
    session = await stack.enter_async_context(aiohttp.ClientSession())

    async def send() -> bytes:
        async with session.get(target) as response:
            return await response.read()

    return send


async def _build_hub_senders(
    stack: AsyncExitStack, url: str, method: Method[Any], backend: str, *, has_aiohttp: bool
) -> dict[str, Send]:
    variables = build_environment(url)
    owner = Credentials.from_strings(variables["DOCKERHUB_USERNAME"], variables["DOCKERHUB_TOKEN"])
    senders: dict[str, Send] = {}
    for account, credentials in (("anonymous", None), ("signed in", owner)):
        hub = await stack.enter_async_context(Hub(credentials, base_url=url))
        if not has_aiohttp:
            sys.modules["aiohttp"] = None  # type: ignore[assignment]  # as installed without the extra
        await hub.send(method)  # creates the connection pool
        if not has_aiohttp:
            del sys.modules["aiohttp"]

        async def send(hub: Hub = hub) -> Any:
            return await hub.send(method)

        senders[f"{backend}, {account}"] = send
    return senders


async def run(url: str, *, rounds: int, calls: int) -> dict[str, float]:
    """Return the least microseconds of each way of sending, by name, taking turns in each round."""
    least: dict[str, float] = {}
    for title, method in CALLS.items():
        async with AsyncExitStack() as stack:
            senders = await build_senders(stack, url, method)
            for send in senders.values():
                await measure(send, calls=200, in_flight=64)
            for _ in range(rounds):
                for in_flight in IN_FLIGHT:
                    for name, send in senders.items():
                        key = f"{title}, {in_flight} in flight, {name}"
                        cost = await measure(send, calls=calls, in_flight=in_flight)
                        least[key] = min(cost, least.get(key, cost))
    return least


def format_table(least: dict[str, float]) -> str:
    """Return the costs as a table in Markdown, with the difference to the bare request."""
    lines = ["| call | in flight | client | bare µs | anonymous µs | signed in µs | added, signed in µs |"]
    lines.append("| --- | --: | --- | --: | --: | --: | --: |")
    for title in CALLS:
        for in_flight in IN_FLIGHT:
            for backend in ("httpx2", "aiohttp"):
                start = f"{title}, {in_flight} in flight, {backend}"
                costs = [least.get(f"{start}, {name}") for name in ("bare", "anonymous", "signed in")]
                if None in costs:
                    continue
                bare, anonymous, signed_in = (cost or 0 for cost in costs)
                lines.append(
                    f"| {title} | {in_flight} | {backend} | {bare:.0f} | {anonymous:.0f} | {signed_in:.0f} "
                    f"| {signed_in - bare:+.0f} |"
                )
    return "\n".join(lines)


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=256, help="calls of each kind in each round")
    parser.add_argument("--json", action="store_true", help="write all figures as JSON")
    options = parser.parse_args()
    with start_hub() as hub:
        url = f"http://127.0.0.1:{hub.wait_for_port()}"
        least = asyncio.run(run(url, rounds=options.rounds, calls=options.calls))
    sys.stdout.write((json.dumps(least, indent=2) if options.json else format_table(least)) + "\n")


if __name__ == "__main__":
    main()

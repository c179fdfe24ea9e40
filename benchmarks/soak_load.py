"""The load of the soak test: its processes, its clients, and the outcomes of their calls."""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import signal
import ssl
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx2 as httpx

from dockerhub_mcp.sandbox import Sandbox, serve

TIMEOUT = 60.0  # seconds for a response, or for a process to start or exit
RETRY_DELAY = 0.1  # seconds until a client that was refused tries again
MEAN_PAUSE = 1.0  # seconds between two calls of a client
CALLS_PER_CLIENT = 50  # after which a client disconnects and a new one connects
MIN_MINUTES = 0.5
MAX_GROWTH = 1.0  # percent per minute by which memory may grow
MODERN, LEGACY = "2026-07-28", "2025-11-25"
HUB = "from benchmarks.soak_load import serve_hub; serve_hub()"
POPULAR = ("redis:8.2", "postgres:17", "python:3.13-slim", "nginx:1.29")
REDIS = [tag.name for tag in Sandbox().state.repositories["library", "redis"].tags]
Arguments = dict[str, Any]
Call = tuple[str, Arguments, str]
"""A tool, its arguments, and a text that its result must contain."""


def _get_popular_tag(r: random.Random) -> Call:
    repository, tag = r.choice(POPULAR).split(":")
    return "get_tag", {"repository": f"{repository}:{tag}"}, f"name: {tag}\n"


def _get_redis_tag(r: random.Random) -> Call:
    tag = r.choice(REDIS)
    return "get_tag", {"repository": "redis", "tag": tag}, f"name: {tag}\n"


def _list_page(r: random.Random) -> Call:
    page = r.randint(1, 60)
    arguments = {"repository": "redis", "page": page}
    return "list_tags", arguments, f" of {len(REDIS)} items, from page {page}."


def _search_redis(r: random.Random) -> Call:
    return "search_repositories", {"query": "redis", "size": r.randint(1, 50)}, "results ("


def _list_three_pages(r: random.Random) -> Call:
    page = r.randint(1, 90)
    arguments = {"repository": "redis", "page": page, "page_size": 25, "max_items": 75}
    return "list_tags", arguments, f"75 of {len(REDIS)} items, from page {page}."


CALLS = {_get_popular_tag: 3, _get_redis_tag: 3, _list_page: 2, _search_redis: 2, _list_three_pages: 1}
"""Functions that make random calls, with their relative frequencies.

The server answers some of them from its cache, as in production; most go to the Hub. The last reads three
pages and asks for progress.
"""


def serve_hub() -> None:
    """Serve the embedded Hub without rate limits, with network latency and short-lived bearer tokens."""
    sandbox = Sandbox(anonymous_limit=None, signed_in_limit=None, token_lifetime=120)
    sandbox.faults.add(latency=0.02)

    def announce(url: str) -> None:
        sys.stderr.write(f"listens at {url}\n")

    serve(sandbox, port=0, on_ready=announce)


class Program:
    """A server process."""

    def __init__(self, folder: Path, name: str, *arguments: str, **environment: str) -> None:
        self._command = [sys.executable, *arguments]
        self._environment = {
            k: v for k, v in os.environ.items() if not k.startswith("DOCKERHUB_")
        } | environment
        self.errors = folder / name

    async def start(self, *more: str) -> str:
        """Start the process, and return its URL once it listens."""
        before = len(self.stderr)
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(  # noqa: ASYNC220, S603 - it takes no time, and is ours
                [*self._command, *more], env=self._environment, stdin=subprocess.DEVNULL, stderr=errors
            )
        async with asyncio.timeout(TIMEOUT):
            while "\n" not in (address := self.stderr[before:].partition("listens at ")[2]):
                if self.process.poll() is not None:
                    raise RuntimeError(self.stderr)
                await asyncio.sleep(0.02)
        return address.split()[0].removesuffix("/mcp")

    async def stop(self) -> int:
        """Send SIGTERM, and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, TIMEOUT)

    @property
    def stderr(self) -> str:
        """What the process has written to standard error."""
        return self.errors.read_text("utf-8") if self.errors.exists() else ""

    def read_memory(self) -> int:
        """Return the resident memory of the process in KiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(status.partition("VmRSS:")[2].split()[0])


@dataclass(slots=True)
class Minute:
    """The figures of one minute."""

    durations: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    def build_row(self, seconds: float) -> dict[str, float]:
        """Return calls, percentiles in milliseconds, and memory in MiB."""
        calls = len(self.durations)
        percentiles = statistics.quantiles(self.durations, n=100) if calls > 1 else [0.0] * 99
        row = {"calls": calls, "calls_per_s": calls / seconds}
        row |= {f"p{part}_ms": percentiles[part - 1] * 1000 for part in (50, 95, 99)}
        return row | {"rss_mib": statistics.mean(self.memory) / 1024 if self.memory else 0.0}


@dataclass(slots=True)
class Tally:
    """The outcomes of all calls.

    Attributes:
        max_minutes: The length of the test.
        started_at: When it began, on the monotonic clock.
        minutes: The figures of each minute.
        errors: Error messages, with their numbers.
        outcomes: `answered`, `refused` and `lost`, with their numbers.
        in_flight: The numbers of the calls under way.
        in_flight_at_stop: The outcomes of the calls that were under way at SIGTERM.
        is_down: Whether the server is meant to be down.
        number: The number of calls so far.
    """

    max_minutes: float = math.inf
    started_at: float = field(default_factory=time.monotonic)
    minutes: dict[int, Minute] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    in_flight: set[int] = field(default_factory=set)
    in_flight_at_stop: dict[int, str] = field(default_factory=dict)
    is_down: bool = False
    number: int = 0

    @property
    def current_minute(self) -> Minute:
        """The current minute."""
        passed = min((time.monotonic() - self.started_at) / 60, self.max_minutes)
        return self.minutes.setdefault(max(0, math.ceil(passed) - 1), Minute())

    async def record_call(self, send: Callable[[], Awaitable[str]]) -> bool:
        """Make a call, record its outcome, and return whether the server refused the connection."""
        self.number += 1
        number, began = self.number, time.monotonic()
        self.in_flight.add(number)
        outcome = "answered"
        try:
            if error := await send():
                self.errors[error] += 1
        except httpx.ConnectError as refused:
            outcome = "refused"
            if not self.is_down:
                self.errors[f"refused, though the server should listen: {refused}"] += 1
        except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
            outcome = "lost"
            self.errors[f"lost: {type(error).__name__}: {error}"] += 1
        self.in_flight.discard(number)
        self.outcomes[outcome] += 1
        if number in self.in_flight_at_stop:
            self.in_flight_at_stop[number] = outcome
        if outcome == "answered":
            self.current_minute.durations.append(time.monotonic() - began)
        return outcome == "refused"


class Caller:
    """A client of one protocol version."""

    def __init__(self, url: str, version: str, seed: int, tls: ssl.SSLContext) -> None:
        self._url, self._version, self._tls = f"{url}/mcp", version, tls
        self._random = random.Random(seed)  # noqa: S311 - not used for security
        self._id = 0

    async def run(self, tally: Tally, stopping: asyncio.Event) -> None:
        """Make calls until `stopping` is set."""
        while not stopping.is_set():
            async with httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=TIMEOUT) as http:
                await self._retry_refused(tally, stopping, partial(self._initialize, http))
                for _ in range(CALLS_PER_CLIENT):
                    if stopping.is_set():
                        return
                    [make] = self._random.choices(list(CALLS), list(CALLS.values()))
                    tool, arguments, expected = make(self._random)
                    params = {"name": tool, "arguments": arguments}
                    send = partial(self._send, http, "tools/call", params, expected)
                    await self._retry_refused(tally, stopping, send)
                    await asyncio.sleep(self._random.uniform(0, 2 * MEAN_PAUSE))

    @staticmethod
    async def _retry_refused(
        tally: Tally, stopping: asyncio.Event, send: Callable[[], Awaitable[str]]
    ) -> None:
        """Make a call, and repeat it while the server refuses connections."""
        while await tally.record_call(send) and not stopping.is_set():  # noqa: ASYNC110 - a server has no event
            await asyncio.sleep(RETRY_DELAY)

    async def _initialize(self, http: httpx.AsyncClient) -> str:
        if self._version == MODERN:
            return await self._send(http, "server/discover", {}, '"tools"')
        info = {"name": "soak", "version": "1"}
        params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": info}
        return await self._send(http, "initialize", params, LEGACY)

    async def _send(self, http: httpx.AsyncClient, method: str, params: Arguments, expected: str) -> str:
        """Send a request, and return what is wrong with the response; empty if nothing is."""
        self._id += 1
        headers = {"accept": "application/json, text/event-stream", "mcp-protocol-version": self._version}
        meta: dict[str, Any] = (
            {"progressToken": self._id} if "max_items" in params.get("arguments", {}) else {}
        )
        if self._version == MODERN:
            headers |= {"mcp-method": method} | ({"mcp-name": params["name"]} if "name" in params else {})
            prefix = "io.modelcontextprotocol"
            meta |= {f"{prefix}/protocolVersion": MODERN, f"{prefix}/clientCapabilities": {}}
        if meta:
            params = {**params, "_meta": meta}
        message = {"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}
        response = await http.post(self._url, json=message, headers=headers)
        if response.status_code != httpx.codes.OK:
            return f"HTTP {response.status_code}: {response.text[:100]}"
        reply = _parse_last_message(response)
        if reply["id"] != self._id:
            return "the response to another request"
        if "error" in reply:
            return f"JSON-RPC {reply['error']['code']}: {reply['error']['message'][:100]}"
        result = reply["result"]
        if result.get("isError"):
            return f"tool error: {result['content'][0]['text'][:100]}"
        text = result["content"][0]["text"] if "content" in result else json.dumps(result)
        return "" if expected in text else f"a wrong result: {text[:100]}"


def _parse_last_message(response: httpx.Response) -> dict[str, Any]:
    text = response.text
    if response.headers["content-type"].startswith("text/event-stream"):
        text = [line[5:] for line in text.splitlines() if line.startswith("data:") and line[5:].strip()][-1]
    message: dict[str, Any] = json.loads(text)
    return message

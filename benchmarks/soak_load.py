"""The load of the soak: the programs that run, the clients that call them, and what comes of the calls."""

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

PATIENCE = 60.0  # seconds for an answer, or for a process to start or end
AGAIN = 0.1  # seconds until a client that was refused tries again
PAUSE = 1.0  # seconds between two calls of a client, on average
STAYS_FOR = 50  # calls, after which a client leaves and another one comes
LEAST = 0.5  # minutes
FLAT = 1.0  # percent of the level that memory may grow by in a minute
MODERN, LEGACY = "2026-07-28", "2025-11-25"
HUB = "from benchmarks.soak_load import serve_hub; serve_hub()"
POPULAR = ("redis:8.2", "postgres:17", "python:3.13-slim", "nginx:1.29")
REDIS = [tag.name for tag in Sandbox().state.repositories["library", "redis"].tags]
Arguments = dict[str, Any]
Asked = tuple[str, Arguments, str]


def _popular(r: random.Random) -> Asked:
    repository, tag = r.choice(POPULAR).split(":")
    return "get_tag", {"repository": f"{repository}:{tag}"}, f"name: {tag}\n"


def _tag(r: random.Random) -> Asked:
    tag = r.choice(REDIS)
    return "get_tag", {"repository": "redis", "tag": tag}, f"name: {tag}\n"


def _page(r: random.Random) -> Asked:
    page = r.randint(1, 60)
    arguments = {"repository": "redis", "page": page}
    return "list_tags", arguments, f" of {len(REDIS)} items, from page {page}."


def _search(r: random.Random) -> Asked:
    return "search_repositories", {"query": "redis", "size": r.randint(1, 50)}, "results ("


def _walk(r: random.Random) -> Asked:
    page = r.randint(1, 90)
    arguments = {"repository": "redis", "page": page, "page_size": 25, "max_items": 75}
    return "list_tags", arguments, f"75 of {len(REDIS)} items, from page {page}."


CALLS = {_popular: 3, _tag: 3, _page: 2, _search: 2, _walk: 1}
"""The calls, each with what its result says, and how often each is made among others.

Some of it the server keeps in memory for a moment, as it does in life; most of it goes to the Hub. The last
is a walk over three pages, whose progress is asked for.
"""


def serve_hub() -> None:
    """Serve the embedded Hub without its limits: slow like one far away, with bearers that end soon."""
    sandbox = Sandbox(anonymous_limit=None, signed_in_limit=None, token_lifetime=120)
    sandbox.faults.add(latency=0.02)

    def announce(url: str) -> None:
        sys.stderr.write(f"listens at {url}\n")

    serve(sandbox, port=0, on_ready=announce)


class Program:
    """A process of ours that listens."""

    def __init__(self, folder: Path, name: str, *arguments: str, **environment: str) -> None:
        self._command = [sys.executable, *arguments]
        self._environment = {
            k: v for k, v in os.environ.items() if not k.startswith("DOCKERHUB_")
        } | environment
        self.errors = folder / name

    async def start(self, *more: str) -> str:
        """Start it, and return its URL once it listens."""
        before = len(self.said)
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(  # noqa: ASYNC220, S603 - it takes no time, and is ours
                [*self._command, *more], env=self._environment, stdin=subprocess.DEVNULL, stderr=errors
            )
        async with asyncio.timeout(PATIENCE):
            while "\n" not in (heard := self.said[before:].partition("listens at ")[2]):
                if self.process.poll() is not None:
                    raise RuntimeError(self.said)
                await asyncio.sleep(0.02)
        return heard.split()[0].removesuffix("/mcp")

    async def end(self) -> int:
        """Tell it to stop, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, PATIENCE)

    @property
    def said(self) -> str:
        """What it wrote on standard error so far."""
        return self.errors.read_text("utf-8") if self.errors.exists() else ""

    def memory(self) -> int:
        """Return the resident memory of the process and its workers in KiB."""
        pids, found = [self.process.pid], 0
        for pid in pids:
            try:
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
                status = Path(f"/proc/{pid}/status").read_text("ascii")
            except OSError:  # it ended meanwhile
                continue
            pids += [int(child) for child in children]
            found += int(status.partition("VmRSS:")[2].split()[0])
        return found


@dataclass(slots=True)
class Minute:
    """What happened in one minute."""

    took: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    def row(self, seconds: float) -> dict[str, float]:
        """Return its figures: milliseconds and MiB."""
        cuts = statistics.quantiles(self.took, n=100) if len(self.took) > 1 else [0.0] * 99
        row = {"calls": len(self.took), "calls_per_s": len(self.took) / seconds}
        row |= {f"p{part}_ms": cuts[part - 1] * 1000 for part in (50, 95, 99)}
        return row | {"rss_mib": statistics.mean(self.memory) / 1024 if self.memory else 0.0}


@dataclass(slots=True)
class Tally:
    """What became of the calls."""

    longest: float = math.inf
    began: float = field(default_factory=time.monotonic)
    minutes: dict[int, Minute] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    under_way: set[int] = field(default_factory=set)
    caught: dict[int, str] = field(default_factory=dict)
    down: bool = False
    number: int = 0

    @property
    def minute(self) -> Minute:
        """The minute that it is now."""
        passed = min((time.monotonic() - self.began) / 60, self.longest)
        return self.minutes.setdefault(max(0, math.ceil(passed) - 1), Minute())

    async def count(self, ask: Callable[[], Awaitable[str]]) -> bool:
        """Make a call and note how it ended; tells whether the server refused the connection."""
        self.number += 1
        number, began = self.number, time.monotonic()
        self.under_way.add(number)
        end = "answered"
        try:
            if error := await ask():
                self.errors[error] += 1
        except httpx.ConnectError as refused:
            end = "refused"
            if not self.down:
                self.errors[f"refused, though it should listen: {refused}"] += 1
        except (httpx.HTTPError, ValueError, LookupError, TypeError) as trouble:
            end = "lost"
            self.errors[f"lost: {type(trouble).__name__}: {trouble}"] += 1
        self.under_way.discard(number)
        self.ends[end] += 1
        if number in self.caught:
            self.caught[number] = end
        if end == "answered":
            self.minute.took.append(time.monotonic() - began)
        return end == "refused"


class Caller:
    """A client of one generation of the protocol."""

    def __init__(self, url: str, version: str, seed: int, tls: ssl.SSLContext) -> None:
        self._url, self._version, self._tls = f"{url}/mcp", version, tls
        self._random = random.Random(seed)  # noqa: S311 - it only has to be mixed
        self._id = 0

    async def work(self, tally: Tally, over: asyncio.Event) -> None:
        """Call until it is over."""
        while not over.is_set():
            async with httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=PATIENCE) as http:
                await self._insist(tally, over, partial(self._greet, http))
                for _ in range(STAYS_FOR):
                    if over.is_set():
                        return
                    [make] = self._random.choices(list(CALLS), list(CALLS.values()))
                    tool, arguments, says = make(self._random)
                    params = {"name": tool, "arguments": arguments}
                    ask = partial(self._ask, http, "tools/call", params, says)
                    await self._insist(tally, over, ask)
                    await asyncio.sleep(self._random.uniform(0, 2 * PAUSE))

    @staticmethod
    async def _insist(tally: Tally, over: asyncio.Event, ask: Callable[[], Awaitable[str]]) -> None:
        """Make a call, again and again where the server takes no connections."""
        while await tally.count(ask) and not over.is_set():  # noqa: ASYNC110 - a server is waited for
            await asyncio.sleep(AGAIN)

    async def _greet(self, http: httpx.AsyncClient) -> str:
        if self._version == MODERN:
            return await self._ask(http, "server/discover", {}, '"tools"')
        info = {"name": "soak", "version": "1"}
        params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": info}
        return await self._ask(http, "initialize", params, LEGACY)

    async def _ask(self, http: httpx.AsyncClient, method: str, params: Arguments, says: str) -> str:
        """Send a request; returns what is wrong with the answer, if anything."""
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
        answer = await http.post(self._url, json=message, headers=headers)
        if answer.status_code != httpx.codes.OK:
            return f"HTTP {answer.status_code}: {answer.text[:100]}"
        reply = _last_message(answer)
        if reply["id"] != self._id:
            return "the answer to another request"
        if "error" in reply:
            return f"JSON-RPC {reply['error']['code']}: {reply['error']['message'][:100]}"
        result = reply["result"]
        if result.get("isError"):
            return f"tool error: {result['content'][0]['text'][:100]}"
        text = result["content"][0]["text"] if "content" in result else json.dumps(result)
        return "" if says in text else f"a wrong result: {text[:100]}"


def _last_message(answer: httpx.Response) -> dict[str, Any]:
    text = answer.text
    if answer.headers["content-type"].startswith("text/event-stream"):
        text = [line[5:] for line in text.splitlines() if line.startswith("data:") and line[5:].strip()][-1]
    message: dict[str, Any] = json.loads(text)
    return message

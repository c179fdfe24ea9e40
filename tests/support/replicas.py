"""Replicas behind a real nginx with the published configuration, and a load for them."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from dockerhub_mcp.sandbox import Fault, Sandbox
from tests.support.programs import CLEAN, forked_program, text_of

NGINX = os.environ.get("DOCKERHUB_MCP_NGINX") or shutil.which("nginx", path=f"{os.defpath}:/usr/sbin") or ""
CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
LOG = (
    'log_format test escape=json \'{"at":$msec,"took":$request_time,"status":$status,'
    '"method":"$request_method","path":"$uri","replicas":"$upstream_addr"}\';\n    access_log %s test;'
)
NOBODY = 65_534
PATIENCE = 60.0  # seconds; a safety margin for a busy machine
SOON = 5.0  # seconds within which a caller must learn that a call failed
CLIENTS = 16
TAG = {"repository": "redis:8.2"}
WHOLE = ("--results", "both", "--max-result-bytes", "500000")


def free_port() -> int:
    """Return a free port below the ephemeral range, so that no other program gets it meanwhile."""
    while True:
        port = random.randint(15_000, 32_000)  # noqa: S311
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)):
                return port


class Replica:
    """A server process that can be restarted on the same port."""

    def __init__(
        self, folder: Path, sandbox: Sandbox, hub: str, *options: str, forked: bool = True, **environment: str
    ) -> None:
        self.port = free_port()
        owner = sandbox.get_identity("owner")
        account = {"DOCKERHUB_USERNAME": owner.username, "DOCKERHUB_TOKEN": owner.secret}
        self._folder, self._options, self._forked = folder, options, forked
        self._environment = CLEAN | account | {"DOCKERHUB_API_URL": hub} | environment
        self._starts = 0

    async def start(self) -> None:
        self._starts += 1
        self._errors = self._folder / f"{id(self)}-{self._starts}.err"
        arguments = ["--transport", "http", "--port", str(self.port), *self._options]
        arguments += ["--cache-ttl", "0"]  # so that every call reaches the Hub
        real = [sys.executable, "-m", "dockerhub_mcp", *arguments]
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - it takes no time
                forked_program(*arguments) if self._forked else real,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stderr=errors,
            )
        await wait_until(lambda: "listens at" in self.said or self.process.poll() is not None)
        assert "listens at" in self.said, self.said

    @property
    def said(self) -> str:
        return self._errors.read_text("utf-8")

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def end(self, number: int) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, PATIENCE)


@dataclass(frozen=True, slots=True)
class Request:
    """A request from the log of nginx, with the replicas that it tried."""

    began: float
    ended: float
    status: int
    method: str
    path: str
    tried: list[str]

    @property
    def replica(self) -> str:
        return self.tried[-1]


@dataclass(slots=True)
class Site:
    """nginx with its replicas."""

    url: str
    replicas: list[Replica]
    log: Path

    @property
    def requests(self) -> list[Request]:
        lines = [
            json.loads(line) for line in self.log.read_text("utf-8").splitlines(keepends=True) if "\n" in line
        ]
        return [
            Request(
                line["at"] - line["took"],
                line["at"],
                line["status"],
                line["method"],
                line["path"],
                line["replicas"].split(", "),
            )
            for line in lines
        ]

    def reached(self, since: float = 0.0, path: str = "/mcp") -> set[str]:
        """Return the replicas that have answered successfully since then."""
        return {r.replica for r in self.requests if r.path == path and r.began > since and r.status < 300}

    @asynccontextmanager
    async def client(self, mode: str, **options: Any) -> AsyncIterator[Client]:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
            transport = streamable_http_client(f"{self.url}/mcp", http_client=http)
            async with Client(transport, mode=mode, read_timeout_seconds=PATIENCE, **options) as client:
                yield client


async def wait_until(so: Callable[[], bool], within: float = PATIENCE) -> None:
    async with asyncio.timeout(within):
        while not so():
            await asyncio.sleep(0.02)


def accepts_connections(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def run_nginx(replicas: list[Replica]) -> Iterator[tuple[str, Path]]:
    """Run nginx with the project's configuration, as an unprivileged user.

    Addresses and paths are replaced, and a replica that failed is tried again after two seconds instead of ten.
    """
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        text = CONFIGURATION.read_text("utf-8")
        for ours, here in {
            " /tmp/": f" {folder}/",
            "listen 8080;": f"listen 127.0.0.1:{port};",
            "server replica-1:8000": f"server {replicas[0].address}",
            "server replica-2:8000": f"server {replicas[1].address}",
            "fail_timeout=10s": "fail_timeout=2s",
            "access_log /dev/stdout;": LOG % (folder / "access.log"),
        }.items():
            assert ours in text, ours
            text = text.replace(ours, here)
        (folder / "nginx.conf").write_text(text, "utf-8")
        as_whom: dict[str, Any] = {}
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            as_whom = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        command = [NGINX, "-e", "stderr", "-p", name, "-c", f"{name}/nginx.conf", "-g", "daemon off;"]
        with (folder / "errors").open("wb") as errors:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=errors, **as_whom)
        try:
            end = time.monotonic() + PATIENCE
            while not accepts_connections(port):
                assert process.poll() is None, (folder / "errors").read_text("utf-8")
                assert time.monotonic() < end
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}", folder / "access.log"
        finally:
            process.terminate()
            process.wait(PATIENCE)


@asynccontextmanager
async def run_site(
    folder: Path, sandbox: Sandbox, hub: str, *options: str, forked: bool = True, **environment: str
) -> AsyncIterator[Site]:
    """Run two replicas behind nginx.

    A forked replica outlives SIGKILL by some milliseconds; a test that counts what was lost runs real ones.
    """
    replicas = [Replica(folder, sandbox, hub, *options, forked=forked, **environment) for _ in range(2)]
    try:
        await asyncio.gather(*(replica.start() for replica in replicas))
        with run_nginx(replicas) as (url, log):
            yield Site(url, replicas, log)
    finally:
        for replica in replicas:
            replica.process.kill()
            replica.process.wait()
    for replica in replicas:
        assert "Traceback" not in replica.said


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

    async def client(self, client: Client) -> None:
        while not self.over:
            self.begun += 1
            began, error = time.time(), ""
            try:
                result = await client.call_tool("get_tag", TAG)
            except MCPError as told:
                error = str(told)
            else:
                error = text_of(result) if result.is_error else ""
            self.calls.append(Call(began, time.time(), error))

    @property
    def failed(self) -> list[Call]:
        return [call for call in self.calls if call.error]

    async def goes_on(self, calls: int = 100) -> None:
        """Return once this many further calls have started and finished."""
        now, before = time.time(), len(self.calls)
        await wait_until(lambda: sum(call.began > now for call in self.calls[before:]) >= calls)


@asynccontextmanager
async def run_load(here: Site, sandbox: Sandbox, *, latency: float = 0.2) -> AsyncIterator[Load]:
    sandbox.faults.rules.append(Fault(match="/tags", latency=latency))
    load = Load()
    async with AsyncExitStack() as stack:
        modes = ["2026-07-28", "legacy"] * (CLIENTS // 2)
        clients = [await stack.enter_async_context(here.client(mode)) for mode in modes]
        working = [asyncio.create_task(load.client(client)) for client in clients]
        try:
            await load.goes_on()
            assert len(here.reached()) == 2
            yield load
        finally:
            load.over = True
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*working)
    assert len(load.calls) == load.begun

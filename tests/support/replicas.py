"""Replicas behind a real nginx with the published configuration, with or without a store that they share."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from dockerhub_mcp.sandbox import Sandbox
from tests.support.nginx import PATIENCE, Log, Request, find_free_port, run_nginx
from tests.support.programs import CLEAN, forked_program
from tests.support.redis_servers import RedisServer
from tests.support.web_servers import NO_CERTIFICATES

REPLICAS = 3
TAG = {"repository": "redis:8.2"}
WHOLE = ("--results", "both", "--max-result-bytes", "500000")
_CALLERS_AT_ONCE = 24


class Replica:
    """A server process that can be restarted on the same port.

    Args:
        folder: Where its log is kept.
        account: The variables with its account at the Hub, and the URL of the Hub.
        options: Further options of the command line. Without `--cache-ttl`, every call reaches the Hub.
        environment: Further variables.
    """

    def __init__(
        self,
        folder: Path,
        account: dict[str, str],
        *options: str,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.port = find_free_port()
        self._folder = folder
        self._options = options if "--cache-ttl" in options else (*options, "--cache-ttl", "0")
        self.environment = CLEAN | account | (environment or {})
        self._starts = 0

    async def start(self) -> None:
        """Start the process, and return when it listens."""
        self._starts += 1
        self._errors = self._folder / f"{id(self)}-{self._starts}.err"
        arguments = ["--transport", "http", "--port", str(self.port), *self._options]
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - it takes no time
                forked_program(*arguments),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stderr=errors,
            )
        await wait_until(lambda: "listens at" in self.said or self.process.poll() is not None)
        assert "listens at" in self.said, self.said

    @property
    def said(self) -> str:
        """What the process has written to standard error since its last start."""
        return self._errors.read_text("utf-8")

    @property
    def address(self) -> str:
        """The address as in the log of nginx."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The URL with which clients reach this replica without nginx."""
        return f"http://{self.address}"

    async def end(self, number: int) -> int:
        """Send a signal, and return the exit code."""
        if number == signal.SIGKILL:
            os.kill(self._find_copy(), number)  # its launcher cannot pass this one on, and ends with it
        else:
            self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, PATIENCE)

    def _find_copy(self) -> int:
        """Return the id of the forked process, which writes to the same file as the launcher."""
        [found] = [
            number
            for number in (int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal())
            if number != self.process.pid and _read_link(f"/proc/{number}/fd/2") == str(self._errors)
        ]
        return found


def _read_link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:  # the process has ended, or is another user's
        return ""


@dataclass(slots=True)
class Site:
    """nginx with its replicas.

    Attributes:
        url: The URL of nginx.
        replicas: The replicas.
        log: The log of nginx.
        callers: Bearer tokens that nginx hashes to a replica, by the address of the replica.
    """

    url: str
    replicas: list[Replica]
    log: Log
    callers: dict[str, list[str]] = field(default_factory=dict)

    def reached(self, since: float = 0.0, path: str = "/mcp") -> set[str]:
        """Return the addresses of the replicas that have answered successfully since then."""
        return {r.replica for r in self.log.read() if r.path == path and r.began > since and r.status < 300}

    def posts(self, authorization: str = "") -> list[Request]:
        """Return the requests to the MCP endpoint so far, or only those with this header."""
        return [r for r in self.log.read() if r.path == "/mcp" and authorization in {"", r.caller}]

    async def find_caller(self, replica: Replica, number: int = 0) -> str:
        """Return a bearer token that nginx hashes to a replica; another one for each number.

        Replicas without bearer tokens ignore it.
        """
        while len(self.callers.get(replica.address, ())) <= number:
            await self._find_more_callers()
        return self.callers[replica.address][number]

    async def _find_more_callers(self) -> None:
        known = sum(map(len, self.callers.values()))
        wanted = {f"Bearer caller-{n}" for n in range(known, known + _CALLERS_AT_ONCE)}
        async with open_http() as http:
            for each in wanted:
                await http.get(f"{self.url}/readyz", headers={"authorization": each})
        found: dict[str, str] = {}

        def are_logged() -> bool:
            found.update({r.caller: r.replica for r in self.log.read() if r.path == "/readyz"})
            return found.keys() >= wanted

        await wait_until(are_logged)
        for each in sorted(wanted):
            self.callers.setdefault(found[each], []).append(each.removeprefix("Bearer "))

    @asynccontextmanager
    async def client(
        self,
        mode: str = "2026-07-28",
        *,
        at: Replica | None = None,
        direct: bool = False,
        http: httpx.AsyncClient | None = None,
        **options: Any,
    ) -> AsyncIterator[Client]:
        """Connect a client.

        Args:
            mode: The generation of the protocol.
            at: The replica to reach; by default the one that nginx chooses for the client's address.
            direct: Whether `at` is reached without nginx.
            http: The HTTP client; with it, `at` and its headers are up to the test.
            options: Further arguments of the SDK's client.
        """
        headers = {}
        if at is not None and not direct:
            headers["authorization"] = f"Bearer {await self.find_caller(at)}"
        url = at.url if at is not None and direct else self.url
        async with http or open_http(**headers) as connection:
            transport = streamable_http_client(f"{url}/mcp", http_client=connection)
            async with Client(transport, mode=mode, read_timeout_seconds=PATIENCE, **options) as client:
                yield client


def open_http(**headers: str) -> httpx.AsyncClient:
    """Return an HTTP client that sends these headers."""
    return httpx.AsyncClient(headers=headers, trust_env=False, timeout=PATIENCE, verify=NO_CERTIFICATES)


async def wait_until(so: Callable[[], bool], within: float = PATIENCE) -> None:
    """Return when a condition holds, which is checked every 20 ms."""
    async with asyncio.timeout(within):
        while not so():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def run_site(
    folder: Path,
    sandbox: Sandbox,
    hub: str,
    *options: str,
    replicas: int = REPLICAS,
    store: RedisServer | None = None,
    **environment: str,
) -> AsyncIterator[Site]:
    """Run replicas behind nginx, signed in as the owner of the sandbox.

    Args:
        folder: Where logs and keys are kept.
        sandbox: The Hub.
        hub: Its URL.
        options: Further options of all replicas.
        replicas: How many there are.
        store: What they share, besides a state key; by default nothing.
        environment: Further variables of all replicas.
    """
    account = {"DOCKERHUB_API_URL": hub} if "--identity" in options else list_variables(sandbox, hub)
    if store is not None:
        account["DOCKERHUB_MCP_STORE_URL"] = store.url
        if "--state-key-file" not in options:
            options += ("--state-key-file", str(write_state_key(folder)))
    started = [Replica(folder, account, *options, environment=environment) for _ in range(replicas)]
    try:
        await asyncio.gather(*(replica.start() for replica in started))
        with run_nginx([replica.address for replica in started]) as (url, log):
            yield Site(url, started, log)
    finally:
        for replica in started:
            replica.process.kill()
            replica.process.wait()
    for replica in started:
        assert "Traceback" not in replica.said


def list_variables(sandbox: Sandbox, hub: str) -> dict[str, str]:
    """Return the variables of a replica that is signed in as the owner."""
    owner = sandbox.get_identity("owner")
    return {
        "DOCKERHUB_API_URL": hub,
        "DOCKERHUB_USERNAME": owner.username,
        "DOCKERHUB_TOKEN": owner.secret,
    }


def write_state_key(folder: Path) -> Path:
    """Write a new key that replicas share, and return its path."""
    path = folder / "state-key"
    path.write_text(secrets.token_hex(32))
    return path

"""The measurements: a load on several replicas, and people at one server."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.programs import Program
from benchmarks.replicas.clients import Person, run_clients, summarize
from benchmarks.replicas.servers import (
    Usage,
    read_counts,
    sample_all,
    start_hub,
    start_server,
    subtract,
)
from tests.support.nginx import run_nginx
from tests.support.redis_servers import run_redis

LOAD_PAUSE, TEAM_PAUSE = 1.0, 5.0
"""Mean seconds between two calls of a client: of a program, and of a person with an agent."""


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """A load on replicas.

    Attributes:
        minutes: How long it lasts.
        clients: The number of clients, each with an address of its own.
        accounts: The Docker accounts, of which each call brings a random one.
        replicas: The number of replicas.
        has_store: Whether the replicas share a store.
    """

    minutes: float
    clients: int
    accounts: int
    replicas: int
    has_store: bool = True


def measure_load(plan: LoadPlan) -> dict[str, Any]:
    """Let clients with many accounts call replicas behind nginx, and return what was measured."""
    with ExitStack() as stack:
        hub = stack.enter_context(start_hub(plan.accounts))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        key = folder / "state-key"
        key.write_text(secrets.token_hex(32), "ascii")
        options = [
            "--identity",
            "request",
            "--state-key-file",
            str(key),
            "--forwarded-allow-ips",
            "127.0.0.1",
        ]
        environment = {}
        if plan.has_store:
            environment["DOCKERHUB_MCP_STORE_URL"] = stack.enter_context(run_redis()).url
        servers = [
            stack.enter_context(start_server(hub, *options, has_account=False, **environment))
            for _ in range(plan.replicas)
        ]
        addresses = [f"127.0.0.1:{server.wait_for_port()}" for server in servers]
        url, _ = stack.enter_context(run_nginx(addresses))
        callers = _create_people(url, plan.clients, plan.accounts)
        return asdict(plan) | _measure(hub, servers, callers, plan.minutes * 60)


def measure_team(people: int, seconds: float) -> dict[str, Any]:
    """Let people call one server, which has one account for all of them, and return what was measured."""
    with start_hub(0) as hub, start_server(hub, has_account=True) as server:
        url = f"http://127.0.0.1:{server.wait_for_port()}"
        result = _measure(hub, [server], _create_people(url, people, 0), seconds)
    return {"people": people, "seconds": seconds, **result}


def _create_people(url: str, count: int, accounts: int) -> list[Person]:
    pause, tls = LOAD_PAUSE if accounts else TEAM_PAUSE, ssl.create_default_context()
    return [Person(url, number, accounts, pause, tls) for number in range(count)]


def _measure(
    hub: str, servers: Sequence[Program], callers: Sequence[Person], seconds: float
) -> dict[str, Any]:
    usages, before = [Usage(server) for server in servers], read_counts(hub)
    tally = asyncio.run(run_clients(callers, seconds, partial(sample_all, usages)))
    result = summarize(tally, seconds) | subtract(read_counts(hub), before)
    result["servers"] = [usage.summarize() for usage in usages]
    logs = [server.read_errors().decode("utf-8", "replace") for server in servers]
    result["tracebacks"] = sum(log.count("Traceback") for log in logs)
    sys.stderr.write(f"{len(callers)} clients, {seconds:.0f} s: {result['calls']} calls\n")
    return result

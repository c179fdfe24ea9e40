"""Many clients call the server for minutes; in the middle it is told to stop, and is started again.

Shown is that no call is lost, that nothing fails, and that the server's memory stays what it is. The clients
are plain HTTP and not the SDK's: one process has to make the load of all of them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import ssl
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.soak_load import (
    FLAT,
    HUB,
    LEAST,
    LEGACY,
    MODERN,
    Caller,
    Program,
    Tally,
)
from dockerhub_mcp.sandbox import Sandbox


@dataclass(slots=True)
class Soak:
    """One run, and what came of it."""

    minutes: float
    clients: int
    workers: int
    tally: Tally = field(default_factory=Tally)
    runs: list[list[tuple[float, int]]] = field(default_factory=list)  # minutes, and KiB
    exits: list[int] = field(default_factory=list)
    tracebacks: int = 0

    async def run(self) -> None:
        """Make the load."""
        with tempfile.TemporaryDirectory() as name:
            hub = Program(Path(name), "hub", "-c", HUB)
            owner = Sandbox().get_identity("owner")
            account = {"DOCKERHUB_USERNAME": owner.username, "DOCKERHUB_TOKEN": owner.secret}
            calls = max(128, self.clients)
            options = ["--transport", "http", "--workers", str(self.workers)]
            options += ["--max-calls-per-caller", str(calls), "--max-calls", str(2 * calls)]
            url = await hub.start()
            server = Program(
                Path(name), "server", "-m", "dockerhub_mcp", *options, **account, DOCKERHUB_API_URL=url
            )
            try:
                await self._run(server)
            finally:
                for program in (server, hub):
                    if program.process.poll() is None:
                        program.process.kill()
                self.tracebacks = server.said.count("Traceback")

    async def _run(self, server: Program) -> None:
        # Below those that the system hands out, or another program might get it while nobody listens.
        port = str(random.randint(15_000, 32_000))  # noqa: S311
        url = await server.start("--port", port)
        tls, over = ssl.create_default_context(), asyncio.Event()
        self.tally = Tally(self.minutes)
        callers = [Caller(url, (MODERN, LEGACY)[seed % 2], seed, tls) for seed in range(self.clients)]
        working = [asyncio.create_task(caller.work(self.tally, over)) for caller in callers]
        await self._watch(server, self.minutes * 30)
        self.tally.down = True
        self.tally.caught = dict.fromkeys(self.tally.under_way, "")
        self.exits.append(await server.end())
        await server.start("--port", port)
        self.tally.down = False
        await self._watch(server, self.tally.began + self.minutes * 60 - time.monotonic())
        over.set()
        await asyncio.gather(*working)
        self.exits.append(await server.end())

    async def _watch(self, server: Program, seconds: float) -> None:
        """Note the server's memory each second."""
        self.runs.append([])
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(1)
            memory = server.memory()
            self.tally.minute.memory.append(memory)
            self.runs[-1].append(((time.monotonic() - self.tally.began) / 60, memory))

    def growth(self) -> list[tuple[float, float]]:
        """Return for the second half of each of the server's runs KiB, and percent of the level, a minute."""
        found = []
        for samples in self.runs:
            times, levels = zip(*samples[len(samples) // 2 :], strict=True)
            slope = statistics.linear_regression(times, levels).slope
            found.append((slope, 100 * slope / statistics.mean(levels)))
        return found

    def result(self) -> dict[str, Any]:
        """Return everything that is to be told."""
        tally, growth = self.tally, self.growth()
        caught = Counter(tally.caught.values())
        lost = tally.ends["lost"] + caught[""]
        flat = all(percent <= FLAT for _, percent in growth)
        good = not tally.errors and not lost and not self.tracebacks and flat and set(self.exits) == {0}
        seconds = {number: 60 * min(1, self.minutes - number) for number in tally.minutes}
        return {
            "date": datetime.now(UTC).date().isoformat(),
            "cpu": f"{os.cpu_count()} x {_cpu()}",
            "python": sys.version.split()[0],
            "clients": self.clients,
            "workers": self.workers,
            "minutes": {n + 1: minute.row(seconds[n]) for n, minute in sorted(tally.minutes.items())},
            "calls": dict(tally.ends),
            "at_sigterm": dict(caught),
            "errors": dict(tally.errors),
            "lost": lost,
            "tracebacks": self.tracebacks,
            "exits": self.exits,
            "growth": [{"kib_per_min": slope, "percent_per_min": percent} for slope, percent in growth],
            "memory": self.runs,
            "good": good,
        }


def as_markdown(result: dict[str, Any]) -> str:
    """Return a table and a verdict."""
    names = ("calls", "calls_per_s", "p50_ms", "p95_ms", "p99_ms", "rss_mib")
    lines = ["| minute | calls | calls/s | p50 ms | p95 ms | p99 ms | RSS MiB |", "|--:" * 7 + "|"]
    for number, row in result["minutes"].items():
        cells = [f"{row[name]:.0f}" if name != "rss_mib" else f"{row[name]:.1f}" for name in names]
        lines.append("| " + " | ".join([str(number), *cells]) + " |")
    slopes = [(each["kib_per_min"], each["percent_per_min"]) for each in result["growth"]]
    growth = ", ".join(f"{kib:+.0f} KiB/min ({percent:+.2f} %)" for kib, percent in slopes)
    counts = f"errors {sum(result['errors'].values())}, lost calls {result['lost']}"
    verdict = (
        f"{'GOOD' if result['good'] else 'BAD'}: {counts}, tracebacks {result['tracebacks']}; "
        f"memory in the second half of each run: {growth}"
    )
    where = f"{result['date']}, {result['cpu']}, Python {result['python']}"
    ends = f"all calls: {_listed(result['calls'])}; under way at SIGTERM: {_listed(result['at_sigterm'])}"
    told = [
        f"{result['clients']} clients, {result['workers']} worker(s); {where}",
        f"{ends}; exit codes {result['exits']}",
        *(f"error, {times} times: {error}" for error, times in Counter(result["errors"]).most_common(10)),
        verdict,
    ]
    return "\n".join([*lines, "", *told, ""])


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{times} {what}" for what, times in counts.items()) or "none"


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "CPU")


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there, too")
    options = parser.parse_args()
    if options.minutes < LEAST:
        parser.error(f"--minutes must be {LEAST} or more, for the slope of the memory")
    soak = Soak(options.minutes, options.clients, options.workers)
    asyncio.run(soak.run())
    result = soak.result()
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    sys.stdout.write(as_markdown(result))
    return 0 if result["good"] else 1


if __name__ == "__main__":
    sys.exit(main())

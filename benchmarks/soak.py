"""Soak test: many clients call the server for minutes, and halfway through it is stopped and started again.

It shows that no call is lost, that nothing fails, and that the server's memory does not grow. The clients
speak plain HTTP instead of using the SDK, because one process has to generate the load of all of them.
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
    HUB,
    LEGACY,
    MAX_GROWTH,
    MIN_MINUTES,
    MODERN,
    Caller,
    Program,
    Tally,
)
from dockerhub_mcp.sandbox import Sandbox


@dataclass(slots=True)
class Soak:
    """One run and its results."""

    minutes: float
    clients: int
    tally: Tally = field(default_factory=Tally)
    runs: list[list[tuple[float, int]]] = field(default_factory=list)  # minutes and KiB
    exits: list[int] = field(default_factory=list)
    tracebacks: int = 0

    async def run(self) -> None:
        """Start the Hub and the server, and generate the load."""
        with tempfile.TemporaryDirectory() as name:
            hub = Program(Path(name), "hub", "-c", HUB)
            owner = Sandbox().get_identity("owner")
            account = {"DOCKERHUB_USERNAME": owner.username, "DOCKERHUB_TOKEN": owner.secret}
            calls = max(128, self.clients)
            options = ["--transport", "http"]
            options += ["--max-calls-per-caller", str(calls), "--max-calls", str(2 * calls)]
            url = await hub.start()
            server = Program(
                Path(name), "server", "-m", "dockerhub_mcp", *options, **account, DOCKERHUB_API_URL=url
            )
            try:
                await self._run_load(server)
            finally:
                for program in (server, hub):
                    if program.process.poll() is None:
                        program.process.kill()
                self.tracebacks = server.stderr.count("Traceback")

    async def _run_load(self, server: Program) -> None:
        # Below the ephemeral range, or another program might get the port while the server is down.
        port = str(random.randint(15_000, 32_000))  # noqa: S311
        url = await server.start("--port", port)
        tls, stopping = ssl.create_default_context(), asyncio.Event()
        self.tally = Tally(self.minutes)
        callers = [Caller(url, (MODERN, LEGACY)[seed % 2], seed, tls) for seed in range(self.clients)]
        tasks = [asyncio.create_task(caller.run(self.tally, stopping)) for caller in callers]
        await self._record_memory(server, self.minutes * 30)
        self.tally.is_down = True
        self.tally.in_flight_at_stop = dict.fromkeys(self.tally.in_flight, "")
        self.exits.append(await server.stop())
        await server.start("--port", port)
        self.tally.is_down = False
        await self._record_memory(server, self.tally.started_at + self.minutes * 60 - time.monotonic())
        stopping.set()
        await asyncio.gather(*tasks)
        self.exits.append(await server.stop())

    async def _record_memory(self, server: Program, seconds: float) -> None:
        """Record the server's memory each second."""
        self.runs.append([])
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(1)
            memory = server.read_memory()
            self.tally.current_minute.memory.append(memory)
            self.runs[-1].append(((time.monotonic() - self.tally.started_at) / 60, memory))

    def memory_growth(self) -> list[tuple[float, float]]:
        """Return the memory growth per minute in the second half of each run, in KiB and in percent."""
        found = []
        for samples in self.runs:
            times, levels = zip(*samples[len(samples) // 2 :], strict=True)
            slope = statistics.linear_regression(times, levels).slope
            found.append((slope, 100 * slope / statistics.mean(levels)))
        return found

    def build_result(self) -> dict[str, Any]:
        """Return the figures as JSON data."""
        tally, growth = self.tally, self.memory_growth()
        at_stop = Counter(tally.in_flight_at_stop.values())
        lost = tally.outcomes["lost"] + at_stop[""]
        is_flat = all(percent <= MAX_GROWTH for _, percent in growth)
        good = not tally.errors and not lost and not self.tracebacks and is_flat and set(self.exits) == {0}
        seconds = {number: 60 * min(1, self.minutes - number) for number in tally.minutes}
        return {
            "date": datetime.now(UTC).date().isoformat(),
            "cpu": f"{os.cpu_count()} x {_read_cpu_model()}",
            "python": sys.version.split()[0],
            "clients": self.clients,
            "minutes": {n + 1: minute.build_row(seconds[n]) for n, minute in sorted(tally.minutes.items())},
            "calls": dict(tally.outcomes),
            "at_sigterm": dict(at_stop),
            "errors": dict(tally.errors),
            "lost": lost,
            "tracebacks": self.tracebacks,
            "exits": self.exits,
            "growth": [{"kib_per_min": slope, "percent_per_min": percent} for slope, percent in growth],
            "memory": self.runs,
            "good": good,
        }


def render_markdown(result: dict[str, Any]) -> str:
    """Return the figures as a table with a verdict."""
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
    outcomes, at_sigterm = _format_counts(result["calls"]), _format_counts(result["at_sigterm"])
    ends = f"all calls: {outcomes}; under way at SIGTERM: {at_sigterm}"
    footer = [
        f"{result['clients']} clients; {where}",
        f"{ends}; exit codes {result['exits']}",
        *(f"error, {times} times: {error}" for error, times in Counter(result["errors"]).most_common(10)),
        verdict,
    ]
    return "\n".join([*lines, "", *footer, ""])


def _format_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{times} {what}" for what, times in counts.items()) or "none"


def _read_cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "CPU")


def main() -> int:
    """Run the soak test from the command line, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to this file")
    options = parser.parse_args()
    if options.minutes < MIN_MINUTES:
        parser.error(f"--minutes must be at least {MIN_MINUTES}, to compute the growth of memory")
    soak = Soak(options.minutes, options.clients)
    asyncio.run(soak.run())
    result = soak.build_result()
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    sys.stdout.write(render_markdown(result))
    return 0 if result["good"] else 1


if __name__ == "__main__":
    sys.exit(main())

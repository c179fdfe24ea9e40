"""Compare the speed and memory of this server with a minimal SDK server: `python -m benchmarks`.

The servers take turns within one run, so that other load on the machine affects all of them; the ratios are
what counts. Every response is checked, and a wrong one aborts the run.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import page, summary
from benchmarks.measure import GOAL_TAGS, LATENCY, MEASURES, Bench
from benchmarks.programs import Subject, start_hub
from benchmarks.wire import Question, build_call

ROUNDS = 5
_QUICK: dict[str, Any] = {
    "seconds": 0.6,
    "calls": 20,
    "identities": (1, 100),
    "list_lengths": (100, 1000, GOAL_TAGS),
}


def run_measurements(
    rounds: int,
    measures: Sequence[str],
    *,
    quick: bool = False,
    peer: tuple[Subject, Callable[[str], Question]] | None = None,
) -> dict[str, Any]:
    """Take the measurements, and return the figures with the conditions."""
    with ExitStack() as stack:
        fast, slow = (stack.enter_context(start_hub(latency)) for latency in (0.0, LATENCY))
        address, slow_address = (f"http://127.0.0.1:{each.wait_for_port()}" for each in (fast, slow))
        bench = Bench(address, slow_address, fast.wait_for_port(), peer=peer, **(_QUICK if quick else {}))
        before = _read_cpu_times()
        for bench.round in range(rounds):
            for name in measures:
                started_at = time.monotonic()
                MEASURES[name](bench)
                seconds = time.monotonic() - started_at
                sys.stderr.write(f"round {bench.round + 1} of {rounds}: {name}, {seconds:.0f} s\n")
    others, seconds = (after - then for after, then in zip(_read_cpu_times(), before, strict=True))
    cores = os.cpu_count() or 1
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cpu": _read_cpu_model(),
        "cores": cores,
        "python": sys.version.split()[0],
        "rounds": rounds,
        "others": max(0.0, 100 * others / (seconds * cores)),
        "figures": bench.figures,
    }


def _read_cpu_times() -> tuple[float, float]:
    """Return the CPU seconds used by other processes so far, and the current time."""
    words = Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:]
    times = [int(word) / os.sysconf("SC_CLK_TCK") for word in words]
    idle = times[3] + times[4]
    return sum(times[:8]) - idle - sum(os.times()[:4]), time.monotonic()


def _read_cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "CPU")


def _parse_peer(options: argparse.Namespace) -> tuple[Subject, Callable[[str], Question]] | None:
    if not options.peer:
        return None
    arguments: dict[str, Any] = json.loads(options.peer_arguments)

    def build_request(generation: str) -> Question:
        return build_call(options.peer_tool, arguments, options.peer_says, generation)

    return Subject("peer", tuple(shlex.split(options.peer))), build_request


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and show or write the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, help=f"rounds of all measurements, {ROUNDS} by default")
    parser.add_argument("--quick", action="store_true", help="one short round, in about a minute")
    parser.add_argument(
        "--only", default=",".join(MEASURES), metavar="A,B", help=f"only these of: {', '.join(MEASURES)}"
    )
    parser.add_argument(
        "--peer",
        metavar="COMMAND",
        help="another stdio server to compare with; {hub} is replaced by the URL of the Hub",
    )
    parser.add_argument("--peer-tool", metavar="NAME", help="the peer's tool that reads a repository")
    parser.add_argument("--peer-arguments", metavar="JSON", default="{}", help="the arguments of that tool")
    parser.add_argument(
        "--peer-says", metavar="TEXT", default="redis", help="a text that its result must contain"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to this file")
    parser.add_argument(
        "--read", type=Path, metavar="FILE", help="measure nothing; show the figures that --json wrote"
    )
    parser.add_argument(
        "--write", action="store_true", help="write the tables into benchmarks/README.md and README.md"
    )
    options = parser.parse_args(arguments)
    measures = options.only.split(",")
    if unknown := set(measures) - set(MEASURES):
        parser.error(f"--only: unknown: {', '.join(sorted(unknown))}")
    if options.peer and not options.peer_tool:
        parser.error("--peer needs --peer-tool")
    if options.read:
        result = json.loads(options.read.read_text("utf-8"))
    else:
        rounds = options.rounds or (1 if options.quick else ROUNDS)
        result = run_measurements(rounds, measures, quick=options.quick, peer=_parse_peer(options))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    if options.write:
        page.write_page(result)
        summary.write_summary(result)
    sys.stdout.write(page.render_result(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())

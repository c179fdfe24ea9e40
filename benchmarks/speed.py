"""How fast this server is, beside the least server that the SDK makes possible: `python -m benchmarks`.

Those who are compared take turns within one run, so that what else the machine does meets all of them; what
counts are the ratios. Every answer is looked at: a wrong one ends the run.
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
from benchmarks.measure import LATENCY, MEASURES, WALKED, Bench
from benchmarks.programs import Subject, hub
from benchmarks.wire import Question, called

ROUNDS = 5
_QUICK: dict[str, Any] = {"seconds": 0.6, "calls": 20, "identities": (1, 100), "walks": (100, 1000, WALKED)}


def run(
    rounds: int,
    measures: Sequence[str],
    *,
    quick: bool = False,
    peer: tuple[Subject, Callable[[str], Question]] | None = None,
) -> dict[str, Any]:
    """Measure, and return everything that is to be told."""
    with ExitStack() as stack:
        fast, slow = (stack.enter_context(hub(latency)) for latency in (0.0, LATENCY))
        address, slow_address = (f"http://127.0.0.1:{each.port()}" for each in (fast, slow))
        bench = Bench(address, slow_address, fast.port(), peer=peer, **(_QUICK if quick else {}))
        before = _busy()
        for bench.round in range(rounds):
            for name in measures:
                began = time.monotonic()
                MEASURES[name](bench)
                passed = time.monotonic() - began
                sys.stderr.write(f"round {bench.round + 1} of {rounds}: {name}, {passed:.0f} s\n")
    others, passed = (after - then for after, then in zip(_busy(), before, strict=True))
    cores = os.cpu_count() or 1
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cpu": _cpu(),
        "cores": cores,
        "python": sys.version.split()[0],
        "rounds": rounds,
        "others": max(0.0, 100 * others / (passed * cores)),
        "figures": bench.figures,
    }


def _busy() -> tuple[float, float]:
    """Return the seconds that processors have worked for others, and the time."""
    words = Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:]
    times = [int(word) / os.sysconf("SC_CLK_TCK") for word in words]
    idle = times[3] + times[4]
    return sum(times[:8]) - idle - sum(os.times()[:4]), time.monotonic()


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "CPU")


def _peer(options: argparse.Namespace) -> tuple[Subject, Callable[[str], Question]] | None:
    if not options.peer:
        return None
    arguments: dict[str, Any] = json.loads(options.peer_arguments)

    def ask(generation: str) -> Question:
        return called(options.peer_tool, arguments, options.peer_says, generation)

    return Subject("peer", tuple(shlex.split(options.peer))), ask


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, help=f"how often to measure everything, by default {ROUNDS}")
    parser.add_argument("--quick", action="store_true", help="one round of less, in about a minute")
    parser.add_argument("--only", default=",".join(MEASURES), metavar="A,B", help=f"of {', '.join(MEASURES)}")
    parser.add_argument(
        "--peer",
        metavar="COMMAND",
        help="another server over stdio to stand beside; {hub} in it becomes the Hub's address",
    )
    parser.add_argument("--peer-tool", metavar="NAME", help="its tool that reads a repository")
    parser.add_argument("--peer-arguments", metavar="JSON", default="{}", help="what that is called with")
    parser.add_argument("--peer-says", metavar="TEXT", default="redis", help="what its result must hold")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep every figure there")
    parser.add_argument("--read", type=Path, metavar="FILE", help="measure nothing, tell what --json kept")
    parser.add_argument(
        "--write", action="store_true", help="keep the tables in benchmarks/README.md and README.md"
    )
    options = parser.parse_args(arguments)
    measures = options.only.split(",")
    if unknown := set(measures) - set(MEASURES):
        parser.error(f"--only: there is no {', '.join(sorted(unknown))}")
    if options.peer and not options.peer_tool:
        parser.error("--peer needs --peer-tool")
    if options.read:
        result = json.loads(options.read.read_text("utf-8"))
    else:
        rounds = options.rounds or (1 if options.quick else ROUNDS)
        result = run(rounds, measures, quick=options.quick, peer=_peer(options))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    if options.write:
        page.write(result)
        summary.write(result)
    sys.stdout.write(page.as_markdown(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())

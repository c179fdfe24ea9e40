"""Compare speed and memory with a minimal SDK server and with Docker's server: `python -m benchmarks`.

The servers take turns within one run, so that other load on the machine affects all of them; the ratios are
what counts. Every response is checked, and a wrong one aborts the run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import page, summary
from benchmarks.machine import RunConditions, run_rounds
from benchmarks.measures.all import MEASURES
from benchmarks.measures.bench import GOAL_TAGS, LATENCY, Bench
from benchmarks.peer.server import Peer, load_peer
from benchmarks.programs import compile_sources, start_hub

ROUNDS = 5
_QUICK: dict[str, Any] = {
    "seconds": 0.6,
    "calls": 20,
    "starts": 1,
    "identities": (1, 100),
    "list_lengths": (100, 1000, GOAL_TAGS),
}


def run_measurements(
    rounds: int,
    measures: Sequence[str],
    *,
    quick: bool = False,
    peer: Peer | None = None,
) -> dict[str, Any]:
    """Take the measurements, and return the figures with the conditions."""
    compile_sources()
    with ExitStack() as stack:
        fast, slow = (stack.enter_context(start_hub(latency)) for latency in (0.0, LATENCY))
        address, slow_address = (f"http://127.0.0.1:{each.wait_for_port()}" for each in (fast, slow))
        bench = Bench(address, slow_address, fast.wait_for_port(), peer=peer, **(_QUICK if quick else {}))
        conditions = RunConditions()
        run_rounds(bench, rounds, {name: MEASURES[name] for name in measures})
    return {**conditions.describe(rounds, peer.description if peer else ""), "figures": bench.figures}


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
        type=Path,
        metavar="FOLDER",
        help="compare with Docker's server too, as built there by benchmarks.peer.build",
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
    if options.read:
        result = json.loads(options.read.read_text("utf-8"))
    else:
        rounds = options.rounds or (1 if options.quick else ROUNDS)
        result = run_measurements(
            rounds,
            measures,
            quick=options.quick,
            peer=load_peer(options.peer, quick=options.quick) if options.peer else None,
        )
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    if options.write:
        page.write_page(result)
        summary.write_summary(result)
    sys.stdout.write(page.render_result(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Measure what a call costs by what it grows: `python -m benchmarks.curves`.

The servers take turns within a round. Every response is checked, and a wrong one aborts the run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.curves import page
from benchmarks.curves.cost import Run
from benchmarks.curves.measures import AXES, CURVES
from benchmarks.machine import RunConditions, run_rounds
from benchmarks.peer.server import Peer, load_peer
from benchmarks.programs import compile_sources, start_hub

ROUNDS = 3
_CALLS, _QUICK_CALLS, _QUICK_VALUES = 300, 20, 2


def run_curves(
    rounds: int, names: Sequence[str], *, quick: bool = False, peer: Peer | None = None
) -> dict[str, Any]:
    """Measure the curves, and return the points with the conditions."""
    compile_sources()
    with start_hub() as hub:
        calls, values = (_QUICK_CALLS, _QUICK_VALUES) if quick else (_CALLS, max(map(len, AXES)))
        run = Run(f"http://127.0.0.1:{hub.wait_for_port()}", calls, values, peer)
        conditions = RunConditions()
        run_rounds(run, rounds, {name: CURVES[name] for name in names})
    return {**conditions.describe(rounds, peer.description if peer else ""), "curves": run.curves}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and show or write the curves."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curves", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help=f"rounds of all curves, {ROUNDS} by default"
    )
    parser.add_argument(
        "--quick", action="store_true", help="one round with few calls and the smallest values"
    )
    parser.add_argument(
        "--only", default=",".join(CURVES), metavar="A,B", help=f"only these of: {', '.join(CURVES)}"
    )
    parser.add_argument(
        "--peer",
        type=Path,
        metavar="FOLDER",
        help="compare with Docker's server too, as built there by benchmarks.peer.build",
    )
    parser.add_argument("--write", action="store_true", help="write benchmarks/curves.md and curves.json")
    options = parser.parse_args(arguments)
    names = options.only.split(",")
    if unknown := set(names) - set(CURVES):
        parser.error(f"--only: unknown: {', '.join(sorted(unknown))}")
    peer = load_peer(options.peer, quick=options.quick) if options.peer else None
    result = run_curves(1 if options.quick else options.rounds, names, quick=options.quick, peer=peer)
    if options.write:
        page.write_page(result)
    sys.stdout.write(page.render_page(result))
    return 0

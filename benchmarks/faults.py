"""Make seeded tool calls with a fault each, and count the untrue answers: `python -m benchmarks.faults`."""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial

import anyio

from tests.support.fault_campaign.campaign import run_campaign
from tests.support.fault_campaign.catalogue import FAULTS
from tests.support.fault_campaign.registry_faults import REGISTRY_FAULTS
from tests.support.fault_campaign.report import render_report


def main() -> int:
    """Run a fault campaign and return 1 if it found anything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--calls", type=int, default=5000, help="number of calls (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the draw (default: %(default)s)")
    parser.add_argument(
        "--examples", type=int, default=1, help="examples of each kind of finding (default: %(default)s)"
    )
    parser.add_argument("--fault", default="", help="only faults whose name contains this text")
    parser.add_argument("--tool", default="", help="only tools whose name contains this text")
    parser.add_argument(
        "--registry", action="store_true", help="faults of the registry, in place of those of the Hub"
    )
    options = parser.parse_args()
    catalogue = REGISTRY_FAULTS if options.registry else FAULTS
    start = time.perf_counter()
    run = partial(run_campaign, catalogue=catalogue)
    report = anyio.run(run, options.calls, options.seed, options.fault, options.tool)
    sys.stdout.write(render_report(report, options.seed, examples=options.examples))
    sys.stdout.write(f"\n{time.perf_counter() - start:.0f} s\n")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())

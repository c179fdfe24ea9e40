"""Run a larger campaign: `python -m tests.support.fault_campaign --calls 5000 --seed 7`."""

from __future__ import annotations

import argparse
import sys

import anyio

from tests.support.fault_campaign.campaign import run_campaign
from tests.support.fault_campaign.report import render_report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.support.fault_campaign", description=__doc__)
    parser.add_argument("--calls", type=int, default=5000, help="number of calls (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=13, help="seed of the draw (default: %(default)s)")
    parser.add_argument("--examples", type=int, default=1, help="examples of each finding (default: %(default)s)")
    options = parser.parse_args()
    report = anyio.run(run_campaign, options.calls, options.seed)
    sys.stdout.write(render_report(report, options.seed, examples=options.examples))
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())

"""Measure replicas with many accounts, or a team at one server: `python -m benchmarks.replicas`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.machine import RunConditions
from benchmarks.programs import compile_sources
from benchmarks.replicas.measures import LoadPlan, measure_load, measure_team
from benchmarks.replicas.page import PAGE, RESULTS, render_page, write_results
from tests.support.nginx import NGINX
from tests.support.redis_servers import REDIS_SERVER


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 if a call failed, or a server logged a traceback."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replicas", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="of the load (default: %(default)s)")
    parser.add_argument("--clients", type=int, default=64, help="of the load (default: %(default)s)")
    parser.add_argument("--accounts", type=int, default=500, help="of the load (default: %(default)s)")
    parser.add_argument("--replicas", type=int, default=3, help="up to 3 (default: %(default)s)")
    parser.add_argument("--no-store", action="store_true", help="run the replicas without a store")
    parser.add_argument("--people", type=int, nargs="+", metavar="N", help="measure teams of these sizes")
    parser.add_argument("--seconds", type=float, default=60, help="for each team (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} and {RESULTS.name}")
    options = parser.parse_args(arguments)
    if not options.people and not (NGINX and (REDIS_SERVER or options.no_store)):
        parser.error("nginx or redis-server is not installed (apt-get install nginx-light redis-server)")
    compile_sources()
    conditions = RunConditions()
    result: dict[str, Any] = {}
    if options.people:
        measured = [measure_team(people, options.seconds) for people in options.people]
        result["team"] = {"rows": measured, "conditions": conditions.describe(1)}
    else:
        plan = LoadPlan(
            options.minutes, options.clients, options.accounts, options.replicas, not options.no_store
        )
        measured = [measure_load(plan)]
        result["load"] = measured[0] | {"conditions": conditions.describe(1)}
    if options.write:
        write_results(result)
    sys.stdout.write(render_page(result))
    return int(any(each["errors"] or each["tracebacks"] for each in measured))


if __name__ == "__main__":
    sys.exit(main())

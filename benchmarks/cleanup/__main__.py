"""Measure cleaning up 3,000 tags, and kill servers that do it: `python -m benchmarks.cleanup`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import anyio

from benchmarks.cleanup.killing import KilledRun, clean_with_kills
from benchmarks.cleanup.page import (
    AGENT,
    LIMIT,
    LIMITED,
    OLD,
    PAGE,
    PERSON,
    RESULTS,
    Figures,
    build_json,
    render_page,
)
from benchmarks.cleanup.service import start_service
from benchmarks.cleanup.ways import SAMPLE, clean_as_agent, clean_as_person, clean_one_by_one
from devtools.generate.tokenizer import can_count_tokens

PARTS = "ways", "kill"


def main() -> int:
    """Return 1 if a server that was killed lost, repeated or deleted something that it should not have."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cleanup", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--limited", action="store_true", help=f"also with {LIMIT} requests per minute")
    parser.add_argument("--seed", type=int, nargs="+", default=[1], help="seeds of the moments of the kills")
    parser.add_argument("--kills", type=int, default=5, help="kills of each run (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} and {RESULTS.name}")
    options = parser.parse_args()
    if not can_count_tokens() and options.only != "kill":
        sys.stderr.write("Tokens are not counted: set DOCKERHUB_MCP_TIKTOKEN and DOCKERHUB_MCP_NODE.\n")
        return 2
    ways: dict[str, Figures] = {}
    if options.only != "kill":
        ways = anyio.run(_measure_ways, options.limited)
    killed = []
    if options.only != "ways":
        killed = [anyio.run(_kill, seed, options.kills) for seed in options.seed]
    environment = _describe_environment()
    if ways:
        page = render_page(ways, killed, environment)
        sys.stdout.write(page)
        if options.write:
            PAGE.write_text(page, "utf-8")
            RESULTS.write_text(json.dumps(build_json(ways, killed, environment), indent=1) + "\n", "utf-8")
    else:
        sys.stdout.writelines(f"{run}\n" for run in killed)
    return int(any(run.faults for run in killed))


async def _measure_ways(is_limited: bool) -> dict[str, Figures]:
    ways: dict[str, Figures] = {}
    with start_service() as service:
        agent = await clean_as_agent(service)
    with start_service() as service:
        person = clean_as_person(service)
    with start_service() as service:
        names = [name for name in service.read_state()["tags"] if name.startswith("pr-")][:SAMPLE]
        ways[OLD] = Figures.measure(await clean_one_by_one(service, names), tags=agent.deleted)
    ways[AGENT], ways[PERSON] = Figures.measure(agent), Figures.measure(person)
    if is_limited:
        with start_service(LIMIT) as service:
            ways[LIMITED] = Figures.measure(await clean_as_agent(service))
    return ways


async def _kill(seed: int, kills: int) -> KilledRun:
    with start_service() as service:
        return await clean_with_kills(service, seed, kills)


def _describe_environment() -> str:
    model = Path("/proc/cpuinfo").read_text("utf-8").partition("model name\t: ")[2].partition("\n")[0]
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with {os.cpu_count()} processors ({model}), shared with "
        f"other work, and Python {platform.python_version()}:\n"
    )


if __name__ == "__main__":
    sys.exit(main())

"""The page with the figures, and the table of the documentation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.machine import render_place
from devtools.generate.markdown import replace_section
from devtools.generate.paths import BENCHMARKS, ROOT

PAGE = BENCHMARKS / "replicas.md"
RESULTS = BENCHMARKS / "replicas.json"
GUIDE = ROOT / "docs" / "replicas.md"
SECTION = "people"
_TWO_DECIMALS_BELOW = 10
_INTRODUCTION = """\
# Replicas

`python -m benchmarks.replicas --minutes 10 --write` measures the first table, and
`python -m benchmarks.replicas --people 10 50 200 --write` the second one.

"""
_LOAD = """\
## Many accounts on replicas with a store

{replicas} replicas behind nginx with the [published configuration](../deploy/nginx.conf), {store}. {clients}
clients, half of each protocol generation, call for {minutes:g} minutes, each once a second on average from an
address of its own. Each call brings one of {accounts} Docker accounts at random, so that each account reaches
every replica. The calls are those of the [soak test](README.md#soak-test), and a tenth ask for the
account, whose name must be the caller's. The Hub is the sandbox in a process of its own and takes 40 ms for a
response; its bearer tokens live for ten minutes. Clients, Hub, store and nginx share the processors with the
replicas.
"""
_LOAD_NOTES = """\
CPU is in percent of one core. PSS is the memory of a process with its share of what it has in common with
others; growth is that of the PSS in the second half of the run.
"""
_TEAM = """\
## People at one server

One server with its default settings and one Docker account. Each person calls every five seconds on average.
"""


def render_page(result: Mapping[str, Any]) -> str:
    """Return the page with all that was measured."""
    parts = [_INTRODUCTION.rstrip()]
    if load := result.get("load"):
        parts += [_render_load_text(load), render_place(load["conditions"])]
        parts += [_render_load(load), _render_servers(load["servers"]), _LOAD_NOTES.rstrip()]
        parts += [f"- error, {times} times: {error}" for error, times in load["errors"].items()]
    if team := result.get("team"):
        parts += [_TEAM.rstrip(), render_team(team)]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _render_load_text(load: Mapping[str, Any]) -> str:
    store = "with one redis-server as their store" if load["has_store"] else "without a store"
    return _LOAD.format(**{**load, "store": store})


def _render_load(load: Mapping[str, Any]) -> str:
    header = ("Calls", "Calls/s", "p50 ms", "p95 ms", "p99 ms", "Hub requests", "Sign-ins", "Errors")
    cells = [f"{load['calls']:,}", _format(load["calls_per_s"])]
    cells += [_format(load[f"p{part}_ms"]) for part in (50, 95, 99)]
    cells += [f"{load['requests']:,}", f"{load['sign_ins']:,}"]
    cells.append(f"{sum(load['errors'].values()) + load['tracebacks']}")
    return _render_table(header, [cells])


def _render_servers(servers: Sequence[Mapping[str, float]]) -> str:
    header = ("Replica", "CPU %", "RSS MiB", "peak RSS MiB", "PSS MiB", "growth MiB")
    names = "cpu_percent", "rss_mib", "peak_rss_mib", "pss_mib", "growth_pss_mib"
    rows = [
        [str(number), *(_format(server[name]) for name in names)] for number, server in enumerate(servers, 1)
    ]
    return _render_table(header, rows)


def render_team(team: Mapping[str, Any]) -> str:
    """Return the table of people at one server, with the conditions."""
    header = ("People", "Calls/s", "p50 ms", "p95 ms", "Hub requests/s", "CPU of one core", "Memory MiB")
    rows = []
    for each in team["rows"]:
        [server] = each["servers"]
        cells = [str(each["people"]), *(_format(each[name]) for name in ("calls_per_s", "p50_ms", "p95_ms"))]
        cells += [_format(each["requests"] / each["seconds"]), f"{server['cpu_percent']:.0f} %"]
        rows.append([*cells, f"{server['rss_mib']:.0f}"])
    return f"{_render_table(header, rows)}\n\n{render_place(team['conditions'])}"


def _render_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{' ---: |' * len(header)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _format(figure: float) -> str:
    return f"{figure:,.1f}" if figure < _TWO_DECIMALS_BELOW else f"{figure:,.0f}"


def load_results() -> dict[str, Any]:
    """Return the stored figures; empty before the first run."""
    if not RESULTS.exists():
        return {}
    result: dict[str, Any] = json.loads(RESULTS.read_text("utf-8"))
    return result


def write_results(result: Mapping[str, Any]) -> None:
    """Store figures beside those of other parts, and write the page and the table of the documentation."""
    RESULTS.write_text(json.dumps({**load_results(), **result}, indent=1) + "\n", "utf-8")
    stored = load_results()
    PAGE.write_text(render_page(stored), "utf-8")
    if team := stored.get("team"):
        GUIDE.write_text(replace_section(GUIDE.read_text("utf-8"), SECTION, render_team(team)), "utf-8")

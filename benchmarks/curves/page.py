"""The page with the curves, and the file with their points."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from benchmarks.curves.cost import CPU, MEMORY, WALL, Points, find_median
from benchmarks.curves.measures import ACCOUNTS, IN_FLIGHT, TAGS, WALKS
from benchmarks.machine import render_conditions
from benchmarks.peer.server import NAME as PEER
from benchmarks.programs import CACHED, FAST_UNCACHED, MINIMAL, UNCACHED
from devtools.generate.paths import BENCHMARKS

PAGE = BENCHMARKS / "curves.md"
RESULTS = BENCHMARKS / "curves.json"
_MICROSECONDS_TO_MS = 1000
_INTRODUCTION = """\
# What a call costs, and by what it grows

`python -m benchmarks.curves --write` measures this; `--peer FOLDER` adds Docker's server, as [built for
the comparison](README.md#dockers-server). "Minimal" is the minimal SDK server, "uncached" is
`--cache-ttl 0`, "fast" is with the extra of that name, and "cached" is the default. CPU time is that of
the server's process with all its threads; the time that passes includes the clients and the Hub, which
share the processors with the server. The Hub responds from memory at once.

"""
_COLUMNS = MINIMAL.name, UNCACHED.name, FAST_UNCACHED.name, CACHED.name, PEER


class Curve(NamedTuple):
    """How a curve is shown.

    Attributes:
        title: The heading.
        text: What is measured.
        axis: What grows.
        units: The heading of each table and the unit, by kind.
    """

    title: str
    text: str
    axis: str
    units: Mapping[str, tuple[str, str]]


_CALL = {CPU: ("CPU time of a call", "µs"), WALL: ("Time that passes for a call", "µs")}
_LIST = {CPU: ("CPU time of a list", "ms"), WALL: ("Time that passes for a list", "ms")}
CURVES = (
    Curve(
        "By the tags of a page",
        "`list_tags` with `page_size`, one call after another over stdio.",
        TAGS,
        _CALL,
    ),
    Curve(
        "By calls in flight",
        "`get_repository` over stdio, always with the same arguments. The time that passes is that of all "
        "calls divided by their number.",
        IN_FLIGHT,
        _CALL,
    ),
    Curve(
        "By accounts that requests bring",
        "`get_repository` over HTTP (2026-07-28) from 16 clients with `--identity request`: each request has "
        "the credentials of the next account. All accounts are signed in before.",
        ACCOUNTS,
        {**_CALL, MEMORY: ("Resident memory after the calls", "MiB")},
    ),
    Curve(
        "By the length of a list",
        "`list_tags` with `max_items` reads a list in one call; the other servers get a call for each page "
        "of 100 tags. The cached list is asked for again.",
        WALKS,
        _LIST,
    ),
)


def render_page(result: Mapping[str, Any]) -> str:
    """Return the page with all tables."""
    parts = [_INTRODUCTION + render_conditions(result)]
    for curve in CURVES:
        points: Points | None = result["curves"].get(curve.axis)
        if points is None:
            continue
        parts.append(f"## {curve.title}\n\n{curve.text}\n")
        for kind, (title, unit) in curve.units.items():
            parts.append(f"{title} ({unit}):\n\n{_render_table(points, curve.axis, kind, unit)}")
    return "\n".join(parts)


def _render_table(points: Points, axis: str, kind: str, unit: str) -> str:
    columns = [column for column in _COLUMNS if any(column in point for point in points.values())]
    lines = [f"| {axis} | {' | '.join(columns)} |", "| ---: |" + " ---: |" * len(columns)]
    for value in points:
        found = [find_median(points, value, column, kind) for column in columns]
        cells = ["" if figure is None else _format_figure(figure, unit) for figure in found]
        lines.append(f"| {value} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _format_figure(figure: float, unit: str) -> str:
    if unit == "ms":
        return f"{figure / _MICROSECONDS_TO_MS:,.1f}"
    return f"{figure:,.1f}" if unit == "MiB" else f"{figure:,.0f}"


def load_results() -> dict[str, Any]:
    """Return the points that are kept."""
    result: dict[str, Any] = json.loads(RESULTS.read_text("utf-8"))
    return result


def write_page(result: Mapping[str, Any]) -> None:
    """Write the points and the page."""
    RESULTS.write_text(json.dumps(_round(result), indent=1) + "\n", "utf-8")
    PAGE.write_text(render_page(load_results()), "utf-8")


def _round(result: Any) -> Any:
    """Return the result with figures of four digits, which are more than measured."""
    if isinstance(result, Mapping):
        return {name: _round(each) for name, each in result.items()}
    if isinstance(result, list):
        return [_round(each) for each in result]
    return float(f"{result:.4g}") if isinstance(result, float) else result

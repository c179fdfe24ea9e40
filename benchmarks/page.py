"""The page with all figures: tables, and a comparison with the goals."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from benchmarks.measure import (
    AFTER_BURSTS,
    DEFAULT_SETTINGS,
    GOAL_TAGS,
    IDLE,
    OTHER_HUB,
    SEQUENTIAL,
    Figures,
)
from benchmarks.programs import CACHED, FAST, FAST_UNCACHED, MINIMAL, UNCACHED
from devtools.generate.markdown import replace_section
from devtools.generate.paths import BENCHMARKS

PAGE = BENCHMARKS / "README.md"
SECTION = "speed"
TITLES = {
    "start": "From the start of a process to its responses over stdio, without an account (ms)",
    "start by tools": "The same by the number of enabled tools, 2025-11-25; result from the other Hub (ms)",
    "p50 over stdio": "Sequential calls over stdio, 2025-11-25: p50 (ms)",
    "p99 over stdio": "The same: p99 (ms)",
    "p50 over HTTP": "Sequential calls over HTTP, 2026-07-28: p50 (ms)",
    "p99 over HTTP": "The same: p99 (ms)",
    "throughput": "64 concurrent calls over stdio, 64 clients over HTTP; four repositories (calls/s)",
    "memory over stdio": "Resident memory over stdio (MiB)",
    "memory over HTTP": "Resident memory over HTTP (MiB)",
    "pagination": "Listing all tags of a repository, from a Hub that takes 40 ms per page of 100 (ms)",
    "memory by identities": "Resident memory by the number of accounts that requests bring, over HTTP (MiB)",
}
_TWO_DECIMALS_BELOW, _NO_DECIMALS_FROM = 10, 1000


class Goal(NamedTuple):
    """A goal: a ratio, and its upper or lower limit."""

    title: str
    limit: float
    find_ratio: Callable[[Figures], float]
    is_maximum: bool = True


def median_ratio(figures: Sequence[float], base: Sequence[float]) -> float:
    """Return the median of the ratios of each round."""
    return statistics.median(figure / other for figure, other in zip(figures, base, strict=True))


def overhead_ratio(row: Mapping[str, Sequence[float]], column: str) -> float:
    """Return the time that a server adds to a raw request, relative to the minimal server."""
    raw, minimal, ours = row["raw"], row[MINIMAL.name], row[column]
    our_overhead, minimal_overhead = (
        [figure - base for figure, base in zip(figures, raw, strict=True)] for figures in (ours, minimal)
    )
    return median_ratio(our_overhead, minimal_overhead)


def _ratio_to_minimal(measure: str, row: str, column: str, figures: Figures) -> float:
    found = figures[measure][row]
    return median_ratio(found[column], found[MINIMAL.name])


def _median_overhead(transport: str, column: str, figures: Figures) -> float:
    rows = figures[f"p50 over {transport}"].values()
    return statistics.median(overhead_ratio(row, column) for row in rows)


def _growth_by_bursts(transport: str, column: str, figures: Figures) -> float:
    rows = figures[f"memory over {transport}"]
    return median_ratio(rows[AFTER_BURSTS][column], rows[IDLE][column])


def _ratio_to_sequential(column: str, figures: Figures) -> float:
    row = figures["pagination"][f"{GOAL_TAGS:,} tags"]
    return median_ratio(row[column], row[SEQUENTIAL])


def _list_goals() -> list[Goal]:
    goals = []
    uncached = (UNCACHED.name, FAST_UNCACHED.name)
    for row in ("2025-11-25: tools/list", "2026-07-28: tools/list"):
        for column in (DEFAULT_SETTINGS, OTHER_HUB):
            title = f"Start to `tools/list` ({row[:10]}), {column}, relative to the minimal server"
            goals.append(Goal(title, 0.3, partial(_ratio_to_minimal, "start", row, column)))
    for transport in ("stdio", "HTTP"):
        for column in uncached:
            title = (
                f"Overhead over {transport}, {column}, relative to the minimal server: median of all calls"
            )
            goals.append(Goal(title, 0.7, partial(_median_overhead, transport, column)))
    for columns, limit in ((uncached, 1.6), ((CACHED.name,), 3.8)):
        for column in columns:
            title = f"Throughput over stdio, {column}, relative to the minimal server"
            find = partial(_ratio_to_minimal, "throughput", "stdio", column)
            goals.append(Goal(title, limit, find, is_maximum=False))
    for transport in ("stdio", "HTTP"):
        for column in (CACHED.name, FAST.name):
            title = f"Idle memory over {transport}, {column}, relative to the minimal server"
            goals.append(
                Goal(title, 1.05, partial(_ratio_to_minimal, f"memory over {transport}", IDLE, column))
            )
            title = f"Memory over {transport} after bursts, {column}, relative to idle"
            goals.append(Goal(title, 1.5, partial(_growth_by_bursts, transport, column)))
    title = f"Listing {GOAL_TAGS:,} tags, relative to {SEQUENTIAL}"
    return [
        *goals,
        *(Goal(f"{title}, {column}", 0.25, partial(_ratio_to_sequential, column)) for column in uncached),
    ]


def render_goals(figures: Figures) -> str:
    """Return the goals beside the ratios that were measured."""
    lines = ["| Goal | Limit | Measured | |", "| --- | ---: | ---: | --- |"]
    for goal in _list_goals():
        try:
            found = goal.find_ratio(figures)
        except KeyError:
            continue
        is_met = found <= goal.limit if goal.is_maximum else found >= goal.limit
        sign = "≤" if goal.is_maximum else "≥"
        verdict = "met" if is_met else "**missed**"
        lines.append(f"| {goal.title} | {sign} {goal.limit:g} | {found:.2f} | {verdict} |")
    return "\n".join(lines) + "\n"


def render_table(measure: str, rows: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """Return the medians with their ratios to the minimal server, or to sequential pages."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    order = [
        *("raw", SEQUENTIAL, MINIMAL.name, DEFAULT_SETTINGS, OTHER_HUB),
        *(UNCACHED.name, FAST_UNCACHED.name, CACHED.name, FAST.name),
    ]
    columns.sort(key=lambda column: order.index(column) if column in order else len(order))
    base = SEQUENTIAL if SEQUENTIAL in columns else MINIMAL.name
    overhead_columns = [
        column
        for column in (UNCACHED.name, FAST_UNCACHED.name)
        if measure.startswith("p50") and column in columns
    ]
    header = ["", *columns, *(f"overhead ratio, {column}" for column in overhead_columns)]
    lines = [f"| {' | '.join(header)} |", "| --- |" + " ---: |" * (len(header) - 1)]
    for name, row in rows.items():
        cells = [name]
        for column in columns:
            if column not in row:
                cells.append("")
                continue
            cell = _format_figure(statistics.median(row[column]))
            is_compared = base in row and column not in {base, "raw"}
            cells.append(f"{cell} (x {median_ratio(row[column], row[base]):.2f})" if is_compared else cell)
        cells += [f"{overhead_ratio(row, column):.2f}" for column in overhead_columns]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _format_figure(figure: float) -> str:
    decimals = 2 if figure < _TWO_DECIMALS_BELOW else 1 if figure < _NO_DECIMALS_FROM else 0
    return f"{figure:,.{decimals}f}"


def render_result(result: Mapping[str, Any]) -> str:
    """Return everything that was measured."""
    figures: Figures = result["figures"]
    conditions = (
        f"Measured on {result['date']} with {result['cores']} processors ({result['cpu']}), of which other "
        f"processes used {result['others']:.0f} %, and Python {result['python']}. All figures are medians of "
        f"{result['rounds']} rounds.\n"
    )
    parts = [conditions, render_goals(figures)]
    for measure, title in TITLES.items():
        if measure in figures:
            parts.append(f"{title}:\n\n{render_table(measure, figures[measure])}")
    return "\n".join(parts)


def write_page(result: Mapping[str, Any]) -> None:
    """Write the result into benchmarks/README.md."""
    PAGE.write_text(replace_section(PAGE.read_text("utf-8"), SECTION, render_result(result)), "utf-8")

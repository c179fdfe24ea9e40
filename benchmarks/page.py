"""The page with all figures: tables, and a comparison with the goals."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.goals import median_ratio, overhead_ratio, render_goals
from benchmarks.machine import render_conditions
from benchmarks.measures.bench import Figures
from benchmarks.measures.lists import SEQUENTIAL
from benchmarks.measures.memory import WALK, WALK_TAGS
from benchmarks.measures.start import DEFAULT_SETTINGS, OTHER_HUB
from benchmarks.programs import CACHED, FAST, FAST_UNCACHED, MINIMAL, UNCACHED
from devtools.generate.markdown import replace_section
from devtools.generate.paths import BENCHMARKS

PAGE = BENCHMARKS / "README.md"
SECTION = "speed"
TITLES = {
    "start": "From the start of a process to its responses over stdio, by default without an account (ms)",
    "start by tools": "The same by the number of enabled tools, 2025-11-25; result from the other Hub (ms)",
    "p50 over stdio": "Sequential calls over stdio, 2025-11-25: p50 (ms)",
    "p99 over stdio": "The same: p99 (ms)",
    "p50 over HTTP": "Sequential calls over HTTP, 2026-07-28: p50 (ms)",
    "p99 over HTTP": "The same: p99 (ms)",
    "throughput": "64 concurrent calls over stdio, 64 clients over HTTP, all of the same (calls/s)",
    "memory over stdio": "Resident memory over stdio (MiB)",
    "memory over HTTP": "Resident memory over HTTP (MiB)",
    "pagination": "Listing all tags of a repository, from a Hub that takes 40 ms per page of 100 (ms)",
    WALK: f"Resident memory of a server that lists {WALK_TAGS:,} tags in one call, over stdio (MiB)",
    "memory by identities": "Resident memory by the number of accounts that requests bring, over HTTP (MiB)",
}
_TWO_DECIMALS_BELOW, _NO_DECIMALS_FROM = 10, 1000


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
    parts = [render_conditions(result), render_goals(figures)]
    for measure, title in TITLES.items():
        if measure in figures:
            parts.append(f"{title}:\n\n{render_table(measure, figures[measure])}")
    return "\n".join(parts)


def write_page(result: Mapping[str, Any]) -> None:
    """Write the result into benchmarks/README.md."""
    PAGE.write_text(replace_section(PAGE.read_text("utf-8"), SECTION, render_result(result)), "utf-8")

"""The summary of the figures in README.md."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any, NamedTuple

from benchmarks.measures.bench import GOAL_TAGS, Figures
from benchmarks.measures.lists import SEQUENTIAL
from benchmarks.measures.memory import AFTER, AFTER_BURSTS, AFTER_TWO, BEFORE, IDLE, PEAK, WALK, WALK_TAGS
from benchmarks.measures.start import FIRST_RESULT, OTHER_HUB, SIGNED_IN
from benchmarks.peer.server import NAME as PEER
from benchmarks.programs import CACHED, FAST, FAST_UNCACHED, MINIMAL, UNCACHED
from benchmarks.questions import REPOSITORY, TEN_TAGS
from benchmarks.wire import LEGACY, MODERN
from devtools.generate.markdown import replace_section
from devtools.generate.paths import ROOT

README = ROOT / "README.md"
SECTION = "performance"
_TWO_DECIMALS_BELOW = 10


class SummaryRow(NamedTuple):
    """A row of the summary.

    Attributes:
        title: The title of the row.
        measure: The measurement that it is taken from.
        row: The row of the measurement.
        unit: The unit of the figures.
        ours: The column of this server without extras.
        fast: The column of this server with the extra `fast`, if that makes a difference.
    """

    title: str
    measure: str
    row: str
    unit: str
    ours: str
    fast: str = ""


_START = f"{LEGACY}: "
_RATES = (
    (f"stdio, 64 concurrent calls, {REPOSITORY.title}", f"stdio: {REPOSITORY.title}", True),
    (f"stdio, 64 concurrent calls, {TEN_TAGS.title}", f"stdio: {TEN_TAGS.title}", False),
    *(
        (
            f"HTTP {generation}, 64 clients, {REPOSITORY.title}",
            f"HTTP, {generation}: {REPOSITORY.title}",
            True,
        )
        for generation in (LEGACY, MODERN)
    ),
)
"""Titles and rows of throughput, and whether the figures with the cache are shown too."""
ROWS = [
    SummaryRow("Start to `tools/list`", "start", f"{_START}tools/list", "ms", OTHER_HUB),
    SummaryRow("Start to the first result", "start", _START + FIRST_RESULT, "ms", OTHER_HUB),
    SummaryRow("The same, with an account", "start", _START + SIGNED_IN, "ms", OTHER_HUB),
    SummaryRow("A repository, cached", "p50 over stdio", REPOSITORY.title, "ms", CACHED.name),
    *(
        SummaryRow(
            f"{call}, uncached", "p50 over stdio", call.lower(), "ms", UNCACHED.name, FAST_UNCACHED.name
        )
        for call in ("A repository", "10 tags", "100 tags")
    ),
    *(
        row
        for title, measured, with_cache in _RATES
        for row in (
            SummaryRow(f"{title}, cached", "throughput", measured, "calls/s", CACHED.name),
            SummaryRow(
                f"{title}, uncached", "throughput", measured, "calls/s", UNCACHED.name, FAST_UNCACHED.name
            ),
        )[0 if with_cache else 1 :]
    ),
    *(
        SummaryRow(f"Memory, {row}", "memory over stdio", row, "MiB", CACHED.name, FAST.name)
        for row in (IDLE, AFTER_TWO, PEAK, AFTER_BURSTS)
    ),
    *(
        SummaryRow(
            f"Memory {row} a list of {WALK_TAGS:,} tags", WALK, row, "MiB", UNCACHED.name, FAST_UNCACHED.name
        )
        for row in (BEFORE, AFTER)
    ),
    SummaryRow(
        f"All {GOAL_TAGS:,} tags, 40 ms per page",
        *("pagination", f"{GOAL_TAGS:,} tags", "ms", UNCACHED.name, FAST_UNCACHED.name),
    ),
]


def render_summary(result: Mapping[str, Any]) -> str:
    """Return the table, with the machine and the command that repeats the measurement."""
    figures: Figures = result["figures"]
    has_peer = any(PEER in row for rows in figures.values() for row in rows.values())
    header = ["", "minimal SDK server", "this server", "with `fast`"] + ["docker/hub-mcp"] * has_peer
    lines = [f"| {' | '.join(header)} |", "| --- |" + " ---: |" * (len(header) - 1)]
    for row in ROWS:
        found = figures.get(row.measure, {}).get(row.row)
        if found is None:
            continue
        base = MINIMAL.name if MINIMAL.name in found else SEQUENTIAL
        columns = [base, row.ours, row.fast, *([PEER] if has_peer else [])]
        cells = [
            _format_cell(statistics.median(found[column]), row.unit) if column in found else ""
            for column in columns
        ]
        if SEQUENTIAL in found:
            cells[0] += " one by one"
        lines.append(f"| {row.title} | {' | '.join(cells)} |")
    rounds = "one round" if result["rounds"] == 1 else f"{result['rounds']} alternating rounds"
    peer = f", {result['peer']}" if result.get("peer") else ""
    conditions = (
        f"Medians of {rounds} on {result['date']}, {result['cores']} processors ({result['cpu']}), Python "
        f"{result['python']}{peer}. Run `python -m benchmarks` to repeat the measurement; "
        "[benchmarks](benchmarks/README.md) has every figure, the goals, and those that were missed."
    )
    return "\n".join([*lines, "", conditions])


def _format_cell(figure: float, unit: str) -> str:
    decimals = 2 if figure < _TWO_DECIMALS_BELOW else 0
    return f"{figure:,.{decimals}f} {unit}"


def write_summary(result: Mapping[str, Any]) -> None:
    """Write the summary into README.md."""
    README.write_text(replace_section(README.read_text("utf-8"), SECTION, render_summary(result)), "utf-8")

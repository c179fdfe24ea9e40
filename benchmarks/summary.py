"""What README.md tells of speed: a few of the figures, for whoever chooses a server."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measure import OTHER_HUB, SEQUENTIAL, WALKED, Figures

README = Path(__file__).parent.parent / "README.md"
MARKS = "<!-- performance -->\n", "<!-- /performance -->\n"


class Row(NamedTuple):
    """One line: what it is, where its figures stand, and the unit.

    Attributes:
        words: What it is.
        measure: The measure that it is of.
        row: The row of that.
        unit: What its figures count.
        ours: The column of this server as it is installed.
        fast: That with the extra, where it makes a difference.
    """

    words: str
    measure: str
    row: str
    unit: str
    ours: str
    fast: str = ""


_HTTP = "HTTP, 2026-07-28, {} worker{}"
ROWS = [
    Row("Start to `tools/list`", "start", "2025-11-25: tools/list", "ms", OTHER_HUB),
    Row("Start to the first result", "start", "2025-11-25: first result", "ms", OTHER_HUB),
    Row("A repository, asked again within 30 s", "p50 over stdio", "a repository", "ms", "cache on"),
    *(
        Row(f"{words}, asked anew", "p50 over stdio", words.lower(), "ms", "cache off", "fast, cache off")
        for words in ("A repository", "10 tags", "100 tags")
    ),
    Row("stdio, 64 calls under way, cached", "throughput", "stdio", "calls/s", "cache on"),
    Row("the same, not cached", "throughput", "stdio", "calls/s", "cache off", "fast, cache off"),
    *(
        Row(
            f"HTTP, 64 clients, {count} worker{'s' * (count > 1)}, not cached",
            *(
                "throughput",
                _HTTP.format(count, "s" * (count > 1)),
                "calls/s",
                "cache off",
                "fast, cache off",
            ),
        )
        for count in (1, 2)
    ),
    Row("HTTP, 64 clients, 2 workers, cached", "throughput", _HTTP.format(2, "s"), "calls/s", "cache on"),
    *(
        Row(f"Memory {row}", "memory over stdio", row, "MiB", "cache on", "fast, cache on")
        for row in ("idle, after one call", "at most in bursts", "after bursts")
    ),
    Row(
        f"All {WALKED:,} tags, 40 ms a page",
        *("walk", f"{WALKED:,} tags", "ms", "cache off", "fast, cache off"),
    ),
]


def as_markdown(result: Mapping[str, Any]) -> str:
    """Return the table, with the machine and how it is measured again."""
    figures: Figures = result["figures"]
    has_peer = any("peer" in row for rows in figures.values() for row in rows.values())
    heads = ["", "the least SDK server", "this server", "with `fast`"] + ["docker/hub-mcp"] * has_peer
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for row in ROWS:
        found = figures.get(row.measure, {}).get(row.row)
        if found is None:
            continue
        base = "floor" if "floor" in found else SEQUENTIAL
        columns = [base, row.ours, row.fast, *(["peer"] if has_peer else [])]
        cells = [
            _cell(statistics.median(found[column]), row.unit) if column in found else "" for column in columns
        ]
        if base == SEQUENTIAL:
            cells[0] += " one by one"
        lines.append(f"| {row.words} | {' | '.join(cells)} |")
    machine = (
        f"Medians of {result['rounds']} alternating rounds on {result['date']}, {result['cores']} processors "
        f"({result['cpu']}), Python {result['python']}. To repeat it: `python -m benchmarks`; what was "
        "wanted, what was missed and every figure: [benchmarks](benchmarks/README.md)."
    )
    return "\n".join([*lines, "", machine, ""])


def _cell(figure: float, unit: str) -> str:
    decimals = 2 if figure < 10 else 0  # noqa: PLR2004
    return f"{figure:,.{decimals}f} {unit}"


def write(result: Mapping[str, Any]) -> None:
    """Keep it in README.md, between the marks, where these are."""
    before, first, rest = README.read_text("utf-8").partition(MARKS[0])
    _, last, after = rest.partition(MARKS[1])
    if last:
        README.write_text(f"{before}{first}{as_markdown(result)}{last}{after}", "utf-8")

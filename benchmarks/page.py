"""The page that tells what was measured: tables, and what was wanted."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measure import AS_IT_COMES, OTHER_HUB, SEQUENTIAL, WALKED, Figures

PAGE = Path(__file__).parent / "README.md"
MARKS = "<!-- speed -->\n", "<!-- /speed -->\n"
TITLES = {
    "start": "From the start of a process to its answers over stdio, without an account (ms)",
    "start by tools": "The same by how many tools are on, 2025-11-25; the first result from another Hub (ms)",
    "p50 over stdio": "Calls one after another over stdio, 2025-11-25: p50 (ms)",
    "p99 over stdio": "The same: p99 (ms)",
    "p50 over HTTP": "Calls one after another over HTTP, 2026-07-28: p50 (ms)",
    "p99 over HTTP": "The same: p99 (ms)",
    "throughput": "64 calls under way over stdio, 64 clients over HTTP; four repositories (calls a second)",
    "memory over stdio": "Resident memory over stdio (MiB)",
    "memory over HTTP": "Resident memory over HTTP (MiB)",
    "walk": "A walk over all tags of a repository, where the Hub takes 40 ms for a page of 100 (ms)",
    "memory by identities": "Resident memory by how many accounts requests bring, over HTTP (MiB)",
}
_SMALL, _LARGE = 10, 1000  # figures below have two decimals, and from there on none
_TWO = "HTTP, 2026-07-28, 2 workers"
OFF, ON = ("cache off", "fast, cache off"), ("cache on", "fast, cache on")
_IDLE, _BURSTS = "idle, after one call", "after bursts"


class Target(NamedTuple):
    """What was wanted: a ratio, and the most or the least that it may be."""

    words: str
    wanted: float
    find: Callable[[Figures], float]
    at_most: bool = True


def ratio(figures: Sequence[float], to: Sequence[float]) -> float:
    """Return the median of the ratios of each round."""
    return statistics.median(one / other for one, other in zip(figures, to, strict=True))


def added(row: Mapping[str, Sequence[float]], column: str) -> float:
    """Return how much is added to a raw request, as a part of what the floor adds."""
    raw, floor, ours = row["raw"], row["floor"], row[column]
    by_ours, by_floor = (
        [one - least for one, least in zip(each, raw, strict=True)] for each in (ours, floor)
    )
    return ratio(by_ours, by_floor)


def _to_floor(measure: str, row: str, column: str, figures: Figures) -> float:
    found = figures[measure][row]
    return ratio(found[column], found["floor"])


def _all_added(transport: str, column: str, figures: Figures) -> float:
    rows = figures[f"p50 over {transport}"].values()
    return statistics.median(added(row, column) for row in rows)


def _to_one_process(column: str, figures: Figures) -> float:
    rows = figures["throughput"]
    return ratio(rows[_TWO][column], rows[_TWO.replace("2 workers", "1 worker")]["floor"])


def _after_bursts(transport: str, column: str, figures: Figures) -> float:
    rows = figures[f"memory over {transport}"]
    return ratio(rows[_BURSTS][column], rows[_IDLE][column])


def _walked(column: str, figures: Figures) -> float:
    row = figures["walk"][f"{WALKED:,} tags"]
    return ratio(row[column], row[SEQUENTIAL])


def _targets() -> list[Target]:
    found = []
    for row in ("2025-11-25: tools/list", "2026-07-28: tools/list"):
        for column in (AS_IT_COMES, OTHER_HUB):
            words = f"Start to `tools/list` ({row[:10]}), {column}, of the floor's"
            found.append(Target(words, 0.3, partial(_to_floor, "start", row, column)))
    for transport in ("stdio", "HTTP"):
        for column in OFF:
            words = (
                f"Added to a raw request over {transport}, {column}, of what the floor adds: median of all"
            )
            found.append(Target(words, 0.7, partial(_all_added, transport, column)))
    for columns, stdio, http in ((OFF, 1.6, 2.2), (ON[:1], 3.8, 4.1)):
        for column in columns:
            find = partial(_to_floor, "throughput", "stdio", column)
            found.append(
                Target(f"Throughput over stdio, {column}, of the floor's", stdio, find, at_most=False)
            )
            words = f"Throughput over HTTP with two workers, {column}, of the floor's with"
            find = partial(_to_floor, "throughput", _TWO, column)
            found += [
                Target(f"{words} two", http, find, at_most=False),
                Target(f"{words} one", http, partial(_to_one_process, column), at_most=False),
            ]
    for transport in ("stdio", "HTTP"):
        for column in ON:
            find = partial(_to_floor, f"memory over {transport}", _IDLE, column)
            words = f"Idle memory over {transport}, {column}, of the floor's"
            found.append(Target(words, 1.05, find))
            words = f"Memory over {transport} after bursts, {column}, of that when idle"
            found.append(Target(words, 1.5, partial(_after_bursts, transport, column)))
    words = f"A walk over {WALKED:,} tags, of {SEQUENTIAL}"
    return [*found, *(Target(f"{words}, {column}", 0.25, partial(_walked, column)) for column in OFF)]


def targets_table(figures: Figures) -> str:
    """Return what was wanted beside what was found, as far as it was measured."""
    lines = ["| Wanted | Goal | Found | |", "| --- | ---: | ---: | --- |"]
    for target in _targets():
        try:
            found = target.find(figures)
        except KeyError:
            continue
        met = found <= target.wanted if target.at_most else found >= target.wanted
        sign = "≤" if target.at_most else "≥"
        said = "met" if met else "**missed**"
        lines.append(f"| {target.words} | {sign} {target.wanted:g} | {found:.2f} | {said} |")
    return "\n".join(lines) + "\n"


def table(measure: str, rows: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """Return medians, with how many times the floor's they are; for walks, the time of pages one by one."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    order = ["raw", SEQUENTIAL, "floor", AS_IT_COMES, OTHER_HUB, *OFF, *ON]
    columns.sort(key=lambda column: order.index(column) if column in order else len(order))
    base = SEQUENTIAL if SEQUENTIAL in columns else "floor"
    shown_added = [column for column in OFF if measure.startswith("p50") and column in columns]
    heads = ["", *columns, *(f"added, of the floor's, {column}" for column in shown_added)]
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for name, row in rows.items():
        cells = [name]
        for column in columns:
            if column not in row:
                cells.append("")
                continue
            cell = _shown(statistics.median(row[column]))
            compared = base in row and column not in {base, "raw"}
            cells.append(f"{cell} (x {ratio(row[column], row[base]):.2f})" if compared else cell)
        cells += [f"{added(row, column):.2f}" for column in shown_added]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _shown(figure: float) -> str:
    decimals = 2 if figure < _SMALL else 1 if figure < _LARGE else 0
    return f"{figure:,.{decimals}f}"


def as_markdown(result: Mapping[str, Any]) -> str:
    """Return everything that was found."""
    figures: Figures = result["figures"]
    said = (
        f"On {result['date']}, with {result['cores']} processors ({result['cpu']}), of which other work took "
        f"{result['others']:.0f} % meanwhile, and Python {result['python']}; medians of {result['rounds']} "
        "rounds.\n"
    )
    parts = [said, targets_table(figures)]
    for measure, title in TITLES.items():
        if measure in figures:
            parts.append(f"{title}:\n\n{table(measure, figures[measure])}")
    return "\n".join(parts)


def write(result: Mapping[str, Any]) -> None:
    """Keep it in README.md, between the marks."""
    before, first, rest = PAGE.read_text("utf-8").partition(MARKS[0])
    _, last, after = rest.partition(MARKS[1])
    if not last:
        msg = f"{PAGE} lacks {MARKS[0].strip()} and {MARKS[1].strip()}"
        raise SystemExit(msg)
    PAGE.write_text(f"{before}{first}\n{as_markdown(result)}\n{last}{after}", "utf-8")

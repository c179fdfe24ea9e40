"""The goals: ratios of figures of one run, with their limits."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from benchmarks.measures.bench import GOAL_TAGS, Figures
from benchmarks.measures.lists import SEQUENTIAL
from benchmarks.measures.memory import AFTER, AFTER_BURSTS, AFTER_TWO, BEFORE, IDLE, WALK, WALK_TAGS
from benchmarks.measures.start import DEFAULT_SETTINGS, FIRST_RESULT, OTHER_HUB, SIGNED_IN
from benchmarks.peer.server import NAME as PEER
from benchmarks.programs import CACHED, FAST, FAST_UNCACHED, MINIMAL, UNCACHED
from benchmarks.questions import REPOSITORY, TEN_TAGS
from benchmarks.wire import LEGACY, MODERN

_DOCKER, _FLOOR = "Docker's server", "the minimal server"
_BOTH = UNCACHED.name, FAST_UNCACHED.name
_REPOSITORY, _TAGS = REPOSITORY.title, TEN_TAGS.title
_HTTP = "HTTP, {}: " + _REPOSITORY


class Goal(NamedTuple):
    """A goal, and its upper or lower limit.

    Attributes:
        title: What is measured.
        base: What it is a ratio of; empty if it is a difference in MiB.
        limit: The limit.
        find: Returns what was measured.
        is_maximum: Whether the limit is an upper one.
    """

    title: str
    base: str
    limit: float
    find: Callable[[Figures], float]
    is_maximum: bool = True

    def render(self, figures: Figures) -> str:
        """Return the row of the table."""
        wanted = f"{self.limit:g}" if self.base else f"{self.limit:+.1f} MiB"
        head = f"| {self.title} | {self.base} | {'≤' if self.is_maximum else '≥'} {wanted} |"
        try:
            found = self.find(figures)
        except KeyError:
            return f"{head}  | not measured |"
        is_met = found <= self.limit if self.is_maximum else found >= self.limit
        measured = f"{found:.2f}" if self.base else f"{found:+.1f} MiB"
        return f"{head} {measured} | {'met' if is_met else '**missed**'} |"


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


def _find_ratio(
    measure: str, row: str, column: str, base: str, base_row: str = ""
) -> Callable[[Figures], float]:
    def find(figures: Figures) -> float:
        rows = figures[measure]
        return median_ratio(rows[row][column], rows[base_row or row][base])

    return find


def _overhead(transport: str, call: str, column: str, figures: Figures) -> float:
    return overhead_ratio(figures[f"p50 over {transport}"][call], column)


def _median_overhead(transport: str, column: str, figures: Figures) -> float:
    rows = figures[f"p50 over {transport}"].values()
    return statistics.median(overhead_ratio(row, column) for row in rows)


def _growth(measure: str, column: str, figures: Figures) -> float:
    rows = figures[measure]
    return median_ratio(rows[AFTER_BURSTS][column], rows[IDLE][column])


def _growth_by_walk(column: str, figures: Figures) -> float:
    before, after = figures[WALK][BEFORE][column], figures[WALK][AFTER][column]
    return statistics.median(late - early for late, early in zip(after, before, strict=True))


def list_goals() -> list[Goal]:
    """Return the goals."""
    return [*_compare_with_docker(), *_compare_with_floor(), *_list_walks(), *_list_growth()]


def _compare_with_docker() -> list[Goal]:
    start = f"{LEGACY}: "
    goals = [
        Goal(f"Start to {title}", _DOCKER, limit, _find_ratio("start", start + step, OTHER_HUB, PEER))
        for title, limit, step in (
            ("the first result", 0.85, FIRST_RESULT),
            ("the first result, with an account", 0.85, SIGNED_IN),
            ("`tools/list`", 0.2, "tools/list"),
        )
    ]
    for row in (IDLE, AFTER_TWO):
        find = _find_ratio("memory over stdio", row, CACHED.name, PEER)
        goals.append(Goal(f"Memory over stdio, {row}", _DOCKER, 0.55, find))
    rates = [
        *((f"stdio: {_REPOSITORY}", "", *each) for each in zip(_BOTH, (0.45, 0.8), strict=True)),
        *((f"stdio: {_TAGS}", "", *each) for each in zip(_BOTH, (1.6, 2.5), strict=True)),
        (f"stdio: {_REPOSITORY}", "", CACHED.name, 5.0),
        *(
            (_HTTP.format(generation), _HTTP.format(LEGACY), column, limit)
            for generation in (LEGACY, MODERN)
            for column, limit in ((FAST_UNCACHED.name, 0.7), (CACHED.name, 1.2))
        ),
    ]
    for row, base_row, column, limit in rates:
        find = _find_ratio("throughput", row, column, PEER, base_row)
        goals.append(Goal(f"Calls/s, {row}, {column}", _DOCKER, limit, find, is_maximum=False))
    return goals


def _compare_with_floor() -> list[Goal]:
    goals = []
    for transport, limit in (("stdio", 0.6), ("HTTP", 0.8)):
        for column in _BOTH:
            title = f"p50 added to a bare request, {transport}, {column}"
            one, every = (
                partial(_overhead, transport, _REPOSITORY, column),
                partial(_median_overhead, transport, column),
            )
            goals.append(Goal(f"{title}: {_REPOSITORY}", _FLOOR, limit, one))
            goals.append(Goal(f"{title}: median of all calls", _FLOOR, limit, every))
    for generation in (LEGACY, MODERN):
        for column in (DEFAULT_SETTINGS, OTHER_HUB):
            find = _find_ratio("start", f"{generation}: tools/list", column, MINIMAL.name)
            goals.append(Goal(f"Start to `tools/list` ({generation}), {column}", _FLOOR, 0.2, find))
    for column, limit in ((UNCACHED.name, 1.6), (FAST_UNCACHED.name, 1.6), (CACHED.name, 3.8)):
        row = f"stdio: {_REPOSITORY}"
        find = _find_ratio("throughput", row, column, MINIMAL.name)
        goals.append(Goal(f"Calls/s, {row}, {column}", _FLOOR, limit, find, is_maximum=False))
    for measure in ("memory over stdio", "memory over HTTP"):
        for column in (CACHED.name, FAST.name):
            find = _find_ratio(measure, IDLE, column, MINIMAL.name)
            goals.append(Goal(f"{measure.replace('memory', 'Memory')}, idle, {column}", _FLOOR, 1.05, find))
    return goals


def _list_walks() -> list[Goal]:
    row = f"{GOAL_TAGS:,} tags"
    return [
        Goal(
            f"List of {row} at 40 ms a page, {column}",
            "one page after another",
            0.2,
            _find_ratio("pagination", row, column, SEQUENTIAL),
        )
        for column in _BOTH
    ] + [
        Goal(f"Memory after a list of {WALK_TAGS:,} tags, {column}", "", 10, partial(_growth_by_walk, column))
        for column in _BOTH
    ]


def _list_growth() -> list[Goal]:
    return [
        Goal(
            f"Memory over {transport} after bursts, {column}", "idle", 1.5, partial(_growth, measure, column)
        )
        for transport in ("stdio", "HTTP")
        for measure in (f"memory over {transport}",)
        for column in (CACHED.name, FAST.name)
    ]


def render_goals(figures: Figures) -> str:
    """Return the goals beside what was measured."""
    lines = ["| Goal | Relative to | Limit | Measured | |", "| --- | --- | ---: | ---: | --- |"]
    return "\n".join([*lines, *(goal.render(figures) for goal in list_goals())]) + "\n"

"""What calls cost: the CPU time of the server, and the time that passes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.peer.server import Peer
from benchmarks.programs import Program, Subject
from benchmarks.questions import Call
from benchmarks.wire import LEGACY, Question

CPU, WALL, MEMORY = "cpu", "wall", "memory"
Points = dict[str, dict[str, dict[str, list[float]]]]
"""The figures of each round, by value on the axis, server and kind."""


@dataclass(slots=True)
class Sample:
    """A number of calls, and the seconds that they took."""

    calls: int = 0
    cpu: float = 0.0
    wall: float = 0.0


@dataclass(slots=True)
class Run:
    """One run of all curves: its extent, and the figures so far.

    Attributes:
        hub: The URL of the Hub.
        calls: How many calls make a point.
        values: How many values of each axis are measured, from the smallest.
        peer: Another server to compare with.
        round: The number of the round; servers take turns in being measured first.
        curves: The points so far, by the name of the curve.
    """

    hub: str
    calls: int
    values: int
    peer: Peer | None = None
    round: int = 0
    curves: dict[str, Points] = field(default_factory=dict)

    def order_subjects(self, *subjects: Subject) -> list[Subject]:
        """Return the servers and the peer in the order of this round."""
        ordered = [*subjects, self.peer.subject] if self.peer else [*subjects]
        return ordered[::-1] if self.round % 2 else ordered

    def build_request(self, call: Call, subject: Subject) -> Question:
        """Return the request for a call to a server."""
        if self.peer and subject is self.peer.subject:
            return self.peer.build_request(call)
        return call.build_request(subject, LEGACY)

    def record(self, curve: str, value: int, subject: Subject, figures: Mapping[str, float]) -> None:
        """Add the figures of a point."""
        point = self.curves.setdefault(curve, {}).setdefault(f"{value:,}", {}).setdefault(subject.name, {})
        for kind, figure in figures.items():
            point.setdefault(kind, []).append(figure)

    def record_sample(self, curve: str, value: int, subject: Subject, sample: Sample) -> None:
        """Add the microseconds for each call of a sample."""
        costs = {CPU: sample.cpu, WALL: sample.wall}
        self.record(curve, value, subject, {kind: 1e6 * each / sample.calls for kind, each in costs.items()})


@contextmanager
def observe(program: Program, calls: int) -> Iterator[Sample]:
    """Yield a sample, which has the time of the calls when they are over."""
    sample = Sample(calls)
    cpu, began = program.read_cpu(), time.perf_counter()
    yield sample
    sample.wall = time.perf_counter() - began
    sample.cpu = program.read_cpu() - cpu


def find_median(points: Points, value: str, column: str, kind: str) -> float | None:
    """Return the median of the rounds, or None if it was not measured."""
    figures = points[value].get(column, {}).get(kind)
    return statistics.median(figures) if figures else None

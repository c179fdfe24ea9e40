"""Numbers that all processes of a server write down in memory they share, and their text for Prometheus.

Every label that may come is known beforehand, so each series has a place from the beginning. A process
writes to a row of its own and nowhere else, so that nobody waits for anybody; who reads adds the rows up.
The one that takes the place of a dead process goes on with its row: counters never go back.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

OTHER = "other"
"""Stands for every value of a label that was not announced."""

_NUMBER = 8  # bytes


@dataclass(frozen=True, slots=True)
class Family:
    """Numbers of one name.

    Attributes:
        name: As Prometheus shows it.
        kind: `counter`, `gauge` or `histogram`.
        help: What they count.
        labels: The names of the labels.
        series: The values of the labels, for each series.
        buckets: Upper bounds of a histogram, in seconds.
    """

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()
    series: tuple[tuple[str, ...], ...] = ((),)
    buckets: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """Numbers that a series takes: for a histogram each bucket, what lies above all, and the sum."""
        return len(self.buckets) + 2 if self.buckets else 1


class Board:
    """The numbers of all processes.

    Args:
        families: What is counted.
        rows: How many processes there are.
    """

    def __init__(self, families: Sequence[Family], rows: int) -> None:
        self._families = families
        self._places: dict[tuple[str, tuple[str, ...]], int] = {}
        self._width = 0
        for family in families:
            for labels in family.series:
                self._places[family.name, labels] = self._width
                self._width += family.width
        self.rows = rows
        shared = mmap.mmap(-1, max(1, rows * self._width) * _NUMBER)  # with all that are forked later
        self._numbers = memoryview(shared).cast("d")
        self._begin = 0

    def take(self, row: int) -> None:
        """Write to this row from now on. What its last owner had under way is over."""
        self._begin = row * self._width
        for family in self._families:
            if family.kind == "gauge":
                for labels in family.series:
                    self._numbers[self._begin + self._places[family.name, labels]] = 0.0

    def add(self, name: str, *labels: str, amount: float = 1.0) -> None:
        """Count something."""
        self._numbers[self._begin + self._place(name, labels)] += amount

    def set(self, name: str, value: float, *labels: str) -> None:
        """Write down how something stands."""
        self._numbers[self._begin + self._place(name, labels)] = value

    def observe(self, family: Family, seconds: float, *labels: str) -> None:
        """Sort a duration into its bucket."""
        place = self._begin + self._place(family.name, labels)
        self._numbers[place + bisect_left(family.buckets, seconds)] += 1
        self._numbers[place + len(family.buckets) + 1] += seconds

    def of_row(self, row: int, name: str, *labels: str) -> float:
        """Return what a process wrote down."""
        return self._numbers[row * self._width + self._places[name, labels]]

    def _place(self, name: str, labels: tuple[str, ...]) -> int:
        place = self._places.get((name, labels))
        return self._nearest(name, labels) if place is None else place

    def _nearest(self, name: str, labels: tuple[str, ...]) -> int:
        """Return the place of an announced series, with as few labels as possible being `other`."""
        positions = range(len(labels))
        for count in range(1, len(labels) + 1):
            for given_up in combinations(positions, count):
                tried = tuple(OTHER if at in given_up else labels[at] for at in positions)
                if (name, tried) in self._places:
                    return self._places[name, tried]
        msg = f"{name} has no series for what was not announced"
        raise KeyError(msg)

    def _total(self, place: int) -> float:
        return sum(self._numbers[place :: self._width])

    def text(self, family: Family) -> Iterator[str]:
        """Return the lines of a family. A labelled series that was never counted is left out."""
        yield from heading(family.name, family.kind, family.help)
        for labels in family.series:
            place = self._places[family.name, labels]
            said = dict(zip(family.labels, labels, strict=True))
            if not family.buckets:
                value = self._total(place)
                if value or not labels or family.kind == "gauge":
                    yield line(family.name, said, value)
                continue
            counts = [self._total(place + index) for index in range(len(family.buckets) + 1)]
            if not any(counts):
                continue
            so_far = 0.0
            for bound, count in zip((*map(_number, family.buckets), "+Inf"), counts, strict=True):
                so_far += count
                yield line(f"{family.name}_bucket", {**said, "le": bound}, so_far)
            yield line(f"{family.name}_sum", said, self._total(place + len(counts)))
            yield line(f"{family.name}_count", said, so_far)


def heading(name: str, kind: str, text: str) -> Iterator[str]:
    """Return the lines that introduce a family."""
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def line(name: str, labels: dict[str, str], value: float) -> str:
    """Return the line of a number, in Prometheus's text format 0.0.4."""
    said = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{said}}} {_number(value)}" if said else f"{name} {_number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))

"""Measure the memory that reading a list of 10,000 tags takes, and what of it stays taken afterwards.

`python -m benchmarks.walk_memory` starts the server over stdio with a Hub that responds from memory, and
reads the same list several times in each view. Uncached, so that each call reads all pages.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from benchmarks.programs import FAST_UNCACHED, UNCACHED, Program, Subject, start_hub
from benchmarks.questions import list_many_tags
from benchmarks.wire import LEGACY, Stdio, build_call

MAX_GROWTH = 10.0
"""The most MiB by which resident memory may stay larger than before the first list."""
_SETTLE_SECONDS = 1.0  # for the server to become idle after its response
_BOTH = "--results", "both"


class View(NamedTuple):
    """What of the tags is shown: the arguments of the call, and options of the server."""

    title: str
    arguments: dict[str, Any]
    options: tuple[str, ...] = ()


VIEWS = (
    View("brief", {}),
    View("fields", {"fields": ["name", "digest", "images"]}),
    View("full", {"detail": "full"}),
    View("brief, results as both", {}, _BOTH),
    View("full, results as both", {"detail": "full"}, _BOTH),
)


class Reading(NamedTuple):
    """The resident memory of a server in MiB: before, at most, and after each list."""

    view: str
    subject: str
    before: float
    peak: float
    after: list[float]
    seconds: float

    @property
    def growth(self) -> float:
        """The MiB that the last list left behind."""
        return self.after[-1] - self.before

    @property
    def is_good(self) -> bool:
        """Whether memory returned to what it was after every list."""
        return max(self.after) - self.before <= MAX_GROWTH


def measure_view(view: View, subject: Subject, hub: str, *, tags: int, lists: int) -> Reading:
    """Read a list several times with a new server, and return its memory."""
    arguments = {"repository": f"many-{tags}", "max_items": 10_000, **view.arguments}
    call = build_call("list_tags", arguments, f" of {tags} items", LEGACY)
    with subject.start_stdio(hub, *view.options) as program:
        client = Stdio(program, LEGACY)
        client.initialize()
        client.ask(list_many_tags(1).build_request(subject, LEGACY))
        before = _read_settled_memory(program)
        program.reset_peak()
        started_at, after = time.perf_counter(), []
        for _ in range(lists):
            client.ask(call)
            after.append(_read_settled_memory(program))
        seconds = (time.perf_counter() - started_at) / lists - _SETTLE_SECONDS
        return Reading(view.title, subject.name, before, program.read_memory("VmHWM"), after, seconds)


def _read_settled_memory(program: Program) -> float:
    time.sleep(_SETTLE_SECONDS)
    return program.read_memory()


def render_table(readings: Sequence[Reading]) -> str:
    """Return the figures as a table."""
    lines = ["| view | server | before | peak | after | growth | seconds |", "| --- | --- |" + " ---: |" * 5]
    for reading in readings:
        after = " ".join(f"{level:.1f}" for level in reading.after)
        growth = f"{reading.growth:+.1f}" + ("" if reading.is_good else " **too much**")
        cells = [reading.view, reading.subject, f"{reading.before:.1f}", f"{reading.peak:.1f}", after, growth]
        lines.append(f"| {' | '.join(cells)} | {reading.seconds:.2f} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and return 0 if memory returned to what it was in every view."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.walk_memory", description=__doc__)
    parser.add_argument("--tags", type=int, default=10_000, help="tags of the repository")
    parser.add_argument("--lists", type=int, default=3, help="how often the list is read in each view")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the views with this in their title")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    readings = []
    with ExitStack() as stack:
        hub = f"http://127.0.0.1:{stack.enter_context(start_hub()).wait_for_port()}"
        for view in VIEWS:
            if options.only in view.title:
                readings += [
                    measure_view(view, subject, hub, tags=options.tags, lists=options.lists)
                    for subject in (UNCACHED, FAST_UNCACHED)
                ]
    shown = json.dumps([each._asdict() for each in readings], indent=1) + "\n"
    sys.stdout.write(shown if options.json else render_table(readings))
    return 0 if all(reading.is_good for reading in readings) else 1


if __name__ == "__main__":
    sys.exit(main())

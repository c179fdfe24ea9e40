"""The time to list all tags of a repository in one call."""

from __future__ import annotations

import re

from benchmarks.measures.bench import LATENCY, Bench
from benchmarks.programs import FAST_UNCACHED, UNCACHED
from benchmarks.questions import PAGE, list_tags
from benchmarks.wire import LEGACY, Stdio, build_call

SEQUENTIAL = "pages x latency"
_CUT = re.compile(rb"(\d+) of (\d+) items.*?CUT at \d+ bytes: (\d+) more")


def measure_pagination(bench: Bench) -> None:
    """Measure the milliseconds to list all tags of a repository, from a Hub that takes 40 ms per page."""
    for subject in bench.order_subjects(UNCACHED, FAST_UNCACHED):
        with subject.start_stdio(bench.slow_hub) as program:
            client = Stdio(program, LEGACY)
            client.initialize()
            client.ask(list_tags(PAGE).build_request(subject, LEGACY))
            for count in bench.list_lengths:
                row, pages = f"{count:,} tags", -(-count // PAGE)
                if subject is UNCACHED:
                    bench.record("pagination", row, SEQUENTIAL, 1000 * LATENCY * pages)
                time_list(client, count)  # the Hub builds a response when it is first requested
                bench.record("pagination", row, subject.name, 1000 * time_list(client, count))


def time_list(client: Stdio, count: int) -> float:
    """Return the seconds to list all tags of a repository that has `count` of them.

    Raises:
        ValueError: The result is about another number of tags.
    """
    arguments = {"repository": f"many-{count}", "max_items": 10_000}
    seconds, answer = client.ask(build_call("list_tags", arguments, f" of {count} items", LEGACY))
    cut = _CUT.search(answer)
    if cut and int(cut[1]) + int(cut[3]) != count:
        msg = f"listing {count} tags returned another number: {answer[:300]!r}"
        raise ValueError(msg)
    return seconds

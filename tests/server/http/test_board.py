"""Numbers in shared memory, and their text."""

from __future__ import annotations

import os

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dockerhub_mcp.server.telemetry.shared_counters import OTHER, Board, Family, line

COLOURS = Family(
    "colours_total",
    "counter",
    "Colours seen.",
    ("colour", "shade"),
    (("red", "dark"), ("red", OTHER), (OTHER, OTHER)),
)
OPEN = Family("open", "gauge", "What is open.")
LASTED = Family("lasted_seconds", "histogram", "How long.", ("what",), (("call",), (OTHER,)), (0.1, 1, 5))


def told(board: Board, *families: Family) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = "".join(f"{each}\n" for family in families for each in board.text(family))
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_was_not_announced_is_counted_as_other() -> None:
    board = Board([COLOURS], 1)
    board.add(COLOURS.name, "red", "dark")
    board.add(COLOURS.name, "red", "pale")
    board.add(COLOURS.name, "green", "dark")
    board.add(COLOURS.name, "x" * 1000, "secret", amount=2)
    assert told(board, COLOURS) == {
        ("colours_total", (("colour", "red"), ("shade", "dark"))): 1,
        ("colours_total", (("colour", "red"), ("shade", OTHER))): 1,
        ("colours_total", (("colour", OTHER), ("shade", OTHER))): 3,
    }
    with pytest.raises(KeyError):
        board.add(OPEN.name)


def test_a_histogram_counts_up_to_each_bound() -> None:
    board = Board([LASTED], 1)
    for seconds in (0.1, 0.2, 3, 60):
        board.observe(LASTED, seconds, "call")
    found = {
        dict(labels).get("le", name[15:]): value for (name, labels), value in told(board, LASTED).items()
    }
    assert found == {"0.1": 1, "1": 2, "5": 3, "+Inf": 4, "sum": pytest.approx(63.3), "count": 4}


def test_rows_of_processes_add_up_and_outlive_them() -> None:
    board = Board([COLOURS, OPEN], 3)
    for row in (0, 1, 2, 1):
        child = os.fork()
        if child == 0:
            board.take(row)
            board.add(COLOURS.name, "red", "dark")
            board.set(OPEN.name, 5)
            os._exit(0)
        os.waitpid(child, 0)
    found = told(board, COLOURS, OPEN)
    assert found["colours_total", (("colour", "red"), ("shade", "dark"))] == 4
    assert found["open", ()] == 15
    board.take(1)  # what its last owner had open is not
    assert told(board, OPEN)["open", ()] == 10
    assert board.of_row(1, COLOURS.name, "red", "dark") == 2


def test_labels_are_escaped() -> None:
    strange = 'a"b\\c\nd'
    (family,) = text_string_to_metric_families(line("x", {"label": strange}, 1.5) + "\n")
    assert family.samples[0].labels == {"label": strange}
    assert family.samples[0].value == 1.5

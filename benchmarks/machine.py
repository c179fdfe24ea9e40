"""The machine that a benchmark runs on, and how busy it was meanwhile."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class RunConditions:
    """The conditions of a run that begins now."""

    def __init__(self) -> None:
        self._others, self._time = _read_cpu_times()

    def describe(self, rounds: int, peer: str = "") -> dict[str, Any]:
        """Return the conditions of a run, with the share of the processors that other processes used."""
        others, now = _read_cpu_times()
        cores = os.cpu_count() or 1
        return {
            "date": datetime.now(UTC).date().isoformat(),
            "cpu": _read_cpu_model(),
            "cores": cores,
            "python": sys.version.split()[0],
            "peer": peer,
            "rounds": rounds,
            "others": max(0.0, 100 * (others - self._others) / ((now - self._time) * cores)),
        }


def run_rounds(run: Any, rounds: int, functions: Mapping[str, Callable[[Any], None]]) -> None:
    """Call each function with the run in every round, and write how long each took to standard error.

    Args:
        run: What the functions measure into; its `round` is set.
        rounds: How often all of them are called.
        functions: The functions by their names.
    """
    for run.round in range(rounds):
        for name, measure in functions.items():
            started_at = time.monotonic()
            measure(run)
            seconds = time.monotonic() - started_at
            sys.stderr.write(f"round {run.round + 1} of {rounds}: {name}, {seconds:.0f} s\n")


def render_conditions(result: Mapping[str, Any]) -> str:
    """Return a paragraph on the machine and on the rounds."""
    rounds = "one round" if result["rounds"] == 1 else f"{result['rounds']} rounds"
    return f"{render_place(result)} All figures are medians of {rounds}.\n"


def render_place(result: Mapping[str, Any]) -> str:
    """Return a sentence on the machine."""
    peer = f", and {result['peer']} as the peer" if result.get("peer") else ""
    return (
        f"Measured on {result['date']} with {result['cores']} processors ({result['cpu']}), of which other "
        f"processes used {result['others']:.0f} %, Python {result['python']}{peer}."
    )


def _read_cpu_times() -> tuple[float, float]:
    """Return the CPU seconds used by other processes so far, and the current time."""
    words = Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:]
    times = [int(word) / os.sysconf("SC_CLK_TCK") for word in words]
    idle = times[3] + times[4]
    return sum(times[:8]) - idle - sum(os.times()[:4]), time.monotonic()


def _read_cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "CPU")

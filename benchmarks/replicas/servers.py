"""The servers that are measured, and the processor time and memory that they use."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from benchmarks.programs import FAST, Program, build_environment
from benchmarks.replicas.hub import COUNTS_PATH

_PSS = "Pss:"
_KIB_PER_MIB = 1024


@contextmanager
def start_hub(accounts: int) -> Iterator[str]:
    """Start a Hub with accounts, and yield its URL."""
    command = [sys.executable, "-m", "benchmarks.replicas.hub", "--accounts", str(accounts)]
    with Program(command, {}) as hub:
        yield f"http://127.0.0.1:{hub.wait_for_port()}"


def read_counts(hub: str) -> dict[str, int]:
    """Return the numbers of `requests` and `sign_ins` that a Hub has received."""
    with urlopen(f"{hub}{COUNTS_PATH}", timeout=60) as answer:  # noqa: S310 - our own sandbox
        counts: dict[str, int] = json.load(answer)
    return counts


def start_server(hub: str, *options: str, has_account: bool, **environment: str) -> Program:
    """Start a server as installed in the image: with the extras `fast` and `store`."""
    variables = build_environment(hub, anonymous=not has_account) | environment
    return Program([*FAST.http, *options], variables)


@dataclass(slots=True)
class Usage:
    """What a process and its children use, from the beginning of a run on.

    Attributes:
        program: The process.
        cpu: The CPU seconds at the beginning.
        began: When that was, on the clock of `time.perf_counter`.
        memory: The samples of the proportional set size in MiB.
    """

    program: Program
    cpu: float = field(init=False)
    began: float = field(init=False)
    memory: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin the run."""
        self.cpu, self.began = self.program.read_cpu(), time.perf_counter()

    def sample(self) -> None:
        """Record the memory."""
        rollup = Path(f"/proc/{self.program.process.pid}/smaps_rollup").read_text("ascii")
        self.memory.append(int(rollup.partition(_PSS)[2].split()[0]) / _KIB_PER_MIB)

    def summarize(self) -> dict[str, float]:
        """Return the share of a core, the memory when the run is over, and the growth in its second half."""
        self.sample()
        half = self.memory[len(self.memory) // 2 :]
        seconds = time.perf_counter() - self.began
        return {
            "cpu_percent": 100 * (self.program.read_cpu() - self.cpu) / seconds,
            "rss_mib": self.program.read_memory(),
            "pss_mib": self.memory[-1],
            "peak_rss_mib": self.program.read_memory("VmHWM"),
            "growth_pss_mib": half[-1] - statistics.median(half[: max(1, len(half) // 10)]),
        }


def sample_all(usages: Sequence[Usage]) -> None:
    """Record the memory of all processes."""
    for usage in usages:
        usage.sample()


def subtract(after: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    """Return what has been counted in between."""
    return {name: after[name] - before[name] for name in after}

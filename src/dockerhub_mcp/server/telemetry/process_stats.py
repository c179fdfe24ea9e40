"""What the kernel tells about processes: memory, processor time, age. Linux only; elsewhere nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from dockerhub_mcp.server.telemetry.shared_counters import heading, line

_PROC = Path("/proc")


def render_process_metrics(workers: Mapping[str, int]) -> Iterator[str]:
    """Return lines for Prometheus about processes, by the worker's number and its process id."""
    found = {name: told for name, pid in workers.items() if (told := _read_process_stats(pid))}
    if not found:
        return
    for key, kind, help_ in (
        ("process_cpu_seconds_total", "counter", "Processor time of a worker, in seconds."),
        ("process_resident_memory_bytes", "gauge", "Memory of a worker; what is shared counts in each."),
        ("process_virtual_memory_bytes", "gauge", "Address space of a worker."),
        ("process_start_time_seconds", "gauge", "When a worker was started, in seconds since 1970."),
        ("process_open_fds", "gauge", "Open file descriptors of a worker."),
    ):
        yield from heading(key, kind, help_)
        for name, told in found.items():
            yield line(key, {"worker": name}, told[key])


def _read_process_stats(pid: int) -> dict[str, float]:
    try:
        # The name of the program stands in brackets and may hold anything.
        words = (_PROC / str(pid) / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
        descriptors = len(os.listdir(_PROC / str(pid) / "fd"))  # noqa: PTH208 - only their number
        boot = next(
            int(row.split()[1])
            for row in (_PROC / "stat").read_text("ascii").splitlines()
            if row[:5] == "btime"
        )
    except (OSError, StopIteration):
        return {}
    tick = os.sysconf("SC_CLK_TCK")
    return {
        "process_cpu_seconds_total": (int(words[11]) + int(words[12])) / tick,
        "process_resident_memory_bytes": int(words[21]) * os.sysconf("SC_PAGE_SIZE"),
        "process_virtual_memory_bytes": float(words[20]),
        "process_start_time_seconds": boot + int(words[19]) / tick,
        "process_open_fds": descriptors,
    }

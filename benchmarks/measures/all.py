"""All measurements, by name."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.measures.bench import Bench
from benchmarks.measures.calls import measure_calls, measure_throughput
from benchmarks.measures.lists import measure_pagination
from benchmarks.measures.memory import measure_memory, measure_memory_by_identities, measure_memory_of_walk
from benchmarks.measures.start import measure_start, measure_start_by_tools

MEASURES: dict[str, Callable[[Bench], None]] = {
    "start": measure_start,
    "start-by-tools": measure_start_by_tools,
    "calls": measure_calls,
    "throughput": measure_throughput,
    "memory": measure_memory,
    "pagination": measure_pagination,
    "walk-memory": measure_memory_of_walk,
    "identities": measure_memory_by_identities,
}

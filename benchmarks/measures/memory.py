"""The resident memory of servers."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks import walk_memory
from benchmarks.measures.bench import CLIENTS, Bench
from benchmarks.programs import CACHED, FAST, FAST_UNCACHED, MINIMAL, UNCACHED, Program, Subject
from benchmarks.questions import REPOSITORY, TEN_TAGS, list_many_tags
from benchmarks.web import HTTPConnection, HTTPLoad
from benchmarks.wire import LEGACY, MODERN, Connection, Stdio

IDLE, AFTER_TWO = "idle, after one call", "idle, after a call of another tool"
PEAK, AFTER_BURSTS = "peak during bursts", "after bursts"
WALK = "memory of a walk"
BEFORE, WALK_PEAK, AFTER = "before", "peak", "after"
WALK_TAGS = 10_000
_AFTER_CALLS = "after 500 calls"
_SETTLE_SECONDS = 0.5  # for what a server still does after its first responses
NEW_ACCOUNTS = 8
"""Accounts that sign in at once for the first time: an address may not try many."""
_BURSTS = [range(first, first + CLIENTS) for first in (1, 101, 201)]
"""The pages of each burst."""
_FIRST_CALLS = (REPOSITORY, IDLE), (TEN_TAGS, AFTER_TWO)


def measure_memory(bench: Bench) -> None:
    """Measure the resident MiB when idle, after calls, and with bursts of 64 pages of 100 tags."""
    for subject in bench.order_subjects(MINIMAL, CACHED, FAST, with_peer=True):
        _measure_memory_over_stdio(bench, subject)
    for subject in bench.order_subjects(MINIMAL, CACHED, FAST):
        _measure_memory_over_http(bench, subject)


def _measure_memory_over_stdio(bench: Bench, subject: Subject) -> None:
    with subject.start_stdio(bench.hub) as program:
        client = Stdio(program, LEGACY)
        client.initialize()
        with _record_memory(bench, "memory over stdio", subject, program, client):
            for pages in _BURSTS:
                client.burst([bench.build_request(list_many_tags(page), subject, LEGACY) for page in pages])


def _measure_memory_over_http(bench: Bench, subject: Subject) -> None:
    with subject.start_http(bench.hub) as program:
        port = program.wait_for_port()
        connection = HTTPConnection(port)
        with _record_memory(bench, "memory over HTTP", subject, program, connection):
            for pages in _BURSTS:
                requests = [bench.build_request(list_many_tags(page), subject, MODERN) for page in pages]
                with HTTPLoad(port, requests, CLIENTS) as load:
                    load.finish_pending()
        connection.close()


@contextmanager
def _record_memory(
    bench: Bench, measure: str, subject: Subject, program: Program, connection: Connection
) -> Iterator[None]:
    """Make the first and the next calls, and record the memory; then its peak, and the value at the end."""
    generation = LEGACY if isinstance(connection, Stdio) else MODERN
    for call, row in _FIRST_CALLS:
        connection.ask(bench.build_request(call, subject, generation))
        time.sleep(_SETTLE_SECONDS)
        bench.record(measure, row, subject.name, program.read_memory())
    request = bench.build_request(REPOSITORY, subject, generation)
    for _ in range(500):
        connection.ask(request)
    bench.record(measure, _AFTER_CALLS, subject.name, program.read_memory())
    program.reset_peak()
    yield
    bench.record(measure, PEAK, subject.name, program.read_memory("VmHWM"))
    bench.record(measure, AFTER_BURSTS, subject.name, program.read_memory())


def measure_memory_of_walk(bench: Bench) -> None:
    """Measure the resident MiB before, during and after a list of 10,000 tags in one call."""
    for subject in bench.order_subjects(UNCACHED, FAST_UNCACHED):
        found = walk_memory.measure_view(walk_memory.VIEWS[0], subject, bench.hub, tags=WALK_TAGS, lists=1)
        for row, figure in ((BEFORE, found.before), (WALK_PEAK, found.peak), (AFTER, found.after[-1])):
            bench.record(WALK, row, subject.name, figure)


def measure_memory_by_identities(bench: Bench) -> None:
    """Measure the resident MiB by the number of accounts that requests bring."""
    for count in bench.identities:
        with CACHED.start_http(bench.hub, "--identity", "request", anonymous=True) as program:
            for at_once in (NEW_ACCOUNTS, CLIENTS):
                present_accounts(program.wait_for_port(), list_accounts(count), at_once)
            bench.record("memory by identities", str(count), CACHED.name, program.read_memory())


def list_accounts(count: int) -> list[str]:
    """Return header lines with the credentials of accounts."""
    headers = []
    for number in range(count):
        pair = base64.b64encode(f"user{number}:dckr_pat_{number:027d}".encode()).decode()
        headers.append(f"authorization: Basic {pair}\r\n")
    return headers


def present_accounts(port: int, headers: Sequence[str], at_once: int = NEW_ACCOUNTS) -> None:
    """Let each account make a call, with a number of accounts at once."""
    request = REPOSITORY.build_request(CACHED, MODERN)
    for first in range(0, len(headers), at_once):
        some = headers[first : first + at_once]
        with HTTPLoad(port, [request], len(some), some) as load:
            load.finish_pending()

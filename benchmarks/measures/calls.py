"""The time of calls, one after another and many at once."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from benchmarks.measures.bench import CLIENTS, Bench, warm_up
from benchmarks.programs import CACHED, FAST_UNCACHED, MINIMAL, UNCACHED, Subject
from benchmarks.questions import CALLS, REPOSITORY, TEN_TAGS
from benchmarks.web import HTTPConnection, HTTPLoad
from benchmarks.wire import LEGACY, MODERN, Connection, Question, Stdio

_FEW, _NEXT_SHARE = 20, 0.2
"""Calls of another tool, and their share of the first ones, once a server is warm."""
_FOUR = MINIMAL, UNCACHED, FAST_UNCACHED, CACHED


def measure_calls(bench: Bench) -> None:
    """Measure the milliseconds of sequential calls, over stdio and over HTTP."""
    for call in CALLS:
        hub = HTTPConnection(bench.hub_port)
        durations = [hub.get(call.path, call.hub_expected.encode()) for _ in range(bench.calls + 1)][1:]
        hub.close()
        for transport in ("stdio", "HTTP"):
            _record_calls(bench, transport, call.title, "raw", durations)
    for subject in bench.order_subjects(*_FOUR, with_peer=True):
        with subject.start_stdio(bench.hub) as program:
            client = Stdio(program, LEGACY)
            client.initialize()
            warm_up(client, bench.build_request(REPOSITORY, subject, LEGACY), subject.warm_up)
            _time_calls(bench, "stdio", subject, client, LEGACY)
    for subject in bench.order_subjects(*_FOUR):
        with subject.start_http(bench.hub) as program:
            connection = HTTPConnection(program.wait_for_port())
            _time_calls(bench, "HTTP", subject, connection, MODERN)
            connection.close()


def _time_calls(
    bench: Bench, transport: str, subject: Subject, connection: Connection, generation: str
) -> None:
    for call in CALLS:
        if not bench.can(call, subject):
            continue
        request = bench.build_request(call, subject, generation)
        for _ in range(_FEW if subject.warm_up else 3):
            connection.ask(request)
        durations = [connection.ask(request)[0] for _ in range(bench.calls)]
        _record_calls(bench, transport, call.title, subject.name, durations)


def _record_calls(bench: Bench, transport: str, row: str, column: str, durations: Sequence[float]) -> None:
    percentiles = statistics.quantiles(durations, n=100, method="inclusive")
    for percent in (50, 99):
        bench.record(f"p{percent} over {transport}", row, column, percentiles[percent - 1] * 1000)


def measure_throughput(bench: Bench) -> None:
    """Measure the calls per second with 64 in flight, all with the same arguments."""
    for subject in bench.order_subjects(*_FOUR, with_peer=True):
        with subject.start_stdio(bench.hub) as program:
            client = Stdio(program, LEGACY)
            client.initialize()
            for call, share in ((REPOSITORY, 1), (TEN_TAGS, _NEXT_SHARE)):
                request = bench.build_request(call, subject, LEGACY)
                warm_up(client, request, int(subject.warm_up * share))
                client.flood([request], CLIENTS, bench.seconds / 4)
                rate = client.flood([request], CLIENTS, bench.seconds)
                bench.record("throughput", f"stdio: {call.title}", subject.name, rate)
    for generation in (MODERN, LEGACY):
        for subject in bench.order_subjects(*_FOUR, with_peer=generation == LEGACY):
            request = bench.build_request(REPOSITORY, subject, generation)
            row = f"HTTP, {generation}: {REPOSITORY.title}"
            bench.record("throughput", row, subject.name, _measure_rate_over_http(bench, subject, request))


def _measure_rate_over_http(bench: Bench, subject: Subject, request: Question) -> float:
    with (
        subject.start_http(bench.hub) as program,
        HTTPLoad(program.wait_for_port(), [request], CLIENTS) as load,
    ):
        load.finish_pending()
        load.send(subject.warm_up)
        load.run(bench.seconds / 4)
        return load.run(bench.seconds)

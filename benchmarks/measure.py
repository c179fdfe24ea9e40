"""The measurements: each function takes one round of one of them."""

from __future__ import annotations

import base64
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.programs import CACHED, FAST, FAST_UNCACHED, MINIMAL, UNCACHED, Program, Subject
from benchmarks.questions import CALLS, PAGE, REPOSITORIES, Call, list_many_tags
from benchmarks.web import HTTPConnection, HTTPLoad
from benchmarks.wire import LEGACY, MODERN, Connection, Question, Stdio, build_call, build_handshake
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.tools.catalog.registry import Registry

CLIENTS = 64
LATENCY = 0.04
"""Seconds that the slow Hub takes for each response."""
GOAL_TAGS = 2500
"""The number of tags that the goal for pagination is about."""
SEQUENTIAL = "pages x latency"
DEFAULT_SETTINGS, OTHER_HUB = "default settings", "other Hub"
IDLE, PEAK, AFTER_BURSTS = "idle, after one call", "peak during bursts", "after bursts"
_AFTER_CALLS = "after 500 calls"
_NEW_ACCOUNTS = 8
"""Accounts that sign in at once for the first time: an address may not try many."""
_BURSTS = [range(first, first + CLIENTS) for first in (1, 101, 201)]
"""The pages of each burst."""
_TOOLS = (
    *("list_repositories", "get_repository", "check_repository", "list_tags", "get_tag", "check_tag"),
    *("search_repositories", "list_org_members", "list_audit_logs", "get_current_user"),
)
_CUT = re.compile(rb"(\d+) of (\d+) items.*?CUT at \d+ bytes: (\d+) more")
Figures = dict[str, dict[str, dict[str, list[float]]]]
"""The figure of each round, by measurement, row and column."""


@dataclass(slots=True)
class Bench:
    """One run: its extent, and the figures so far.

    Attributes:
        hub: The URL of the Hub.
        slow_hub: The URL of a Hub with latency.
        hub_port: The port of the first Hub.
        seconds: The duration of each load.
        calls: How often each sequential call is made.
        identities: The numbers of accounts that memory is measured with.
        list_lengths: The numbers of tags that pagination is measured with.
        peer: Another server over stdio, and a function that returns its call for a protocol version.
        round: The number of the round; servers take turns in being measured first.
        figures: The figures so far.
    """

    hub: str
    slow_hub: str
    hub_port: int
    seconds: float = 2.0
    calls: int = 100
    identities: Sequence[int] = (1, 100, 1000)
    list_lengths: Sequence[int] = (100, 1000, GOAL_TAGS, 10_000)
    peer: tuple[Subject, Callable[[str], Question]] | None = None
    round: int = 0
    figures: Figures = field(default_factory=dict)

    def record(self, measure: str, row: str, column: str, figure: float) -> None:
        """Add a figure."""
        self.figures.setdefault(measure, {}).setdefault(row, {}).setdefault(column, []).append(figure)

    def order_subjects(self, *subjects: Subject, with_peer: bool = False) -> list[Subject]:
        """Return the servers in the order of this round."""
        ordered = [*subjects, self.peer[0]] if with_peer and self.peer else [*subjects]
        return ordered[::-1] if self.round % 2 else ordered

    def is_peer(self, subject: Subject) -> bool:
        """Return whether a server is the peer."""
        return self.peer is not None and subject is self.peer[0]

    def build_request(self, call: Call, subject: Subject, generation: str) -> Question:
        """Return the request for a call to a server; the peer knows one call only."""
        if self.peer and subject is self.peer[0]:
            return self.peer[1](generation)
        return call.build_request(subject, generation)


def measure_start(bench: Bench) -> None:
    """Measure the milliseconds from the start of a process to its first responses over stdio."""
    for generation in (LEGACY, MODERN):
        for subject in bench.order_subjects(MINIMAL, CACHED, with_peer=generation == LEGACY):
            is_ours = subject is CACHED
            for step, seconds in _time_steps(bench, subject, generation).items():
                column = OTHER_HUB if is_ours else subject.name
                bench.record("start", f"{generation}: {step}", column, seconds * 1000)
            steps = _time_steps(bench, subject, generation, with_hub=False) if is_ours else {}
            for step, seconds in steps.items():
                bench.record("start", f"{generation}: {step}", DEFAULT_SETTINGS, seconds * 1000)


def measure_start_by_tools(bench: Bench) -> None:
    """Measure the same by the number of enabled tools."""
    everything = "--toolsets", "all", "--access", "admin"
    some = "--tools", ",".join(_TOOLS)
    default = f"{len(Registry().tools)}, by default"
    numbers = {
        "1": ("--tools", "get_repository"),
        str(len(_TOOLS)): some,
        default: (),
        f"all {len(ALL_METHODS)}": everything,
    }
    for name, options in numbers.items():
        program = Subject(name, (*CACHED.stdio, *options))
        # A result is only available with the URL of the local Hub, which changes the start.
        steps = _time_steps(bench, program, LEGACY) | _time_steps(bench, program, LEGACY, with_hub=False)
        for step, seconds in steps.items():
            bench.record("start by tools", f"enabled tools: {name}", step, seconds * 1000)


def _time_steps(
    bench: Bench, subject: Subject, generation: str, *, with_hub: bool = True
) -> dict[str, float]:
    """Return the seconds from the start to each response; to the first result only with the local Hub."""
    steps = {}
    with subject.start_stdio(bench.hub if with_hub else "", anonymous=True) as program:
        client = Stdio(program, generation)
        client.initialize()
        steps[build_handshake(generation).method] = client.seconds_since_start()
        client.ask(Question("tools/list", {}, b'"tools":[', generation))
        steps["tools/list"] = client.seconds_since_start()
        if with_hub:
            client.ask(bench.build_request(REPOSITORIES[0], subject, generation))
            steps["first result"] = client.seconds_since_start()
    return steps


def measure_calls(bench: Bench) -> None:
    """Measure the milliseconds of sequential calls, over stdio and over HTTP."""
    for call in CALLS:
        hub = HTTPConnection(bench.hub_port)
        durations = [hub.get(call.path, call.hub_expected.encode()) for _ in range(bench.calls + 1)][1:]
        hub.close()
        for transport in ("stdio", "HTTP"):
            _record_calls(bench, transport, call.title, "raw", durations)
    for subject in bench.order_subjects(MINIMAL, UNCACHED, FAST_UNCACHED, CACHED, with_peer=True):
        with subject.start_stdio(bench.hub) as program:
            client = Stdio(program, LEGACY)
            client.initialize()
            _time_calls(bench, "stdio", subject, client, LEGACY)
    for subject in bench.order_subjects(MINIMAL, UNCACHED, FAST_UNCACHED, CACHED):
        with subject.start_http(bench.hub) as program:
            connection = HTTPConnection(program.wait_for_port())
            _time_calls(bench, "HTTP", subject, connection, MODERN)
            connection.close()


def _time_calls(
    bench: Bench, transport: str, subject: Subject, connection: Connection, generation: str
) -> None:
    for call in CALLS[:1] if bench.is_peer(subject) else CALLS:
        request = bench.build_request(call, subject, generation)
        for _ in range(3):
            connection.ask(request)
        durations = [connection.ask(request)[0] for _ in range(bench.calls)]
        _record_calls(bench, transport, call.title, subject.name, durations)


def _record_calls(bench: Bench, transport: str, row: str, column: str, durations: Sequence[float]) -> None:
    percentiles = statistics.quantiles(durations, n=100, method="inclusive")
    for percent in (50, 99):
        bench.record(f"p{percent} over {transport}", row, column, percentiles[percent - 1] * 1000)


def measure_throughput(bench: Bench) -> None:
    """Measure the calls per second with 64 in flight, for four repositories in turn."""
    for subject in bench.order_subjects(MINIMAL, UNCACHED, FAST_UNCACHED, CACHED, with_peer=True):
        with subject.start_stdio(bench.hub) as program:
            client = Stdio(program, LEGACY)
            client.initialize()
            requests = [bench.build_request(call, subject, LEGACY) for call in REPOSITORIES]
            client.flood(requests, CLIENTS, bench.seconds / 4)
            rate = client.flood(requests, CLIENTS, bench.seconds)
        bench.record("throughput", "stdio", subject.name, rate)
    for generation in (MODERN, LEGACY):
        for subject in bench.order_subjects(MINIMAL, UNCACHED, FAST_UNCACHED, CACHED):
            requests = [call.build_request(subject, generation) for call in REPOSITORIES]
            with (
                subject.start_http(bench.hub) as program,
                HTTPLoad(program.wait_for_port(), requests, CLIENTS) as load,
            ):
                load.finish_pending()
                load.run(bench.seconds / 4)
                rate = load.run(bench.seconds)
            bench.record("throughput", f"HTTP, {generation}", subject.name, rate)


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
        request = bench.build_request(REPOSITORIES[0], subject, LEGACY)
        client.ask(request)
        if bench.is_peer(subject):  # its call for tags is not known here
            bench.record("memory over stdio", IDLE, subject.name, program.read_memory())
            for _ in range(500):
                client.ask(request)
            bench.record("memory over stdio", _AFTER_CALLS, subject.name, program.read_memory())
            return
        with _record_memory(bench, "memory over stdio", subject, program) as record_calls:
            for _ in range(500):
                client.ask(request)
            record_calls()
            for pages in _BURSTS:
                client.burst([bench.build_request(list_many_tags(page), subject, LEGACY) for page in pages])


def _measure_memory_over_http(bench: Bench, subject: Subject) -> None:
    with subject.start_http(bench.hub) as program:
        port = program.wait_for_port()
        connection = HTTPConnection(port)
        request = REPOSITORIES[0].build_request(subject, MODERN)
        connection.ask(request)
        with _record_memory(bench, "memory over HTTP", subject, program) as record_calls:
            for _ in range(500):
                connection.ask(request)
            record_calls()
            for pages in _BURSTS:
                requests = [list_many_tags(page).build_request(subject, MODERN) for page in pages]
                with HTTPLoad(port, requests, CLIENTS) as load:
                    load.finish_pending()
        connection.close()


@contextmanager
def _record_memory(
    bench: Bench, measure: str, subject: Subject, program: Program
) -> Iterator[Callable[[], None]]:
    """Record the memory before and after, the peak, and the value when the yielded function is called."""
    bench.record(measure, IDLE, subject.name, program.read_memory())

    def record_calls() -> None:
        bench.record(measure, _AFTER_CALLS, subject.name, program.read_memory())
        program.reset_peak()

    yield record_calls
    bench.record(measure, PEAK, subject.name, program.read_memory("VmHWM"))
    bench.record(measure, AFTER_BURSTS, subject.name, program.read_memory())


def measure_pagination(bench: Bench) -> None:
    """Measure the milliseconds to list all tags of a repository, from a Hub that takes 40 ms per page."""
    for subject in bench.order_subjects(UNCACHED, FAST_UNCACHED):
        with subject.start_stdio(bench.slow_hub) as program:
            client = Stdio(program, LEGACY)
            client.initialize()
            client.ask(CALLS[3].build_request(subject, LEGACY))
            for count in bench.list_lengths:
                row, pages = f"{count:,} tags", -(-count // PAGE)
                if subject is UNCACHED:
                    bench.record("pagination", row, SEQUENTIAL, 1000 * LATENCY * pages)
                _time_list(client, count)  # the Hub builds a response when it is first requested
                bench.record("pagination", row, subject.name, 1000 * _time_list(client, count))


def _time_list(client: Stdio, count: int) -> float:
    """Return the seconds to list all tags of a repository that has `count` of them."""
    arguments = {"repository": f"many-{count}", "max_items": 10_000}
    seconds, answer = client.ask(build_call("list_tags", arguments, f" of {count} items", LEGACY))
    cut = _CUT.search(answer)
    if cut and int(cut[1]) + int(cut[3]) != count:
        msg = f"listing {count} tags returned another number: {answer[:300]!r}"
        raise ValueError(msg)
    return seconds


def measure_memory_by_identities(bench: Bench) -> None:
    """Measure the resident MiB by the number of accounts that requests bring."""
    request = REPOSITORIES[0].build_request(CACHED, MODERN)
    for count in bench.identities:
        headers = []
        for number in range(count):
            pair = base64.b64encode(f"user{number}:dckr_pat_{number:027d}".encode()).decode()
            headers.append(f"authorization: Basic {pair}\r\n")
        with CACHED.start_http(bench.hub, "--identity", "request", anonymous=True) as program:
            for at_once in (_NEW_ACCOUNTS, CLIENTS):
                for first in range(0, count, at_once):
                    some = headers[first : first + at_once]
                    with HTTPLoad(program.wait_for_port(), [request], len(some), some) as load:
                        load.finish_pending()
            bench.record("memory by identities", str(count), CACHED.name, program.read_memory())


MEASURES: dict[str, Callable[[Bench], None]] = {
    "start": measure_start,
    "start-by-tools": measure_start_by_tools,
    "calls": measure_calls,
    "throughput": measure_throughput,
    "memory": measure_memory,
    "pagination": measure_pagination,
    "identities": measure_memory_by_identities,
}

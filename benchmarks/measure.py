"""What is measured: each function takes one round of one measure."""

from __future__ import annotations

import base64
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.programs import CACHED, FAST, FAST_UNCACHED, FLOOR, UNCACHED, Program, Subject
from benchmarks.questions import CALLS, PAGE, REPOSITORIES, Asked, page_of_tags
from benchmarks.web import Crowd, Socket
from benchmarks.wire import LEGACY, MODERN, Line, Question, Stdio, called, greeting

CLIENTS = 64
LATENCY = 0.04  # seconds that the Hub takes for each page of a walk
WALKED = 2500  # tags that the goal is about
SEQUENTIAL = "pages x latency"
AS_IT_COMES, OTHER_HUB = "as it comes", "another Hub"
_IDLE, _AFTER_CALLS = "idle, after one call", "after 500 calls"
_NEW = 8  # accounts that come for the first time at once: an address may not try many
_BURSTS = [range(first, first + CLIENTS) for first in (1, 101, 201)]  # pages
_TOOLS = (
    *("list_repositories", "get_repository", "check_repository", "list_tags", "get_tag", "check_tag"),
    *("search_repositories", "list_org_members", "list_audit_logs", "get_current_user"),
)
_CUT = re.compile(rb"(\d+) of (\d+) items.*?CUT at \d+ bytes: (\d+) more")
Figures = dict[str, dict[str, dict[str, list[float]]]]
"""By measure, row and column: the figure of each round."""


@dataclass(slots=True)
class Bench:
    """One run: how much of everything, and what was found.

    Attributes:
        hub: The address of the Hub.
        slow_hub: That of one which takes its time.
        hub_port: The port of the first.
        seconds: How long each load lasts.
        calls: How often each call is made, one after another.
        identities: The numbers of accounts that memory is measured with.
        walks: The numbers of tags that walks read.
        peer: Another server, and the call that it is asked; it speaks stdio.
        round: The number of the round, so that those who are compared take turns in being first.
        figures: What was found so far.
    """

    hub: str
    slow_hub: str
    hub_port: int
    seconds: float = 2.0
    calls: int = 100
    identities: Sequence[int] = (1, 100, 1000)
    walks: Sequence[int] = (100, 1000, WALKED, 10_000)
    peer: tuple[Subject, Callable[[str], Question]] | None = None
    round: int = 0
    figures: Figures = field(default_factory=dict)

    def note(self, measure: str, row: str, column: str, figure: float) -> None:
        """Keep a figure."""
        self.figures.setdefault(measure, {}).setdefault(row, {}).setdefault(column, []).append(figure)

    def turns(self, *subjects: Subject, peer: bool = False) -> list[Subject]:
        """Return those who are compared, in the order of this round."""
        found = [*subjects, self.peer[0]] if peer and self.peer else [*subjects]
        return found[::-1] if self.round % 2 else found

    def question(self, asked: Asked, subject: Subject, generation: str) -> Question:
        """Return a call as the subject knows it."""
        if self.peer and subject is self.peer[0]:
            return self.peer[1](generation)
        return asked.of(subject, generation)


def start(bench: Bench) -> None:
    """Milliseconds from the start of a process to its answers, over stdio."""
    for generation in (LEGACY, MODERN):
        for subject in bench.turns(FLOOR, CACHED, peer=generation == LEGACY):
            ours = subject is CACHED
            for step, seconds in _steps(bench, subject, generation).items():
                column = OTHER_HUB if ours else subject.name
                bench.note("start", f"{generation}: {step}", column, seconds * 1000)
            for step, seconds in (_steps(bench, subject, generation, hub=False) if ours else {}).items():
                bench.note("start", f"{generation}: {step}", AS_IT_COMES, seconds * 1000)


def start_by_tools(bench: Bench) -> None:
    """Milliseconds to the same, by the number of tools."""
    everything = "--toolsets", "all", "--access", "admin"
    some = "--tools", ",".join(_TOOLS)
    numbers = {"1": ("--tools", "get_repository"), "10": some, "22, as it comes": (), "all 66": everything}
    for name, options in numbers.items():
        program = Subject(name, (*CACHED.stdio, *options))
        # The Hub's own address cannot be asked for a result here, and another one changes the beginning.
        took = _steps(bench, program, LEGACY) | _steps(bench, program, LEGACY, hub=False)
        for step, seconds in took.items():
            bench.note("start by tools", f"tools on: {name}", step, seconds * 1000)


def _steps(bench: Bench, subject: Subject, generation: str, *, hub: bool = True) -> dict[str, float]:
    """Return the seconds to each answer; to a result only where there is a Hub for measurements."""
    found = {}
    with subject.over_stdio(bench.hub if hub else "", anonymous=True) as program:
        line = Stdio(program, generation)
        line.greet()
        found[greeting(generation).method] = line.since_start()
        line.ask(Question("tools/list", {}, b'"tools":[', generation))
        found["tools/list"] = line.since_start()
        if hub:
            line.ask(bench.question(REPOSITORIES[0], subject, generation))
            found["first result"] = line.since_start()
    return found


def calls(bench: Bench) -> None:
    """Milliseconds of calls one after another, over stdio and over HTTP."""
    for asked in CALLS:
        hub = Socket(bench.hub_port)
        took = [hub.get(asked.path, asked.hub_says.encode()) for _ in range(bench.calls + 1)][1:]
        hub.close()
        for transport in ("stdio", "HTTP"):
            _note_calls(bench, transport, asked.title, "raw", took)
    for subject in bench.turns(FLOOR, UNCACHED, FAST_UNCACHED, CACHED, peer=True):
        with subject.over_stdio(bench.hub) as program:
            line = Stdio(program, LEGACY)
            line.greet()
            _calls(bench, "stdio", subject, line, LEGACY)
    for subject in bench.turns(FLOOR, UNCACHED, FAST_UNCACHED, CACHED):
        with subject.over_http(bench.hub) as program:
            connection = Socket(program.port())
            _calls(bench, "HTTP", subject, connection, MODERN)
            connection.close()


def _calls(bench: Bench, transport: str, subject: Subject, line: Line, generation: str) -> None:
    peer = bench.peer is not None and subject is bench.peer[0]
    for asked in CALLS[:1] if peer else CALLS:
        question = bench.question(asked, subject, generation)
        for _ in range(3):
            line.ask(question)
        took = [line.ask(question)[0] for _ in range(bench.calls)]
        _note_calls(bench, transport, asked.title, subject.name, took)


def _note_calls(bench: Bench, transport: str, row: str, column: str, took: Sequence[float]) -> None:
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    for part in (50, 99):
        bench.note(f"p{part} over {transport}", row, column, cuts[part - 1] * 1000)


def throughput(bench: Bench) -> None:
    """Calls a second with 64 under way: four repositories in turn."""
    for subject in bench.turns(FLOOR, UNCACHED, FAST_UNCACHED, CACHED, peer=True):
        with subject.over_stdio(bench.hub) as program:
            line = Stdio(program, LEGACY)
            line.greet()
            questions = [bench.question(asked, subject, LEGACY) for asked in REPOSITORIES]
            line.flood(questions, CLIENTS, bench.seconds / 4)
            rate = line.flood(questions, CLIENTS, bench.seconds)
        bench.note("throughput", "stdio", subject.name, rate)
    for generation, workers in ((MODERN, 1), (MODERN, 2), (MODERN, 4), (LEGACY, 1)):
        for subject in bench.turns(FLOOR, UNCACHED, FAST_UNCACHED, CACHED):
            questions = [asked.of(subject, generation) for asked in REPOSITORIES]
            with (
                subject.over_http(bench.hub, "--workers", str(workers)) as program,
                Crowd(program.port(), questions, CLIENTS) as crowd,
            ):
                crowd.settle()
                crowd.ask_for(bench.seconds / 4)
                rate = crowd.ask_for(bench.seconds)
            row = f"HTTP, {generation}, {workers} worker{'s' * (workers > 1)}"
            bench.note("throughput", row, subject.name, rate)


def memory(bench: Bench) -> None:
    """MiB resident: idle, after calls, and with bursts of 64 pages of 100 tags."""
    for subject in bench.turns(FLOOR, CACHED, FAST, peer=True):
        with subject.over_stdio(bench.hub) as program:
            line = Stdio(program, LEGACY)
            line.greet()
            question = bench.question(REPOSITORIES[0], subject, LEGACY)
            line.ask(question)
            if bench.peer and subject is bench.peer[0]:  # how it is asked for tags is not known here
                bench.note("memory over stdio", _IDLE, subject.name, program.memory())
                for _ in range(500):
                    line.ask(question)
                bench.note("memory over stdio", _AFTER_CALLS, subject.name, program.memory())
                continue
            with _noted(bench, "memory over stdio", subject, program) as burst:
                for _ in range(500):
                    line.ask(question)
                burst()
                for pages in _BURSTS:
                    line.burst([bench.question(page_of_tags(page), subject, LEGACY) for page in pages])
    for subject in bench.turns(FLOOR, CACHED, FAST):
        with subject.over_http(bench.hub) as program:
            connection = Socket(program.port())
            question = REPOSITORIES[0].of(subject, MODERN)
            connection.ask(question)
            with _noted(bench, "memory over HTTP", subject, program) as burst:
                for _ in range(500):
                    connection.ask(question)
                burst()
                for pages in _BURSTS:
                    some = [page_of_tags(page).of(subject, MODERN) for page in pages]
                    with Crowd(program.port(), some, CLIENTS) as crowd:
                        crowd.settle()
            connection.close()


@contextmanager
def _noted(bench: Bench, measure: str, subject: Subject, program: Program) -> Iterator[Callable[[], None]]:
    """Note the memory before, in between when what is given is called, at most, and after."""
    bench.note(measure, _IDLE, subject.name, program.memory())

    def between() -> None:
        bench.note(measure, _AFTER_CALLS, subject.name, program.memory())
        program.forget_peak()

    yield between
    bench.note(measure, "at most in bursts", subject.name, program.memory("VmHWM"))
    bench.note(measure, "after bursts", subject.name, program.memory())


def walk(bench: Bench) -> None:
    """Milliseconds of a walk over all tags of a repository, of a Hub that takes 40 ms for a page."""
    for subject in bench.turns(UNCACHED, FAST_UNCACHED):
        with subject.over_stdio(bench.slow_hub) as program:
            line = Stdio(program, LEGACY)
            line.greet()
            line.ask(CALLS[3].of(subject, LEGACY))
            for count in bench.walks:
                row, pages = f"{count:,} tags", -(-count // PAGE)
                if subject is UNCACHED:
                    bench.note("walk", row, SEQUENTIAL, 1000 * LATENCY * pages)
                _walked(line, count)  # the Hub makes answers up when it is asked for the first time
                bench.note("walk", row, subject.name, 1000 * _walked(line, count))


def _walked(line: Stdio, count: int) -> float:
    """Return the seconds of a walk over so many tags, all of which were read."""
    arguments = {"repository": f"many-{count}", "max_items": 10_000}
    took, answer = line.ask(called("list_tags", arguments, f" of {count} items", LEGACY))
    cut = _CUT.search(answer)
    if cut and int(cut[1]) + int(cut[3]) != count:
        msg = f"a walk over {count} tags read others: {answer[:300]!r}"
        raise ValueError(msg)
    return took


def memory_by_identities(bench: Bench) -> None:
    """MiB resident with so many accounts that requests bring."""
    question = REPOSITORIES[0].of(CACHED, MODERN)
    for count in bench.identities:
        heads = []
        for number in range(count):
            pair = base64.b64encode(f"somebody{number}:dckr_pat_{number:027d}".encode()).decode()
            heads.append(f"authorization: Basic {pair}\r\n")
        with CACHED.over_http(bench.hub, "--identity", "request", anonymous=True) as program:
            for at_once in (_NEW, CLIENTS):
                for first in range(0, count, at_once):
                    some = heads[first : first + at_once]
                    with Crowd(program.port(), [question], len(some), some) as crowd:
                        crowd.settle()
            bench.note("memory by identities", str(count), "cache on", program.memory())


MEASURES: dict[str, Callable[[Bench], None]] = {
    "start": start,
    "start-by-tools": start_by_tools,
    "calls": calls,
    "throughput": throughput,
    "memory": memory,
    "walk": walk,
    "identities": memory_by_identities,
}

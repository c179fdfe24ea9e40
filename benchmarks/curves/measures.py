"""The measurements: each function takes one round of one curve."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.curves.cost import MEMORY, Run, observe
from benchmarks.measures.bench import warm_up
from benchmarks.measures.lists import time_list
from benchmarks.measures.memory import list_accounts, present_accounts
from benchmarks.programs import CACHED, FAST_UNCACHED, MINIMAL, UNCACHED, Subject
from benchmarks.questions import PAGE, REPOSITORY, list_many_tags, list_tags
from benchmarks.web import HTTPLoad
from benchmarks.wire import LEGACY, MODERN, Stdio

TAGS, IN_FLIGHT, ACCOUNTS, WALKS = "tags of a page", "calls in flight", "accounts", "tags of a list"
SIZES = 1, 10, 25, 50, 100
AT_ONCE = 1, 4, 16, 64, 256
IDENTITIES = 1, 10, 100, 1000
LENGTHS = 100, 500, 1000, 2500, 5000, 10_000
AXES = SIZES, AT_ONCE, IDENTITIES, LENGTHS
_CLIENTS = 16
"""Clients that bring accounts."""
_FEW = 20
"""Calls before those that are measured."""
_FOUR = MINIMAL, UNCACHED, FAST_UNCACHED, CACHED


def _start_client(run: Run, subject: Subject, client: Stdio) -> None:
    client.initialize()
    warm_up(client, run.build_request(REPOSITORY, subject), max(subject.warm_up, _FEW))


def measure_pages(run: Run) -> None:
    """Measure a call for a page of tags by its size, one call after another over stdio."""
    for subject in run.order_subjects(*_FOUR):
        with subject.start_stdio(run.hub) as program:
            client = Stdio(program, LEGACY)
            _start_client(run, subject, client)
            for size in SIZES[: run.values]:
                request = run.build_request(list_tags(size), subject)
                for _ in range(_FEW):
                    client.ask(request)
                with observe(program, run.calls) as sample:
                    for _ in range(run.calls):
                        client.ask(request)
                run.record_sample(TAGS, size, subject, sample)


def measure_flights(run: Run) -> None:
    """Measure a call for a repository by how many are in flight over stdio."""
    for subject in run.order_subjects(*_FOUR):
        with subject.start_stdio(run.hub) as program:
            client = Stdio(program, LEGACY)
            _start_client(run, subject, client)
            request = run.build_request(REPOSITORY, subject)
            for at_once in AT_ONCE[: run.values]:
                client.make_calls(request, at_once, at_once)
                calls = max(run.calls, 2 * at_once)
                with observe(program, calls) as sample:
                    client.make_calls(request, at_once, calls)
                run.record_sample(IN_FLIGHT, at_once, subject, sample)


def measure_accounts(run: Run) -> None:
    """Measure a call for a repository by how many accounts requests bring, with 16 clients over HTTP."""
    request = REPOSITORY.build_request(CACHED, MODERN)
    for subject in (UNCACHED, FAST_UNCACHED, CACHED)[:: -1 if run.round % 2 else 1]:
        for count in IDENTITIES[: run.values]:
            headers = list_accounts(count)
            with subject.start_http(run.hub, "--identity", "request", anonymous=True) as program:
                present_accounts(program.wait_for_port(), headers)
                calls = max(run.calls, count)  # so that each account makes one
                with HTTPLoad(program.wait_for_port(), [request], _CLIENTS, headers) as load:
                    load.finish_pending()
                    with observe(program, calls) as sample:
                        load.send(calls)
                run.record_sample(ACCOUNTS, count, subject, sample)
                run.record(ACCOUNTS, count, subject, {MEMORY: program.read_memory()})


def measure_walks(run: Run) -> None:
    """Measure a list of tags by its length: one call of this server, a call for each page with the others."""
    for subject in run.order_subjects(*_FOUR):
        with subject.start_stdio(run.hub) as program:
            client = Stdio(program, LEGACY)
            _start_client(run, subject, client)
            client.ask(run.build_request(list_many_tags(1), subject))
            for length in LENGTHS[: run.values]:
                read_list = _choose_reader(run, subject)
                read_list(client, length)  # the Hub builds a response when it is first requested
                with observe(program, 1) as sample:
                    read_list(client, length)
                run.record_sample(WALKS, length, subject, sample)


def _choose_reader(run: Run, subject: Subject) -> Callable[[Stdio, int], object]:
    """Return the function that reads a list from a server; only this one has a tool for all pages."""

    def read_pages(client: Stdio, length: int) -> None:
        for page in range(1, length // PAGE + 1):
            client.ask(run.build_request(list_many_tags(page), subject))

    is_other = subject.is_minimal or (run.peer is not None and subject is run.peer.subject)
    return read_pages if is_other else time_list


CURVES: dict[str, Callable[[Run], None]] = {
    "pages": measure_pages,
    "in-flight": measure_flights,
    "accounts": measure_accounts,
    "lists": measure_walks,
}

"""The time from the start of a process to its first responses."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

from benchmarks.measures.bench import Bench
from benchmarks.programs import CACHED, MINIMAL, Subject
from benchmarks.questions import REPOSITORY
from benchmarks.wire import LEGACY, MODERN, Question, Stdio, build_handshake
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.tools.catalog.registry import Registry

DEFAULT_SETTINGS, OTHER_HUB = "default settings", "other Hub"
FIRST_RESULT, SIGNED_IN = "first result", "first result, with an account"
_TOOLS = (
    *("list_repositories", "get_repository", "check_repository", "list_tags", "get_tag", "check_tag"),
    *("search_repositories", "list_org_members", "list_audit_logs", "get_current_user"),
)
Steps = Mapping[str, float]
"""Seconds from the start to each response, by the name of the step."""


def measure_start(bench: Bench) -> None:
    """Measure the milliseconds from the start of a process to its first responses over stdio."""
    for generation in (LEGACY, MODERN):
        for subject in bench.order_subjects(MINIMAL, CACHED, with_peer=generation == LEGACY):
            column = OTHER_HUB if subject is CACHED else subject.name
            steps = dict(_find_medians(bench, subject, generation))
            if subject is not MINIMAL:  # which has no accounts
                signed_in = _find_medians(bench, subject, generation, anonymous=False)
                steps[SIGNED_IN] = signed_in[FIRST_RESULT]
            _record(bench, generation, column, steps)
            if subject is CACHED:
                steps = dict(_find_medians(bench, subject, generation, with_hub=False))
                _record(bench, generation, DEFAULT_SETTINGS, steps)


def _record(bench: Bench, generation: str, column: str, steps: Steps) -> None:
    for step, seconds in steps.items():
        bench.record("start", f"{generation}: {step}", column, seconds * 1000)


def measure_start_by_tools(bench: Bench) -> None:
    """Measure the same by the number of enabled tools."""
    numbers = {
        "1": ("--tools", "get_repository"),
        str(len(_TOOLS)): ("--tools", ",".join(_TOOLS)),
        f"{len(Registry().tools)}, by default": (),
        f"all {len(ALL_METHODS)}": ("--toolsets", "all", "--access", "admin"),
    }
    for name, options in numbers.items():
        program = Subject(name, (*CACHED.stdio, *options))
        # A result is only available with the URL of the local Hub, which changes the start.
        steps = {
            **_time_steps(bench, program, LEGACY),
            **_time_steps(bench, program, LEGACY, with_hub=False),
        }
        for step, seconds in steps.items():
            bench.record("start by tools", f"enabled tools: {name}", step, seconds * 1000)


def _find_medians(
    bench: Bench, subject: Subject, generation: str, *, with_hub: bool = True, anonymous: bool = True
) -> Steps:
    """Start a server several times, and return the medians."""
    starts = [
        _time_steps(bench, subject, generation, with_hub=with_hub, anonymous=anonymous)
        for _ in range(bench.starts)
    ]
    return {step: statistics.median(start[step] for start in starts) for step in starts[0]}


def _time_steps(
    bench: Bench, subject: Subject, generation: str, *, with_hub: bool = True, anonymous: bool = True
) -> Steps:
    """Return the seconds from the start to each response; to the first result only with the local Hub."""
    steps = {}
    with subject.start_stdio(bench.hub if with_hub else "", anonymous=anonymous) as program:
        client = Stdio(program, generation)
        client.initialize()
        steps[build_handshake(generation).method] = client.seconds_since_start()
        client.ask(Question("tools/list", {}, b'"tools":[', generation))
        steps["tools/list"] = client.seconds_since_start()
        if with_hub:
            client.ask(bench.build_request(REPOSITORY, subject, generation))
            steps[FIRST_RESULT] = client.seconds_since_start()
    return steps

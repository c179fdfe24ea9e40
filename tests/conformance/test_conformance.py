"""The official conformance suite, run against its fixtures on our server and against the real server."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.conformance.expected import RUNS, Run
from tests.conformance.report import differences, write
from tests.conformance.suite import Found, run_suite
from tests.support.server_processes import SERVER_OPTIONS, run_server

NODE = os.environ.get("DOCKERHUB_MCP_NODE") or shutil.which("node") or ""
SUITES = {
    "stable": os.environ.get("DOCKERHUB_MCP_CONFORMANCE", ""),
    "alpha": os.environ.get("DOCKERHUB_MCP_CONFORMANCE_ALPHA", ""),
}
if not NODE or not any(SUITES.values()):
    pytest.skip(
        "the conformance suite is not here; set DOCKERHUB_MCP_CONFORMANCE to the script of its stable version, "
        "DOCKERHUB_MCP_CONFORMANCE_ALPHA to that of its newest one, and DOCKERHUB_MCP_NODE to Node 22 or later "
        "where that is not `node` (.ci/run does)",
        allow_module_level=True,
    )

FIXTURES = "tests.conformance.serve"
BY_SDK = "tests.conformance.serve_by_sdk"
SERVERS: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "fixtures": lambda: run_server(module=FIXTURES),
    "fixtures with sessions": lambda: run_server("--sessions", module=FIXTURES),
    "real": lambda: run_server(*SERVER_OPTIONS),
    "real with sessions": lambda: run_server(*SERVER_OPTIONS, "--sessions"),
    "real by SDK": lambda: run_server(*SERVER_OPTIONS, module=BY_SDK),
    "real by SDK with sessions": lambda: run_server(*SERVER_OPTIONS, "--sessions", module=BY_SDK),
}
AT_ONCE = 3  # the suite waits more than it works, but some of its waits are short


def run_suites() -> dict[str, Found]:
    """Run every version of the suite that is installed against its servers, side by side."""
    runs = {name: run for name, run in RUNS.items() if SUITES[run.suite]}
    with ExitStack() as stack, ThreadPoolExecutor(len(SERVERS)) as many:
        cache = stack.enter_context(tempfile.TemporaryDirectory())
        addresses = dict(
            zip(
                SERVERS,
                many.map(lambda start: stack.enter_context(start()), SERVERS.values()),
                strict=True,
            )
        )

        def result(run: Run) -> Found:
            return run_suite(
                NODE, SUITES[run.suite], f"{addresses[run.server]}/mcp", *run.options, cache=cache
            )

        with ThreadPoolExecutor(AT_ONCE) as few:
            found = dict(zip(runs, few.map(result, runs.values()), strict=True))
        if directory := os.environ.get("DOCKERHUB_MCP_REPORTS"):
            write(Path(directory), found, {name: _version(script) for name, script in SUITES.items()})
        return found


def _version(script: str) -> str:
    package = Path(script).parents[1] / "package.json"
    return str(json.loads(package.read_text("utf-8"))["version"]) if script else ""


def test_the_runs_by_the_sdk_expect_what_the_others_do() -> None:
    real = {name: run for name, run in RUNS.items() if run.server in {"real", "real with sessions"}}
    assert len(real) == 5
    for name, run in real.items():
        assert RUNS[f"{name}, by the SDK"] == replace(run, server=run.server.replace("real", "real by SDK"))


def test_every_scenario_ends_as_expected() -> None:
    """One test of all runs, which share the servers and the processors."""
    found = run_suites()
    missing = {RUNS[name].suite for name in RUNS if name not in found}
    wrong = {name: text for name, each in found.items() if (text := differences(RUNS[name], each))}
    assert not wrong, "\n\n".join(f"{name}\n{text}" for name, text in wrong.items())
    if missing:
        pytest.skip(f"these versions of the conformance suite are not here: {', '.join(sorted(missing))}")


@pytest.mark.skipif(not SUITES["alpha"], reason="the newest version of the conformance suite is not here")
@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_nothing_that_a_revision_requires_is_left_out(revision: str) -> None:
    file = Path(SUITES["alpha"]).parents[1] / "requirements" / f"{revision}.yaml"
    required = set(yaml.safe_load(file.read_text("utf-8"))["server"])
    run = RUNS[f"fixtures, alpha, required by {revision}"]
    assert len(required) > 20
    assert required <= run.scenarios - run.gaps.keys()

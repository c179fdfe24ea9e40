"""Signals while the command runs: it tells what was deleted, how to go on, and ends with the right code."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.cleanup_plans import list_deletions, list_names
from tests.support.command_line import Completed, run_main

SHARED = "milldale/shared-index"
BRANCHES = "milldale/branches"
RULES = ["--older-than", "5d", "--keep-matching", "none", "--allow-everything", "--apply"]
SIGNALS = {"SIGTERM": 143, "SIGHUP": 129, "SIGINT": 130}


class Interrupting:
    """The application of a sandbox, which raises a signal before it handles a request.

    Attributes:
        should_interrupt: Called with the method and the path of each request.
        number: The signal.
    """

    def __init__(self, app: Callable[..., Any]) -> None:
        self._app = app
        self.number = signal.SIGTERM
        self.should_interrupt: Callable[[str, str], bool] = lambda _method, _path: False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and self.should_interrupt(scope["method"], scope["path"]):
            signal.raise_signal(self.number)
        await self._app(scope, receive, send)


@pytest.fixture(autouse=True)
def app(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Interrupting:
    """Let all commands of a test use one embedded Hub."""
    interrupting = Interrupting(sandbox.app)
    monkeypatch.setattr(sandbox, "app", interrupting)
    monkeypatch.setattr("dockerhub_mcp.bootstrap.hubs._create_sandbox", lambda: sandbox)
    return interrupting


@pytest.fixture(autouse=True)
def _handlers() -> Any:
    """Give the process the handlers that the program starts with, and those of the tests back."""
    numbers = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]
    previous = [signal.getsignal(number) for number in numbers]
    for number in numbers[:2]:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in zip(numbers, previous, strict=True):
        signal.signal(number, handler)


def cleanup(*words: str, **options: Any) -> Completed:
    return run_main("cleanup", "--sandbox", *words, **options)


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_ends_with_a_summary_and_how_to_resume(
    app: Interrupting, sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    app.number = signal.Signals[name]
    app.should_interrupt = lambda method, _: method == "DELETE" and len(list_deletions(sandbox)) == 2
    before = set(list_names(sandbox, SHARED))
    words = [SHARED, BRANCHES, *RULES, "--max-delete", "50"]
    done = cleanup(*words, "--plans-dir", str(tmp_path / "plans"))
    gone = before - set(list_names(sandbox, SHARED))
    assert done.returncode == 3
    [row] = [line for line in done.stdout.splitlines() if line.startswith(f"{SHARED}  interrupted")]
    in_flight = re.search(r"got no answer so far: (\d)\.", done.stderr)
    assert int(row.split()[2]) <= len(gone) <= int(row.split()[2]) + (int(in_flight[1]) if in_flight else 0)
    assert len(gone) >= 1
    assert f"{SHARED}: Interrupted. The same command makes a new plan of what is left." in done.stderr
    assert f"{BRANCHES}: Interrupted; nothing was deleted." in done.stderr
    resume = re.search(r"dockerhub-mcp (call .*apply_tag_cleanup cleanup-[0-9a-f]{32} --yes)", done.stderr)
    assert resume is not None
    app.should_interrupt = lambda *_: False
    done = run_main(*resume[1].split(), "--sandbox", "--output", "json")
    assert done.returncode == 0, done.stderr
    assert list_names(sandbox, SHARED) == []
    sent = list_deletions(sandbox)
    assert sorted(sent) == sorted(set(sent)), "nothing was asked for twice"


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_before_the_first_deletion_says_that_nothing_was_deleted(
    app: Interrupting, sandbox: Sandbox, name: str
) -> None:
    app.number = signal.Signals[name]
    app.should_interrupt = lambda _, path: path.endswith("/tags")
    done = cleanup(SHARED, *RULES, "--max-delete", "50")
    assert (done.returncode, done.stdout) == (SIGNALS[name], "")
    assert "Interrupted; nothing was deleted." in done.stderr
    assert list_deletions(sandbox) == []


def test_json_says_interrupted(app: Interrupting, sandbox: Sandbox) -> None:
    app.should_interrupt = lambda method, _: method == "DELETE" and len(list_deletions(sandbox)) == 2
    done = cleanup(SHARED, BRANCHES, *RULES, "--max-delete", "50", "-o", "json")
    assert done.returncode == 3
    data = json.loads(done.stdout)
    assert data["status"] == "interrupted"
    assert [each["status"] for each in data["repositories"]] == ["interrupted", "interrupted"]
    assert "result" not in data["repositories"][1]


def test_an_ignored_interrupt_does_not_prevent_the_end(app: Interrupting, sandbox: Sandbox) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as for a job in the background of a script
    app.should_interrupt = lambda method, _: method == "DELETE" and len(list_deletions(sandbox)) == 2
    done = cleanup(SHARED, *RULES, "--max-delete", "50")
    assert done.returncode == 3
    assert "Interrupted. The same command" in done.stderr

"""Running the official conformance suite and parsing its results."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_DIRECTORY = re.compile(r"server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
_SHORTFALLS = frozenset({"FAILURE", "WARNING", "SKIPPED"})
_OF_EVERY_SCENARIO = frozenset({"wire-schema-valid"})
"""Checks that pass wherever messages have the right form, and so say nothing about a scenario."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """The result of a scenario.

    Attributes:
        shown: How many checks of its own it passed.
        short: The others, as `FAILURE some-check`; remarks left out.
        passed: How many checks it passed in all.
    """

    shown: int
    short: frozenset[str]
    passed: int


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a run: the exit code, and the scenarios by name."""

    code: int
    scenarios: dict[str, Scenario]
    said: str

    @property
    def passed(self) -> int:
        """The number of passed checks."""
        return sum(scenario.passed for scenario in self.scenarios.values())

    @property
    def short(self) -> Counter[str]:
        """The number of other checks, by status."""
        words = (words for scenario in self.scenarios.values() for words in scenario.short)
        return Counter(word.partition(" ")[0] for word in words)


def run_suite(node: str, script: str, url: str, *options: str, cache: str) -> Found:
    """Run the suite against a server; Node keeps what it compiled in the folder `cache`."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [node, script, "server", "--url", url, "--output-dir", directory, *options],
            env={**os.environ, "NODE_COMPILE_CACHE": cache},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        scenarios = {}
        for file in Path(directory).glob("*/checks.json"):
            name = _DIRECTORY.fullmatch(file.parent.name)
            assert name is not None, f"the suite names its results in another way: {file.parent.name}"
            scenarios[name[1]] = _read(file)
        return Found(done.returncode, scenarios, done.stdout + done.stderr)


def _read(file: Path) -> Scenario:
    checks = [(check["status"], check["id"]) for check in json.loads(file.read_text("utf-8"))]
    passed = [check for status, check in checks if status == "SUCCESS"]
    return Scenario(
        shown=sum(check not in _OF_EVERY_SCENARIO for check in passed),
        short=frozenset(f"{status} {check}" for status, check in checks if status in _SHORTFALLS),
        passed=len(passed),
    )

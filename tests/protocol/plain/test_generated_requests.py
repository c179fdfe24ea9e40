"""Generated requests have the SDK's answers: the program over stdio compared with the SDK's server alone.

DIFFERENTIAL_SESSIONS sets the number of sessions of each generation, DIFFERENTIAL_SEED where they begin.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from functools import partial
from random import Random

import anyio
import pytest

from dockerhub_mcp.server.plain.dispatcher import PlainDispatcher
from dockerhub_mcp.server.plain.responses import PlainResponse
from tests.support.generated.messages import MessageGenerator
from tests.support.recording_observer import RecordingObserver, observe_program
from tests.support.reference_server import answer_by_sdk
from tests.support.same_answers import find_differences
from tests.support.sandboxes import create_equal_sandboxes, use_sandbox
from tests.support.stdio_lines import answer_by_program

SESSIONS = int(os.environ.get("DIFFERENTIAL_SESSIONS", "25"))
FIRST_SEED = int(os.environ.get("DIFFERENTIAL_SEED", "0"))
MESSAGES = 94  # in a session, of which about 87 are requests: more than 2,000 in a generation
PARTS = 5  # of the sessions, so that workers can share them
SETTINGS = (
    ("--cache-ttl", "0"),
    ("--access", "admin", "--toolsets", "all", "--results", "both", "--cache-ttl", "0"),
    ("--toolsets", "all", "--max-result-bytes", "4000"),
    ("--toolsets", "tags,search", "--exclude-tools", "check_tag", "--cache-ttl", "0"),
    ("--toolsets", "all", "--sandbox-identity", "anonymous", "--cache-ttl", "0"),
    ("--names", "hub-mcp", "--results", "both"),
)
GENERATIONS = pytest.mark.parametrize("modern", [False, True], ids=["2025", "2026"])


def build_session(seed: int, *, modern: bool) -> list[bytes]:
    """Return the lines of a client."""
    random = Random(2 * seed + modern)  # noqa: S311 - the same in every run
    generator = MessageGenerator(random, modern=modern)
    lines = generator.build_opening()
    return lines + [generator.build_message() for _ in range(MESSAGES)]


@pytest.mark.parametrize("part", range(PARTS))
@GENERATIONS
def test_generated_requests_have_the_answers_of_the_sdk(
    modern: bool, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_sdk, of_program = create_equal_sandboxes(2)
    for seed in range(FIRST_SEED + part, FIRST_SEED + SESSIONS, PARTS):
        lines = build_session(seed, modern=modern)
        options = ["--sandbox", "--log-level", "error", *SETTINGS[seed % len(SETTINGS)]]
        use_sandbox(monkeypatch, of_sdk)
        by_sdk, by_program = RecordingObserver(), observe_program(monkeypatch)
        wanted = anyio.run(partial(answer_by_sdk, lines, options, observer=by_sdk))
        use_sandbox(monkeypatch, of_program)
        found = answer_by_program(lines, options, expected=wanted)
        differences = find_differences(lines, wanted.messages, found.messages)
        assert not differences, f"seed {seed}, {options}\n" + "\n".join(differences)
        assert found.exit_code == 0, found.log
        assert (by_program.messages - by_sdk.messages, by_sdk.messages - by_program.messages) == ({}, {})
        assert len(wanted.messages) >= 80


@GENERATIONS
def test_requests_that_are_sent_at_once_have_the_answers_of_the_sdk(
    modern: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_sdk, of_program = create_equal_sandboxes(2)
    for seed in range(FIRST_SEED + 1000, FIRST_SEED + 1000 + SESSIONS // 8):
        # A cancellation is a race with the answer, and a second request under an id in progress is undefined.
        lines = drop_repeated_ids(
            line for line in build_session(seed, modern=modern) if b"notifications/cancelled" not in line
        )
        options = ["--sandbox", "--log-level", "error", "--toolsets", "all", "--cache-ttl", "0"]
        use_sandbox(monkeypatch, of_sdk)
        wanted = anyio.run(partial(answer_by_sdk, lines, options, in_lockstep=False))
        use_sandbox(monkeypatch, of_program)
        found = answer_by_program(lines, options)
        differences = find_differences(lines, wanted.messages, found.messages)
        assert not differences, f"seed {seed}, {options}\n" + "\n".join(differences)
        assert found.exit_code == 0, found.log


@GENERATIONS
def test_the_comparison_has_something_to_compare(modern: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlainDispatcher, "begin", lambda *_: PlainResponse('"result":"plain"'))
    use_sandbox(monkeypatch, create_equal_sandboxes(1)[0])
    messages = []
    for seed in range(FIRST_SEED, FIRST_SEED + 3):
        lines = build_session(seed, modern=modern)
        messages += answer_by_program(lines, ["--sandbox", "--log-level", "error"]).messages
    plain = [message for message in messages if message.get("result") == "plain"]
    assert len(plain) > len(messages) / 8  # besides those that are answered while the program is loading
    assert len(plain) < len(messages) * 0.9


def drop_repeated_ids(lines: Iterable[bytes]) -> list[bytes]:
    """Return the lines without requests whose id an earlier one has."""
    seen, kept = set(), []
    for line in lines:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        request_id = message.get("id") if isinstance(message, dict) else None
        if request_id is None or (key := json.dumps(request_id)) not in seen:
            kept.append(line)
            seen |= {key} if request_id is not None else set()
    return kept

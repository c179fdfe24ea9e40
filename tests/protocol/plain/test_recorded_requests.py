"""Sessions of real clients, recorded over stdio, have the SDK's answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.support.reference_server import answer_by_sdk
from tests.support.same_answers import find_differences
from tests.support.sandboxes import create_equal_sandboxes, use_sandbox
from tests.support.stdio_lines import answer_by_program
from tests.support.stdio_program import encode_lines

SESSIONS: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("recorded_sessions.json").read_text("utf-8")
)
SETTINGS = [
    [],
    ["--toolsets", "all", "--access", "admin", "--results", "both"],
    ["--tools", "check_tag", "--cache-ttl", "0"],
    ["--names", "hub-mcp", "--results", "both"],
]


@pytest.mark.parametrize("options", SETTINGS, ids=" ".join)
@pytest.mark.parametrize("messages", SESSIONS.values(), ids=SESSIONS)
def test_recorded_requests_have_the_answers_of_the_sdk(
    messages: list[dict[str, Any]], options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    of_sdk, of_program = create_equal_sandboxes(2)
    lines, options = encode_lines(messages), ["--sandbox", "--log-level", "error", *options]
    use_sandbox(monkeypatch, of_sdk)
    wanted = anyio.run(answer_by_sdk, lines, options)
    use_sandbox(monkeypatch, of_program)
    found = answer_by_program(lines, options, expected=wanted)
    assert find_differences(lines, wanted.messages, found.messages) == []
    assert found.exit_code == 0, found.log
    requests = sum("id" in message for message in messages)
    assert sum("id" in message for message in wanted.messages) == requests

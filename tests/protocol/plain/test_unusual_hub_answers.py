"""What the Hub answers, and what fails in this server, reaches the client as through the SDK."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import anyio
import pytest

from dockerhub_mcp.sandbox import Fault
from tests.support.reference_server import Message, answer_by_sdk
from tests.support.same_answers import find_differences
from tests.support.sandboxes import create_equal_sandboxes, use_sandbox
from tests.support.stdio_lines import answer_by_program
from tests.support.stdio_messages import INITIALIZED, build_initialize, build_modern_request, build_request
from tests.support.stdio_program import encode_lines

TAG = '{"name":"8.2","last_updated":"2026-01-01T00:00:00Z","images":[],"full_size":1,%s}'
BODIES = {
    "half a character": TAG % '"digest":"\\ud83d","last_updater_username":"\\ud83dx","media_type":"\\ude00"',
    "a number that is too large": TAG % '"full_size":1e999,"id":1e999',
    "NaN": TAG % '"full_size":NaN',
    "a long number": TAG % f'"id":{"1" * 400}',
    "control characters": TAG % '"last_updater_username":"\\u0000\\u001b[31m\\u2028\\u202e"',
    "a long text": TAG % f'"last_updater_username":"{"é" * 200_000}"',
    "deep nesting": TAG % f'"images":{"[" * 500}{"]" * 500}',
    "no JSON": "{",
    "a page": "<html>\ud7ff</html>",
    "nothing": "",
    "null": "null",
    "a list": "[1]",
}
CALLS = [
    ("get_tag", {"repository": "redis:8.2"}),
    ("get_tag", {"repository": "redis:8.2", "detail": "full"}),
    ("check_tag", {"repository": "redis:8.2"}),
    ("list_tags", {"repository": "redis"}),
]
GENERATIONS = pytest.mark.parametrize("modern", [False, True], ids=["2025", "2026"])


def build_calls(*, modern: bool) -> list[bytes]:
    build = build_modern_request if modern else build_request
    calls = [
        build(number, "tools/call", name=name, arguments=arguments)
        for number, (name, arguments) in enumerate(CALLS, 1)
    ]
    return encode_lines(calls if modern else [build_initialize(), INITIALIZED, *calls])


def compare(lines: Sequence[bytes], monkeypatch: pytest.MonkeyPatch, *faults: Fault) -> list[Message]:
    """Compare the answers while the Hub has faults, and return them."""
    of_sdk, of_program = create_equal_sandboxes(2)
    options = ["--sandbox", "--log-level", "error", "--results", "both", "--cache-ttl", "0"]
    for sandbox in (of_sdk, of_program):
        sandbox.faults.rules[:] = faults
    use_sandbox(monkeypatch, of_sdk)
    wanted = anyio.run(answer_by_sdk, lines, options)
    use_sandbox(monkeypatch, of_program)
    found = answer_by_program(lines, options, expected=wanted)
    assert find_differences(lines, wanted.messages, found.messages) == []
    return found.messages


@GENERATIONS
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_unusual_answers_of_the_hub(body: str, modern: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(build_calls(modern=modern), monkeypatch, Fault(match="/tags", status=200, body=body))


@GENERATIONS
@pytest.mark.parametrize("status", [204, 301, 400, 401, 403, 404, 410, 418])
def test_errors_of_the_hub(status: int, modern: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"message": "no \ud83d such tag", "errinfo": {"x": 1}})
    compare(build_calls(modern=modern), monkeypatch, Fault(match="/tags", status=status, body=body))


@GENERATIONS
def test_an_unexpected_exception_is_an_internal_error(modern: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr("dockerhub_mcp.hub.client.Hub.send", fail)
    messages = compare(build_calls(modern=modern), monkeypatch)
    assert {message["error"]["code"] for message in messages if "error" in message} == {-32603}

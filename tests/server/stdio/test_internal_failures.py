"""Failures inside the server: every request has an answer, and the server goes on."""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

import pytest
from mcp.server.lowlevel import Server

from dockerhub_mcp.bootstrap import stdio as composition
from dockerhub_mcp.server.plain.dispatcher import PlainDispatcher
from dockerhub_mcp.server.telemetry.observers import Observers, ReceivedMessage
from dockerhub_mcp.tools import call as tools_call
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.stdio_messages import INITIALIZED, build_initialize, build_request
from tests.support.stdio_program import StdioRun, encode_lines, run_over_stdio

INTERNAL_ERROR = -32603


def call(request_id: Any) -> dict[str, Any]:
    return build_request(request_id, "tools/call", name="check_tag", arguments={"repository": "redis:8.2"})


def read(request_id: Any) -> dict[str, Any]:
    return build_request(request_id, "resources/read", uri="dockerhub://library/redis/readme")


def run(*messages: Any, by_sdk: bool = False) -> StdioRun:
    pieces = encode_lines([build_initialize(), INITIALIZED, *messages])
    done = run_over_stdio(pieces, "--log-level", "info", by_sdk=by_sdk)
    assert done.exit_code == 0
    return done


def classify(done: StdioRun) -> dict[Any, int]:
    """Return the error code of each answer, 0 for a result; each request has one answer only."""
    codes = {message["id"]: message.get("error", {}).get("code", 0) for message in done.messages}
    assert len(codes) == len(done.messages)
    return codes


def fail(*_: Any, **__: Any) -> NoReturn:
    raise ImportError


async def fail_later(*_: Any) -> NoReturn:
    raise RuntimeError


async def end_early(*_: Any) -> None:
    """Return as if there were no more messages."""


@pytest.mark.parametrize("fault", ["cannot be loaded", "raises", "ends early", "raises later"])
def test_without_the_sdk_plain_requests_are_answered_and_others_refused(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "cannot be loaded":
        monkeypatch.setattr(composition, "_build_sdk_server", fail)
    elif fault == "raises later":
        from dockerhub_mcp.server.stdio.sdk_session import SDKSession  # noqa: PLC0415 - loads the SDK

        monkeypatch.setattr(SDKSession, "_note_handshake", fail)
    else:
        monkeypatch.setattr(Server, "run", fail_later if fault == "raises" else end_early)
    question = {"jsonrpc": "2.0", "id": 7, "result": {}}
    notification = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}}
    done = run(call(1), read(2), question, notification, call("3"), read("4"))
    expected = {0: 0, 1: 0, 2: INTERNAL_ERROR, "3": 0, "4": INTERNAL_ERROR}
    found = classify(done)
    if fault == "raises later":  # it is cancelled before
        found.setdefault(2, INTERNAL_ERROR)
    assert found == expected
    assert "the session of the SDK" in done.log
    refused = next(message for message in done.messages if message["id"] == "4")
    assert refused["error"]["message"].rpartition(" ")[2].rstrip(".") in done.log


@pytest.mark.parametrize("by_sdk", [False, True], ids=["plain", "sdk"])
def test_text_that_cannot_be_written_in_utf_8_is_answered(
    by_sdk: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(*_: Any) -> ToolResult:
        return ToolResult("config\udcff.json, \ud83d and é")

    monkeypatch.setattr(tools_call, "_run_tool", answer)
    done = run(call(1), call(2), by_sdk=by_sdk)
    assert classify(done) == {0: 0, 1: 0, 2: 0}
    texts = [message["result"]["content"][0]["text"] for message in done.messages if message["id"]]
    assert all(text.endswith("config?.json, ? and é") for text in texts)


class FaultyObserver:
    def __init__(self, *, at_the_end: bool) -> None:
        self._at_the_end = at_the_end

    def on_message_start(self, message: ReceivedMessage) -> Any:
        if message.method != "tools/call":
            return lambda _: None
        return fail if self._at_the_end else fail()

    on_attempt = staticmethod(lambda _: None)


@pytest.mark.parametrize("at_the_end", [False, True], ids=["start", "end"])
def test_a_call_is_answered_even_if_an_observer_fails(
    at_the_end: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    initialize = Observers.__init__

    def register(self: Observers) -> None:
        initialize(self)
        self.registered.append(FaultyObserver(at_the_end=at_the_end))

    monkeypatch.setattr(Observers, "__init__", register)
    done = run(call(1), build_request(2, "ping"), call(3))
    assert classify(done) == {0: 0, 1: INTERNAL_ERROR, 2: 0, 3: INTERNAL_ERROR}
    assert "a request failed" in done.log


def test_a_plain_request_that_cannot_be_recognized_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlainDispatcher, "begin", fail)
    assert classify(run(call(1), call(2))) == {0: 0, 1: INTERNAL_ERROR, 2: INTERNAL_ERROR}


@pytest.mark.parametrize("error", [asyncio.CancelledError, RecursionError, MemoryError])
def test_a_call_is_answered_whatever_its_handler_raises(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(*_: Any) -> ToolResult:
        await asyncio.sleep(0)
        raise error

    monkeypatch.setattr(tools_call, "_run_tool", answer)
    assert classify(run(call(1), call(2))) == {0: 0, 1: INTERNAL_ERROR, 2: INTERNAL_ERROR}

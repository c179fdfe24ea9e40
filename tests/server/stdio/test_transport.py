"""The stdio transport of a subprocess, through its pipes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.stdio_program import StdioRun, run_over_stdio

PROGRAM = [sys.executable, "-m", "dockerhub_mcp", "--sandbox"]
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name == "DOCKER_CONFIG" or not name.startswith(("DOCKER", "HUB_"))
}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def call(request_id: int | str, tool: str, arguments: Any) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": params}


def lines(*messages: dict[str, Any] | str) -> bytes:
    return b"".join(
        (message if isinstance(message, str) else json.dumps(message)).encode() + b"\n"
        for message in messages
    )


def run(stdin: bytes, *options: str) -> StdioRun:
    """Serve this input in this process, to its end."""
    return run_over_stdio([stdin] if stdin else [], "--log-level", "info", *options)


class Server:
    """A server process that exchanges single lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def start(
        cls, *arguments: str, initialize: dict[str, Any] = INITIALIZE, **environment: str
    ) -> Server:
        process = await asyncio.create_subprocess_exec(
            *PROGRAM,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=ENVIRONMENT | environment,
            limit=1 << 24,
        )
        server = cls(process)
        server.send(initialize, INITIALIZED)
        assert (await server.receive())["id"] == 0
        return server

    def send(self, *messages: dict[str, Any]) -> None:
        assert self.process.stdin
        self.process.stdin.write(lines(*messages))

    async def receive(self) -> dict[str, Any]:
        assert self.process.stdout
        answer: dict[str, Any] = json.loads(await asyncio.wait_for(self.process.stdout.readline(), 30))
        return answer

    async def end(self) -> int:
        return await asyncio.wait_for(self.process.wait(), 10)

    async def stderr(self) -> str:
        assert self.process.stderr
        return (await self.process.stderr.read()).decode()


def test_everything_asked_before_the_end_of_input_is_answered() -> None:
    calls = [call(n, "get_tag", {"repository": "redis:8.2"}) for n in range(1, 9)]
    done = run(lines(INITIALIZE, INITIALIZED, *calls))
    assert done.exit_code == 0
    assert {answer["id"] for answer in done.messages} == set(range(9))
    assert all("result" in answer for answer in done.messages)


def test_a_last_line_without_a_line_end_counts() -> None:
    done = run(lines(INITIALIZE, INITIALIZED, call(1, "check_tag", {"repository": "redis:8"}))[:-1])
    assert {answer["id"] for answer in done.messages} == {0, 1}


@pytest.mark.parametrize(
    ("line", "code", "request_id"),
    [
        ("this is no JSON", -32700, None),
        ('{"jsonrpc":"2.0","id":7,', -32700, None),
        ('[{"jsonrpc":"2.0","id":7,"method":"ping"}]', -32600, None),
        ('"text"', -32600, None),
        ('{"id":7,"method":"ping"}', -32600, 7),
        ('{"jsonrpc":"2.0","id":"x"}', -32600, "x"),
    ],
)
def test_a_line_that_is_no_message_is_answered_and_the_server_goes_on(
    line: str, code: int, request_id: Any
) -> None:
    ping = {"jsonrpc": "2.0", "id": 99, "method": "ping"}
    done = run(lines(INITIALIZE, INITIALIZED, line, "", "   ", ping))
    assert done.exit_code == 0
    errors = [answer for answer in done.messages if "error" in answer]
    assert [(error["error"]["code"], error["id"]) for error in errors] == [(code, request_id)]
    assert {answer["id"] for answer in done.messages if "result" in answer} == {0, 99}


def test_nothing_but_the_protocol_is_on_stdout_and_logs_are_on_stderr() -> None:
    done = run(lines(INITIALIZE, INITIALIZED, call(1, "create_auth_token", {})))
    assert all(answer["jsonrpc"] == "2.0" for answer in done.messages)
    assert "signed in" in done.log
    written = b"".join(done.lines).decode() + done.log
    assert "eyJ" not in written
    assert "sandbox-password" not in written


def test_logs_are_json_with_the_option() -> None:
    done = run(
        lines(INITIALIZE, INITIALIZED, call(1, "get_tag", {"repository": "redis:8.2"})),
        "--log-format",
        "json",
        "--log-level",
        "debug",
    )
    logged = [json.loads(line) for line in done.log.splitlines()]
    assert {"hub answered", "signed in"} <= {line["message"] for line in logged}


@pytest.mark.e2e
def test_input_from_a_file_and_output_to_a_file(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(
        lines(INITIALIZE, INITIALIZED, call(1, "get_tag", {"repository": "redis:8.2"}))
    )
    with (tmp_path / "in").open("rb") as source, (tmp_path / "out").open("wb") as target:
        done = subprocess.run(
            PROGRAM,
            stdin=source,
            stdout=target,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
            env=ENVIRONMENT,
        )
    assert done.returncode == 0
    answers = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert {answer["id"] for answer in answers} == {0, 1}


def test_no_input_at_all_ends_at_once() -> None:
    done = run(b"")
    assert (done.lines, done.exit_code) == ([], 0)


@pytest.mark.e2e
def test_a_null_device_as_input_ends_at_once() -> None:
    done = subprocess.run(
        PROGRAM, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False, env=ENVIRONMENT
    )
    assert (done.stdout, done.returncode) == (b"", 0)


@pytest.mark.e2e
async def test_a_large_answer_to_a_slow_reader_arrives_whole() -> None:
    server = await Server.start("--max-result-bytes", "1000000")
    server.send(call(1, "list_tags", {"repository": "redis", "max_items": 2000}))
    await asyncio.sleep(0.3)
    text = (await server.receive())["result"]["content"][0]["text"]
    assert text.startswith("2000 of ")
    assert len(text) > 100_000, "more than a pipe holds"
    server.process.stdin.close()  # type: ignore[union-attr]
    assert await server.end() == 0


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("received", "code"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 130)]
)
async def test_a_signal_ends_the_server_while_its_input_stays_open(
    received: signal.Signals, code: int
) -> None:
    server = await Server.start()
    server.process.send_signal(received)
    assert await server.end() == code
    assert "Traceback" not in await server.stderr()


@pytest.mark.e2e
@pytest.mark.parametrize("received", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
async def test_a_signal_ends_the_server_in_the_middle_of_a_call(received: signal.Signals) -> None:
    server = await Server.start("--timeout", "60", "--api-url", "http://127.0.0.1:9", "--no-sandbox")
    server.send(call(1, "get_tag", {"repository": "redis:8.2"}))
    server.process.send_signal(received)
    assert await server.end() in {0, 130}
    assert "Traceback" not in await server.stderr()


@pytest.mark.e2e
@pytest.mark.parametrize("what", ["calls", "lines that are no messages"])
async def test_the_server_ends_when_its_output_is_closed(what: str) -> None:
    server = await Server.start()
    server.process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
    if what == "calls":
        server.send(*[call(n, "get_tag", {"repository": "redis:8.2"}) for n in range(1, 20)])
    else:
        assert server.process.stdin
        server.process.stdin.write(b"[]\n[]\n")
    assert await server.end() in {0, 1}
    assert "Traceback" not in await server.stderr()


def test_arguments_as_a_json_string_are_understood() -> None:
    odd = ("redis", "[" * 5000)
    done = run(
        lines(
            INITIALIZE,
            INITIALIZED,
            call(1, "check_tag", '{"repository": "redis:8.2"}'),
            *(call(number, "check_tag", text) for number, text in enumerate(odd, 2)),
        )
    )
    by_id = {message["id"]: message for message in done.messages}
    assert by_id[1]["result"]["content"][0]["text"].startswith("exists: true")
    for number, _ in enumerate(odd, 2):
        assert by_id[number]["error"]["code"] == -32602
        assert "arguments must be an object" in by_id[number]["error"]["message"]


@pytest.mark.e2e
@pytest.mark.parametrize("how", ["input ends", "signal"])
async def test_an_open_question_does_not_keep_the_server(how: str) -> None:
    asking = json.loads(json.dumps(INITIALIZE))
    asking["params"]["capabilities"] = {"elicitation": {}}
    server = await Server.start("--access", "admin", "--toolsets", "tags", initialize=asking)
    server.send(call(1, "delete_tag", {"repository": "acme/storefront", "tag": "latest"}))
    question = await server.receive()
    assert question["method"] == "elicitation/create"
    assert "acme/storefront:latest" in question["params"]["message"]
    if how == "signal":
        server.process.send_signal(signal.SIGTERM)
    else:
        server.process.stdin.close()  # type: ignore[union-attr]
    assert await server.end() == 0
    assert "Traceback" not in await server.stderr()


@pytest.mark.parametrize(
    "line",
    [
        "[" * 200_000,
        '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}',
        '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":[1]}}',
    ],
    ids=["too deep", "a cancelled object", "a cancelled list"],
)
def test_no_line_ends_the_server(line: str) -> None:
    ping = {"jsonrpc": "2.0", "id": 7, "method": "ping"}
    done = run(lines(INITIALIZE, INITIALIZED, line, ping))
    assert done.exit_code == 0, done.log
    assert {"jsonrpc": "2.0", "id": 7, "result": {}} in done.messages

"""The audit log of real processes that are killed, told to stop, or cannot write to it, on both transports."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from mcp_types import InputRequiredResult

from dockerhub_mcp.sandbox import Sandbox
from tests.support.audit_logs import read_entries
from tests.support.elicitation import DELETE, Person, has_latest
from tests.support.programs import CLEAN, forked_program, make_connect, text_of
from tests.support.tool_calls import changes
from tests.support.web_servers import call, routed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX systems")
PATIENCE = 60.0  # seconds; a safety margin for a busy machine
TRANSPORTS = pytest.mark.parametrize("transport", ["stdio", "http"])
OPTIONS = ("--access", "admin", "--toolsets", "all")


@dataclass
class Server:
    """A server process with a single client."""

    process: asyncio.subprocess.Process
    call: Callable[..., Any]
    error_file: Path

    async def end(self) -> int:
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    @property
    def stderr(self) -> str:
        return self.error_file.read_text("utf-8")


@asynccontextmanager
async def started(
    transport: str, folder: Path, sandbox: Sandbox, url: str, *options: str
) -> AsyncIterator[Server]:
    """Start the program with an account; `Server.call` sends a call, and returns a task with its response."""
    owner = sandbox.get_identity("owner")
    variables = {
        "DOCKERHUB_API_URL": url,
        "DOCKERHUB_USERNAME": owner.username,
        "DOCKERHUB_TOKEN": owner.secret,
    }
    error_file = folder / "stderr"
    if transport == "http":
        options += ("--transport", "http", "--port", "0")
    with error_file.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *forked_program(*OPTIONS, *options),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=CLEAN | variables,
        )
    try:
        if transport == "stdio":
            yield Server(
                process, lambda tool, **arguments: _call_over_stdio(process, tool, arguments), error_file
            )
            return
        while not (found := re.search(r"listens at (\S+)/mcp", error_file.read_text("utf-8"))):
            assert process.returncode is None
            await asyncio.sleep(0.02)
        async with httpx.AsyncClient(base_url=found[1], trust_env=False, timeout=PATIENCE) as http:
            yield Server(
                process, lambda tool, **arguments: _call_over_http(http, tool, arguments), error_file
            )
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _call_over_stdio(
    process: asyncio.subprocess.Process, tool: str, arguments: dict[str, Any]
) -> asyncio.Task[str]:
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(call(tool, **arguments)).encode() + b"\n")
    stdout = process.stdout

    async def read() -> str:
        return (await stdout.readline()).decode()

    return asyncio.create_task(read())


def _call_over_http(http: httpx.AsyncClient, tool: str, arguments: dict[str, Any]) -> asyncio.Task[str]:
    message = call(tool, **arguments)

    async def post() -> str:
        try:
            return (await http.post("/mcp", json=message, headers=routed(message))).text
        except httpx.HTTPError as error:
            return f"no response: {error!r}"

    return asyncio.create_task(post())


async def until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def summarize(path: Path) -> list[tuple[str, str, str]]:
    return [
        (entry["event"], entry.get("outcome", ""), entry.get("reason", "")) for entry in read_entries(path)
    ]


@TRANSPORTS
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, -9), (signal.SIGHUP, 0), (signal.SIGTERM, 0), (signal.SIGINT, 130)]
)
async def test_a_change_under_way_when_the_process_ends_is_in_the_log(
    tmp_path: Path, sandbox: Sandbox, sandbox_url: str, transport: str, number: signal.Signals, code: int
) -> None:
    sandbox.faults.add(match="/tags/latest", method="DELETE", latency=PATIENCE)
    path = tmp_path / "log"
    options = ["--confirm", "never", "--audit-log", str(path), "--timeout", "60"]
    if transport == "http":
        options += ["--grace", "0"]
    async with started(transport, tmp_path, sandbox, sandbox_url, *options) as server:
        response = server.call("delete_tag", **DELETE)
        await until(lambda: changes(sandbox))
        assert summarize(path) == [("intent", "", "")], "before the request leaves"
        server.process.send_signal(number)
        assert await server.end() == code
        await response
        assert "Traceback" not in server.stderr
    outcome = [] if number == signal.SIGKILL else [("outcome", "unknown", "interrupted")]
    assert summarize(path) == [("intent", "", ""), *outcome]
    assert {(entry["tool"], entry["target"], entry["account"]) for entry in read_entries(path)} == {
        ("delete_tag", "acme/storefront/latest", "ada")
    }
    assert len({entry["id"] for entry in read_entries(path)}) == 1


@TRANSPORTS
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
async def test_a_log_that_cannot_be_written_refuses_changes_and_nothing_else(
    tmp_path: Path, sandbox: Sandbox, sandbox_url: str, transport: str
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for place, reason in (
        ("/dev/full", "No space left on device"),
        (f"{folder}/log", "No such file or directory"),
    ):
        options = ("--confirm", "never", "--audit-log", place, "--log-format", "text")
        async with started(transport, tmp_path, sandbox, sandbox_url, *options) as server:
            if folder.exists() and place != "/dev/full":
                await server.call("get_tag", repository="redis:8.2")  # the log is open
                (folder / "log").unlink()
                folder.rmdir()
            refused = await server.call("delete_tag", **DELETE)
            assert f"delete_tag was not sent: the audit log cannot be written ({reason})" in refused
            assert "sha256:" in await server.call("get_tag", repository="redis:8.2")
            assert "the audit log cannot be written" in server.stderr
            assert "Traceback" not in server.stderr
    assert not changes(sandbox)
    assert has_latest(sandbox)


@TRANSPORTS
async def test_a_log_that_is_rotated_is_opened_again(
    tmp_path: Path, sandbox: Sandbox, sandbox_url: str, transport: str
) -> None:
    path = tmp_path / "log"
    path.write_text('{"torn by a crash": ')
    options = ("--confirm", "never", "--audit-log", str(path))
    async with started(transport, tmp_path, sandbox, sandbox_url, *options) as server:
        assert '"isError":false' in (await server.call("delete_tag", **DELETE)).replace(" ", "")
        path.rename(tmp_path / "log.1")
        assert '"isError":true' in (await server.call("delete_tag", **DELETE)).replace(" ", "")
    torn, *lines = (tmp_path / "log.1").read_text("ascii").splitlines()
    assert torn == '{"torn by a crash": '
    assert [json.loads(line)["event"] for line in lines] == ["intent", "outcome"]
    assert summarize(path) == [("outcome", "refused", "404")]


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
async def test_a_question_that_is_open_when_the_server_stops_is_declined(
    tmp_path: Path, sandbox: Sandbox, sandbox_url: str, mode: str
) -> None:
    path = tmp_path / "log"
    connect = make_connect(sandbox, sandbox_url)
    asked = asyncio.Event()

    async def never_answer(*_: Any) -> Any:
        asked.set()
        await asyncio.Event().wait()

    options = (*OPTIONS, "--audit-log", str(path))
    async with connect(*options, mode=mode, client={"elicitation_callback": never_answer}) as client:
        if mode == "legacy":
            calling = asyncio.create_task(client.call_tool("delete_tag", DELETE))
            await asked.wait()
        else:
            waiting = await client.session.call_tool("delete_tag", DELETE, allow_input_required=True)
            assert isinstance(waiting, InputRequiredResult)
        assert read_entries(path) == []
    if mode == "legacy":
        calling.cancel()
        await asyncio.wait([calling])
    await until(lambda: read_entries(path))
    reason = "the user's answer: no answer" if mode == "legacy" else "the server stopped before an answer"
    assert summarize(path) == [("outcome", "declined", reason)]
    assert has_latest(sandbox)


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
async def test_a_yes_and_a_no_are_in_the_log_of_a_process(
    tmp_path: Path, sandbox: Sandbox, sandbox_url: str, mode: str
) -> None:
    path = tmp_path / "log"
    connect = make_connect(sandbox, sandbox_url)
    for person in (Person("decline"), Person()):
        options = (*OPTIONS, "--audit-log", str(path))
        async with connect(*options, mode=mode, client={"elicitation_callback": person}) as client:
            result = await client.call_tool("delete_tag", DELETE)
            assert result.is_error is (person.action == "decline"), text_of(result)
    assert summarize(path) == [
        ("outcome", "declined", "the user's answer: no"),
        ("intent", "", ""),
        ("outcome", "done", ""),
    ]


def test_a_sighup_that_is_ignored_does_not_stop_the_server(tmp_path: Path) -> None:
    """`nohup` starts programs that way, so that they outlive their terminal."""
    command = [
        "nohup",
        sys.executable,
        "-m",
        "dockerhub_mcp",
        "--sandbox",
        "--transport",
        "http",
        "--port",
        "0",
    ]
    with (tmp_path / "stderr").open("wb") as stderr:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, env=CLEAN)
    try:
        end = time.monotonic() + PATIENCE
        while b"listens at" not in (tmp_path / "stderr").read_bytes():
            assert time.monotonic() < end
            time.sleep(0.02)
        process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()

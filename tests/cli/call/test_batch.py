"""The command `call --batch`: a call from each line of standard input, an outcome on each line of output."""

from __future__ import annotations

import io
import json
import os
import threading
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import pytest

from dockerhub_mcp.cli.call.batch import MAX_CALLS
from dockerhub_mcp.cli.call.batch_lines import (
    MAX_LINE_BYTES,
    BatchCall,
    BatchLineError,
    parse_line,
    read_line,
)
from dockerhub_mcp.cli.main import main
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.command_line import Completed, Stream, run_main
from tests.support.shell import call

CHECK = {"tool": "check_tag", "arguments": {"repository": "redis", "tag": "8.2"}}
EVERYTHING = ["--access", "admin", "--toolsets", "all"]


def batch(*lines: dict[str, Any] | str, options: list[str] | None = None) -> Completed:
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    return call(*(options or []), "--batch", stdin=text)


def outcomes(done: Completed) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_line_has_an_outcome_in_order_and_errors_stop_nothing() -> None:
    get_tag = {"tool": "get_tag", "arguments": {"repository": "redis:8.2", "fields": ["name"]}, "id": "a"}
    done = batch(
        get_tag,
        "",
        {"tool": "gettag", "id": 7},
        "nonsense",
        {"tool": "get_tag", "arguments": {"repository": "redis:no-such-tag"}},
        {"tool": "delete_tag", "arguments": {"repository": "acme/storefront:latest"}},
        {"tool": "list_tags", "arguments": {"pagesize": 1}},
        {"tool": "list_tags", "args": {}, "id": 8},
        CHECK,
    )
    assert (done.returncode, done.stderr) == (1, "")
    first, *failed, last = outcomes(done)
    assert first == {"line": 1, "id": "a", "tool": "get_tag", "is_error": False, "result": {"name": "8.2"}}
    assert last == {"line": 9, "tool": "check_tag", "is_error": False, "result": {"exists": True}}
    assert [(each["line"], each.get("id"), each["is_error"]) for each in failed] == [
        (3, 7, True), (4, None, True), (5, None, True), (6, None, True), (7, None, True), (8, 8, True)
    ]  # fmt: skip
    starts = [
        "Unknown tool: 'gettag'",
        "Line 4: The line is not valid JSON: Expecting value at column 1.",
        "library/redis has no tag 'no-such-tag'",
        "The tool delete_tag is switched off",
        "list_tags was not called.",
        "Line 8: The line has an unknown field 'args'; did you mean arguments?",
    ]
    assert [each["text"].startswith(start) for each, start in zip(failed, starts, strict=True)] == [True] * 6


def test_a_batch_without_errors_ends_with_exit_code_0() -> None:
    assert [batch().returncode, batch(CHECK, CHECK).returncode] == [0, 0]


def test_text_is_what_an_agent_sees_and_notes_accompany_data() -> None:
    text = outcomes(batch(CHECK, options=["-o", "text"]))[0]
    assert text["text"] == call("check_tag", "redis", "8.2").stdout.rstrip("\n")
    assert "result" not in text
    (data,) = outcomes(batch({"tool": "inspect_image", "arguments": {"image": "redis:8.2"}}))
    assert data["result"]["platform"] == "linux/amd64"
    assert data["notes"][0].startswith("Note: Labels, provenance, ")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"[1]", "The line must be an object such as {"),
        (b"{}", "tool: must be the name of a tool"),
        (b'{"tool": 1}', "tool: must be the name of a tool"),
        (b'{"tool": "x", "arguments": []}', "arguments: must be an object"),
        (b'{"tool": "x", "id": [1]}', "id: must be a text or a number."),
        (b'{"tool": "x", "id": true}', "id: must be a text or a number."),
        (b'{"tool": "x", "id": NaN}', "The line is not valid JSON: NaN is no JSON value."),
        (b'{"tool": "x", "secret": "hunter2"}', "unknown field 'secret'; there are tool, arguments, id. A tool's"),
        (b'{"tool": "x", "id": 1e400}', "id: must be a text or a number."),
        (b'{"tool": "x", "id": ' + b"9" * 5000 + b"}", "not valid JSON: a number has more digits than any argument takes."),
        (b'{"tool": "x", "tool": "y"}', "The line has 'tool' twice in one object; write it once."),
        (b'{"tool": "x", "arguments": {"tag": "hunter2", "tag": "b"}}', "The line has 'tag' twice in one object"),
        (b'{"tool": "x"\n', "The line is not valid JSON: Expecting ',' delimiter at column 13."),
        (b'{"tool": "x" "hunter2"}', "The line is not valid JSON: Expecting ',' delimiter at column 14."),
        (b"\xff", "The line is not UTF-8."),
        (b"[" * 100_000, "The line is not valid JSON: it is nested too deeply."),
        (b" " * (MAX_LINE_BYTES + 1), "The line is longer than 1,000,000 bytes."),
    ],
    ids=range(17),
)  # fmt: skip
def test_a_line_that_is_no_call_has_an_error_without_its_values(line: bytes, message: str) -> None:
    with pytest.raises(BatchLineError) as refused:
        parse_line(line)
    assert message in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_byte_order_mark_before_a_line_is_no_error() -> None:
    assert parse_line(b'\xef\xbb\xbf{"tool": "get_tag"}\r\n') == BatchCall("get_tag", {})


def test_only_the_beginning_of_a_line_that_is_too_long_is_kept() -> None:
    stream = io.BytesIO(b"x" * (3 * MAX_LINE_BYTES) + b"\n{}\n" + b"y" * MAX_LINE_BYTES + b"\nlast")
    lines = [read_line(stream) for _ in range(5)]
    assert [None if line is None else len(line) for line in lines] == [
        MAX_LINE_BYTES + 1, 3, MAX_LINE_BYTES + 1, 4, None
    ]  # fmt: skip
    assert lines[3] == b"last"


async def test_it_signs_in_once(sandbox: Sandbox, sandbox_url: str) -> None:
    identity = sandbox.get_identity("owner")
    account = {"DOCKERHUB_USERNAME": identity.username, "DOCKERHUB_TOKEN": identity.secret}
    listings = [
        json.dumps({"tool": "list_access_tokens", "arguments": {"page_size": size}}) for size in range(1, 21)
    ]
    run = partial(
        run_main,
        "call",
        "--batch",
        stdin="\n".join(listings),
        env=account | {"DOCKERHUB_API_URL": sandbox_url},
    )
    done = await anyio.to_thread.run_sync(run)
    assert (done.returncode, len(outcomes(done))) == (0, 20)
    assert sum(request.path == "/v2/auth/token" for request in sandbox.requests) == 1


def test_a_change_is_made_after_the_calls_before_it_and_before_those_behind_it() -> None:
    def describe(text: str) -> dict[str, Any]:
        return {"tool": "update_repository", "arguments": {"repository": "acme/cli", "description": text}}

    read = {
        "tool": "get_repository",
        "arguments": {"repository": "acme/cli", "fields": ["description"]},
    }
    done = batch(read, describe("one"), read, read, describe("two"), read, options=[*EVERYTHING, "--yes"])
    assert done.returncode == 0
    seen = [each["result"]["description"] for each in outcomes(done) if each["tool"] == "get_repository"]
    assert seen == ["Command line client for our API", "one", "one", "two"]


@pytest.mark.parametrize(
    ("options", "is_done"), [([], False), (["--yes"], True), (["--confirm", "never"], True)]
)
def test_a_batch_asks_nothing(options: list[str], is_done: bool) -> None:
    delete = {"tool": "delete_tag", "arguments": {"repository": "acme/storefront:latest"}}
    text = json.dumps(delete)
    done = call(*EVERYTHING, *options, "--batch", stdin=f"{text}\n", is_terminal=True)
    (outcome,) = outcomes(done)
    assert (done.returncode, outcome["is_error"]) == ((0, False) if is_done else (1, True))
    assert "Do it?" not in done.stderr
    if not is_done:
        assert "A batch asks nothing; --yes confirms in advance." in outcome["text"]


def test_a_secret_of_a_line_is_not_written() -> None:
    login = {"tool": "login", "arguments": {"username": "ada", "password": "sandbox-password-ada"}}
    done = batch(login, {**login, "extra": 1}, {**login, "arguments": {**login["arguments"], "extra": 1}})  # type: ignore[dict-item]
    assert [each["is_error"] for each in outcomes(done)] == [False, True, True]
    assert "sandbox-password-ada" not in done.stdout + done.stderr


class CountingLines:
    """Standard input of many lines that counts how many were read."""

    def __init__(self, output: io.StringIO, count: int) -> None:
        self.output, self.count, self.read, self.ahead = output, count, 0, 0

    def readline(self, _limit: int = -1, /) -> bytes:
        self.ahead = max(self.ahead, self.read - self.output.getvalue().count("\n"))
        if self.read == self.count:
            return b""
        self.read += 1
        return json.dumps(CHECK).encode() + b"\n"


class LineStream(Stream):
    """A text stream of such lines."""

    def __init__(self, lines: CountingLines) -> None:
        super().__init__()
        self.buffer = lines  # type: ignore[assignment, misc]


def test_it_reads_a_bounded_number_of_lines_ahead() -> None:
    output = Stream()
    lines = CountingLines(output, 60)
    assert main(["call", "--sandbox", "--batch"], {}, LineStream(lines), output, Stream()) == 0
    assert output.getvalue().count("\n") == 60
    assert 0 < lines.ahead < MAX_CALLS


async def test_calls_that_read_run_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    running, all_run = 0, threading.Event()

    async def wait_for_the_others(*_: object) -> ToolResult:
        nonlocal running
        running += 1
        if running == MAX_CALLS:
            all_run.set()
        await anyio.to_thread.run_sync(partial(all_run.wait, 20))
        return ToolResult("", {}, is_error=not all_run.is_set())

    monkeypatch.setattr("dockerhub_mcp.cli.call.batch.call_tool", wait_for_the_others)
    run = partial(batch, *[CHECK] * MAX_CALLS)
    assert (await anyio.to_thread.run_sync(run)).returncode == 0


def test_an_unexpected_error_of_one_call_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail_once(_registry: object, _context: object, tool: str, _arguments: object) -> ToolResult:
        if tool == "get_tag":
            raise ZeroDivisionError
        return ToolResult("", {})

    monkeypatch.setattr("dockerhub_mcp.cli.call.batch.call_tool", fail_once)
    done = batch(CHECK, {"tool": "get_tag"}, CHECK)
    assert [each["is_error"] for each in outcomes(done)] == [False, True, False]
    assert outcomes(done)[1]["text"] == "Internal error; standard error has details."
    assert "ZeroDivisionError" in done.stderr


def test_an_outcome_is_written_before_the_next_line_is_sent() -> None:
    (stdin, to_program), (from_program, stdout) = os.pipe(), os.pipe()
    codes: list[int] = []

    def run() -> None:
        with os.fdopen(stdin) as source, os.fdopen(stdout, "w") as target:
            codes.append(main(["call", "--sandbox", "--batch"], {}, source, target, Stream()))

    program = threading.Thread(target=run)
    program.start()
    with os.fdopen(to_program, "w") as sender, os.fdopen(from_program) as receiver:
        for number in (1, 2, 3):
            sender.write(json.dumps(CHECK) + "\n")
            sender.flush()
            assert json.loads(receiver.readline())["line"] == number
    program.join(20)
    assert codes == [0]


def test_it_stops_where_its_output_is_no_longer_read() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    lines = CountingLines(io.StringIO(), 10**6)
    with os.fdopen(writer, "w") as output:
        assert main(["call", "--sandbox", "--batch"], {}, LineStream(lines), output, Stream()) == 1
    assert lines.read < 10 * MAX_CALLS


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--batch", "get_tag"], "--batch reads tools and arguments from standard input; leave out the tool 'get_tag'"),
        (["--batch", "--arguments", "{}"], "leave out --arguments"),
        (["--batch", "-o", "table"], "--batch writes a JSON object on each line"),
    ],
)  # fmt: skip
def test_what_a_batch_does_not_take_is_refused(words: list[str], message: str) -> None:
    done = call(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr

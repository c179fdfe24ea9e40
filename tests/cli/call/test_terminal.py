"""The command `call` at a terminal: questions, progress, tables and signals."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import anyio.to_thread
import pytest

from dockerhub_mcp.cli.call.layout import build_blocks
from dockerhub_mcp.cli.call.tables import render_plain
from dockerhub_mcp.cli.call.text_width import measure_width
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from tests.support.calls import arguments_of
from tests.support.shell import CLEAN_ENVIRONMENT, PROGRAM, PROGRAM_WITHOUT_RICH, call
from tests.support.terminals import Terminal

DELETE = ["--access", "admin", "--toolsets", "all", "delete_tag", "acme/storefront:latest"]
TWO_FACTOR = ["--sandbox-identity", "two-factor"]
CODE_PROMPT = "One-time code (Enter to go on without): "
ESCAPE_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(params=["rich", "plain"])
def has_rich(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Run a test with rich and as if the extra `cli` were not installed."""
    if request.param == "plain":
        for name in ("rich", "rich.console"):
            monkeypatch.setitem(sys.modules, name, None)
    return bool(request.param == "rich")


def open_terminal(
    *words: str,
    program: list[str] = PROGRAM,
    stdout: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Terminal:
    command = [*program, "call", "--sandbox", *words]
    return Terminal(command, {**CLEAN_ENVIRONMENT, **(environment or {})}, stdout=stdout)


def test_a_confirmation_is_read_from_the_terminal() -> None:
    with open_terminal(*DELETE) as terminal:
        question = terminal.until("Do it? [y/N] ")
        assert "The tag acme/storefront:latest" in question
        terminal.type("y\r")
        assert "done: true" in terminal.end()
        assert terminal.process.returncode == 0
    with open_terminal(*DELETE) as terminal:
        terminal.until("Do it? [y/N] ")
        terminal.type("\x03")
        assert "Traceback" not in terminal.end()
        assert terminal.process.returncode == 130


@pytest.mark.parametrize(
    ("answer", "is_accepted"),
    [("y\n", True), ("YES\n", True), ("perhaps\ny\n", True), ("\n", False), ("n\n", False), ("", False)],
    ids=["y", "yes", "unclear", "enter", "n", "end"],
)
def test_only_an_explicit_yes_confirms(answer: str, is_accepted: bool) -> None:
    done = call(*DELETE, stdin=answer, is_terminal=True)
    assert done.stderr.count("Do it? [y/N] ") == (2 if answer.startswith("perhaps") else 1)
    assert (done.returncode, done.stdout) == ((0, "done: true\n") if is_accepted else (1, ""))
    refusal = "The user declined this, and nothing was sent: The tag acme/storefront:latest"
    assert (refusal in done.stderr) is not is_accepted


def test_a_one_time_code_is_prompted_for_without_being_shown() -> None:
    with open_terminal(*TWO_FACTOR, "list_access_tokens", "--page-size", "1") as terminal:
        assert "The account grace has two-factor authentication" in terminal.until(CODE_PROMPT)
        terminal.type("012345\r")
        assert "1 of 1 items" in terminal.end()
        assert terminal.process.returncode == 0
    assert "012345" not in terminal.output


def test_without_a_valid_code_the_call_goes_on_anonymously() -> None:
    for code, message in (("", ""), ("999999", "The Hub did not accept the one-time code for grace.")):
        with open_terminal(*TWO_FACTOR, "list_tags", "redis", "--page-size", "1") as terminal:
            terminal.until(CODE_PROMPT)
            terminal.type(f"{code}\r")
            rest = terminal.end()
            assert terminal.process.returncode == 0
        assert message in rest
        assert "Note: Answered as for an anonymous caller." in rest


def test_the_tool_that_completes_a_sign_in_prompts_for_its_code() -> None:
    for typed, message, code in (
        ("012345\r", "username: grace", 0),
        ("\x04", "complete_2fa_login was not called. code: must have at least 6 characters", 2),
    ):
        with open_terminal(*TWO_FACTOR, "complete_2fa_login") as terminal:
            terminal.until(CODE_PROMPT)
            terminal.type(typed)
            assert message in terminal.end()
            assert terminal.process.returncode == code
    for tool in ("create_auth_token", "login"):
        with open_terminal(*TWO_FACTOR, tool) as terminal:
            terminal.until(CODE_PROMPT)
            terminal.type("012345\r")
            assert "username: grace" in terminal.end()
            assert terminal.process.returncode == 0
    done = call("complete_2fa_login", is_terminal=True)  # an account without a second factor
    assert done.returncode == 2
    assert "code: is required" in done.stderr


def test_a_secret_is_prompted_for_without_being_shown() -> None:
    with open_terminal("login", "--username", "ada", "--password") as terminal:
        terminal.until("password: ")
        terminal.type("sandbox-password-ada\r")
        assert "username: ada" in terminal.end()
        assert terminal.process.returncode == 0
    assert "sandbox-password-ada" not in terminal.output
    with open_terminal("login", "--username", "ada", "--password") as terminal:
        terminal.until("password: ")
        terminal.type("\x03")
        assert "Traceback" not in terminal.end()
        assert terminal.process.returncode == 130


def test_a_disabled_tool_prompts_for_nothing() -> None:
    done = call("--exclude-tools", "login", "login", "--password", is_terminal=True)
    assert done.returncode == 1
    assert "The tool login is switched off on this server" in done.stderr


@pytest.mark.parametrize("program", [PROGRAM, PROGRAM_WITHOUT_RICH], ids=["rich", "plain"])
def test_progress_is_shown_and_removed(program: list[str], tmp_path: Path) -> None:
    words = ["list_tags", "redis", "--max-items", "400", "-o", "json"]
    with (
        (tmp_path / "out").open("wb") as out,
        open_terminal(*words, program=program, stdout=out.fileno()) as terminal,
    ):
        output = terminal.end()
        assert terminal.process.returncode == 0
    assert "items read" in output
    assert re.search(r"400/400|400 of 400 items read", output)
    assert output.endswith("\x1b[2K")  # the line is cleared
    assert output.count("\n") == (program is PROGRAM)
    assert len(json.loads((tmp_path / "out").read_text("utf-8"))["results"]) == 400


@pytest.mark.parametrize("program", [PROGRAM, PROGRAM_WITHOUT_RICH], ids=["rich", "plain"])
async def test_ctrl_c_ends_a_paginated_call(sandbox: Sandbox, sandbox_url: str, program: list[str]) -> None:
    sandbox.faults.add(match="page=3", latency=30.0)
    identity = sandbox.get_identity("owner")
    account = {"DOCKERHUB_USERNAME": identity.username, "DOCKERHUB_TOKEN": identity.secret}

    def interrupt() -> tuple[str, int]:
        words = ["--api-url", sandbox_url, "--no-sandbox", "list_tags", "redis", "--max-items", "900"]
        with open_terminal(*words, program=program, environment=account) as terminal:
            terminal.until("items read")
            terminal.type("\x03")
            return terminal.end(), terminal.process.returncode

    rest, code = await anyio.to_thread.run_sync(interrupt)
    assert code == 130
    assert "Traceback" not in rest
    assert "Error" not in rest


@pytest.mark.parametrize("columns", [60, 100, 300])
def test_a_table_fits_the_terminal(has_rich: bool, columns: int) -> None:
    words = ["list_tags", "redis", "--page-size", "3", "-o", "table"]
    done = call(*words, is_terminal=True, COLUMNS=str(columns), TERM="xterm")
    assert ("\x1b[" in done.stdout) == has_rich
    lines = ESCAPE_SEQUENCE.sub("", done.stdout).splitlines()
    assert max(map(len, lines)) <= columns
    *shared, header, _, _, _ = lines
    assert "".join(shared).startswith("All have digest (short)=")
    assert header.split() == ["name", "last_updated"]
    assert done.stderr == (
        "Shortened: digest, tag_last_pulled, last_updated. Whole with --wide or -o json.\n"
        "3 of 2528 items. Go on with --page 2 --page-size 3.\n"
    )


def test_a_table_is_wide_or_fits_as_the_options_say() -> None:
    words = ["list_tags", "redis", "--page-size", "3", "--fields", "name,digest,platforms", "-o", "table"]
    wide = call(*words, "--wide", is_terminal=True, COLUMNS="80", NO_COLOR="1", TERM="xterm").stdout
    assert ESCAPE_SEQUENCE.sub("", wide) == call(*words).stdout
    assert max(map(len, wide.splitlines())) > 160
    fitted = call(*words, "--no-wide", COLUMNS="80")
    assert max(map(len, fitted.stdout.splitlines())) <= 80


# Tools whose words are longer than a line: references with a digest, and links.
LONG_WORDS = re.compile(r"sha256:[0-9a-f]{64}|://|dockerhub:|/repository/")


def test_the_lines_of_lists_and_objects_fit_the_terminal() -> None:
    arguments = arguments_of(Sandbox())
    names = re.compile("list_|get_|scim_list_|search_|review_access|summarize_|what_")
    tools = [tool for tool in ALL_TOOLS if names.match(tool.name)]
    assert len(tools) > 25
    lines = [json.dumps({"tool": tool.name, "arguments": arguments[tool.name]}) for tool in tools]
    done = call("--access", "admin", "--toolsets", "all", "--batch", stdin="\n".join(lines))
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["tool"] for each in outcomes if each["is_error"]] == []
    for columns in (60, 80, 100, 160):
        for tool, outcome in zip(tools, outcomes, strict=True):
            blocks = build_blocks(outcome["result"], tool.result_type, is_wide=False)
            for line in render_plain(blocks, columns).splitlines():
                assert measure_width(line) <= columns or LONG_WORDS.search(line), f"{tool.name}: {line}"


def test_colour_is_left_out_with_no_color() -> None:
    words = ["get_tag", "redis:8.2", "-o", "table"]
    assert "\x1b[36mname" in call(*words, is_terminal=True, TERM="xterm").stdout
    assert "\x1b" not in call(*words, is_terminal=True, TERM="xterm", NO_COLOR="1").stdout
    assert "\x1b" not in call(*words, is_terminal=True, TERM="dumb").stdout


async def test_a_signal_ends_a_call_in_the_middle_of_a_request(sandbox: Sandbox, sandbox_url: str) -> None:
    sandbox.faults.add(match="/v2/namespaces", latency=30.0)
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        "call",
        "get_tag",
        "redis:8.2",
        env=CLEAN_ENVIRONMENT | {"DOCKERHUB_API_URL": sandbox_url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    while not sandbox.requests:
        await asyncio.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, out, err) == (130, b"", b"")

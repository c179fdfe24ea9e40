"""What a person sees and types at a terminal."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.shell import CLEAN, PROGRAM, WITHOUT_RICH
from tests.support.terminals import Terminal

T = TypeVar("T")
DELETE = ["--access", "admin", "--toolsets", "all", "delete_tag", "acme/storefront:latest"]
GRACE = ["--sandbox-identity", "two-factor"]
CODE = "One-time code (Enter to go on without): "


def terminal(*words: str, program: list[str] = PROGRAM, columns: int = 100, **more: object) -> Terminal:
    stdout = more.pop("stdout", None)
    assert stdout is None or isinstance(stdout, int)
    environment = CLEAN | {name: str(value) for name, value in more.items()}
    return Terminal([*program, "call", "--sandbox", *words], environment, columns=columns, stdout=stdout)


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ("y\r", 0, "done: true"),
        ("YES\r", 0, "done: true"),
        ("perhaps\ry\r", 0, "done: true"),
        ("\r", 1, "The person said no to this, and nothing was sent: The tag acme/storefront:latest"),
        ("n\r", 1, "The person said no to this"),
        ("\x04", 1, "The person said no to this"),
        ("\x03", 130, ""),
    ],
    ids=["y", "yes", "unclear", "enter", "n", "end", "ctrl-c"],
)
def test_what_would_be_lost_is_asked_about(typed: str, code: int, said: str) -> None:
    with terminal(*DELETE) as shown:
        question = shown.until("Do it? [y/N] ")
        assert "is deleted; it can no longer be pulled by this name." in question
        shown.type(typed)
        rest = shown.end()
        assert shown.process.returncode == code
    assert said in rest
    assert "Traceback" not in rest
    assert rest.count("Do it?") == ("perhaps" in typed)


def test_a_code_is_asked_for_unseen_where_an_account_wants_one() -> None:
    with terminal(*GRACE, "list_access_tokens", "--page-size", "1") as shown:
        assert "The account grace has two-factor authentication" in shown.until(CODE)
        shown.type("012345\r")
        rest = shown.end()
        assert shown.process.returncode == 0
    assert "1 of 1 items" in rest
    assert "012345" not in shown.seen


def test_without_the_code_it_goes_on_as_nobody() -> None:
    with terminal(*GRACE, "list_tags", "redis", "--page-size", "1") as shown:
        shown.until(CODE)
        shown.type("\r")
        rest = shown.end()
        assert shown.process.returncode == 0
    assert "Note: Answered as for an anonymous caller." in rest
    with terminal(*GRACE, "list_tags", "redis", "--page-size", "1") as shown:
        shown.until(CODE)
        shown.type("999999\r")
        rest = shown.end()
    assert "The Hub did not accept the one-time code for grace." in rest
    assert "Note: Answered as for an anonymous caller." in rest


def test_the_tool_that_completes_a_sign_in_asks_for_its_code() -> None:
    with terminal(*GRACE, "complete_2fa_login") as shown:
        shown.until(CODE)
        shown.type("012345\r")
        assert "username: grace" in shown.end()
        assert shown.process.returncode == 0
    with terminal(*GRACE, "complete_2fa_login") as shown:
        shown.until(CODE)
        shown.type("\x04")
        assert "complete_2fa_login was not called. code: must not be empty" in shown.end()
        assert shown.process.returncode == 2
    with terminal("complete_2fa_login") as shown:  # an account without a second factor
        assert "code: is required" in shown.end()
        assert shown.process.returncode == 2


def test_a_secret_is_asked_for_unseen() -> None:
    with terminal("login", "--username", "ada", "--password") as shown:
        shown.until("password: ")
        shown.type("sandbox-password-ada\r")
        assert "username: ada" in shown.end()
        assert shown.process.returncode == 0
    assert "sandbox-password-ada" not in shown.seen
    with terminal("login", "--username", "ada", "--password") as shown:
        shown.until("password: ")
        shown.type("\x03")
        assert "Traceback" not in shown.end()
        assert shown.process.returncode == 130


def test_a_refused_gate_asks_for_nothing() -> None:
    with terminal("--exclude-tools", "login", "login", "--password") as shown:
        assert "The tool login is switched off on this server" in shown.end()
        assert shown.process.returncode == 1


@pytest.mark.parametrize("program", [PROGRAM, WITHOUT_RICH], ids=["rich", "plain"])
def test_a_walk_shows_how_far_it_is_and_leaves_nothing_behind(program: list[str], tmp_path: Path) -> None:
    with (
        (tmp_path / "out").open("wb") as out,
        terminal(
            "list_tags",
            "redis",
            "--max-items",
            "400",
            "-o",
            "json",
            program=program,
            stdout=out.fileno(),
        ) as shown,
    ):
        seen = shown.end()
        assert shown.process.returncode == 0
    assert "items read" in seen
    assert re.search(r"400/400|400 of 400 items read", seen)
    assert re.search(r"\r +\r$|\x1b\[2K$", seen)  # the line is cleared
    assert seen.count("\n") == (program is PROGRAM)
    assert len(json.loads((tmp_path / "out").read_text("utf-8"))["results"]) == 400


@pytest.mark.parametrize("program", [PROGRAM, WITHOUT_RICH], ids=["rich", "plain"])
async def test_ctrl_c_ends_a_walk_cleanly(sandbox: Sandbox, sandbox_url: str, program: list[str]) -> None:
    sandbox.faults.add(match="page=3", latency=30.0)

    def watch() -> tuple[str, int]:
        words = ["--api-url", sandbox_url, "--no-sandbox", "list_tags", "redis", "--max-items", "900"]
        whom = sandbox.get_identity("owner")
        with terminal(
            *words, program=program, DOCKERHUB_USERNAME=whom.username, DOCKERHUB_TOKEN=whom.secret
        ) as shown:
            shown.until("items read")
            shown.type("\x03")
            return shown.end(), shown.process.returncode

    rest, code = await in_thread(watch)
    assert code == 130
    assert "Traceback" not in rest
    assert "Error" not in rest


@pytest.mark.parametrize(
    ("program", "columns"), [(PROGRAM, 60), (PROGRAM, 300), (WITHOUT_RICH, 60), (WITHOUT_RICH, 100)]
)
def test_a_table_fits_the_terminal_and_keeps_its_columns(program: list[str], columns: int) -> None:
    with terminal(
        "list_tags", "redis", "--page-size", "3", "-o", "table", program=program, columns=columns
    ) as shown:
        seen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.end()).replace("\r", "").splitlines()
    head, *rows, where = seen
    # Seven columns do not fit into 60 letters at their narrowest, and then the terminal breaks the lines.
    assert columns == 60 or max(map(len, seen)) <= columns
    assert len(re.split(r" {2,}", head.strip())) == 7
    assert len(rows) == 3
    assert ("…" in rows[0]) == (columns < 300)
    assert where == "3 of 2528 items. Go on with --page 2 --page-size 3."


def test_colour_is_left_out_where_somebody_wants_none() -> None:
    with terminal("get_tag", "redis:8.2", "-o", "table") as shown:
        assert "\x1b[36mname" in shown.end()
    with terminal("get_tag", "redis:8.2", "-o", "table", NO_COLOR=1) as shown:
        assert "\x1b[3" not in shown.end()


async def in_thread(work: Callable[[], T]) -> T:
    """Run what waits for a process while the sandbox of this one answers it."""
    return await asyncio.get_running_loop().run_in_executor(None, work)


async def test_a_signal_ends_it_in_the_middle_of_a_request(sandbox: Sandbox, sandbox_url: str) -> None:
    sandbox.faults.add(match="/v2/namespaces", latency=30.0)
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        "call",
        "get_tag",
        "redis:8.2",
        env=CLEAN | {"DOCKERHUB_API_URL": sandbox_url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    while not sandbox.requests:
        await asyncio.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, out, err) == (130, b"", b"")

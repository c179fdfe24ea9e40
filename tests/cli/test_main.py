"""The commands of the program: in this process, and once as a process of its own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2 as httpx
import pytest

from dockerhub_mcp import __version__
from dockerhub_mcp.cli import demo
from dockerhub_mcp.cli.parser import build_parser
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from dockerhub_mcp.tools.catalog.registry import Registry
from tests.support.command_line import Completed, run_main

PROGRAM = [sys.executable, "-m", "dockerhub_mcp"]


def run_program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start the program as a host does, at the end of its input."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )


def test_the_program_as_a_process() -> None:
    done = run_program("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"dockerhub-mcp {__version__}\n", "")
    done = run_program("--tools", "gettag", DOCKERHUB_TOKEN="dckr_pat_abc")
    assert (done.returncode, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert first.startswith("dockerhub-mcp: --tools: 'gettag' does not exist; did you mean get_tag")
    assert second.startswith("dockerhub-mcp: DOCKERHUB_TOKEN is set, but no user name is")
    assert run_program("serve", "--sandbox").returncode == 0


def test_help_and_version() -> None:
    assert run_main("--version") == Completed(0, f"dockerhub-mcp {__version__}\n", "")
    for command in ("", "serve", "demo", "sandbox", "tools", "completion", "schemas", "doctor", "install"):
        done = run_main(*command.split(), "--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"usage: dockerhub-mcp {command}".rstrip())


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["--tools", "gettag"], {}, "--tools: 'gettag' does not exist; did you mean get_tag"),
        (["--toolsets", "tag"], {}, "--toolsets: 'tag' does not exist; did you mean tags"),
        (
            ["--sandbox", "--sandbox-identity", "bob"],
            {},
            "--sandbox-identity must be anonymous or one of owner",
        ),
        ([], {"DOCKERHUB_MCP_ACCESS": "root"}, "DOCKERHUB_MCP_ACCESS must be one of read, write, admin"),
        ([], {"DOCKERHUB_TOKEN": "a", "DOCKERHUB_TOKEN_FILE": "b", "DOCKERHUB_USERNAME": "c"}, "both set"),
        ([], {"DOCKERHUB_TOKEN": "dckr_pat_abc"}, "DOCKERHUB_TOKEN is set, but no user name is"),
        (
            [],
            {"DOCKERHUB_API_URL": "http://hub.docker.com"},
            "Plain HTTP would expose the bearer token",
        ),
        ([], {"DOCKERHUB_API_URL": "nonsense"}, "nonsense cannot be the Hub's address"),
        (["--transport=carrier-pigeon"], {}, "invalid choice: 'carrier-pigeon'"),
        (["--acces", "read"], {}, "there is no option --acces; did you mean --access?\n"),
        (["--acces=read"], {}, "there is no option --acces; did you mean --access?\n"),
        (["--access", "read", "--quick", "tools"], {}, "no option --quick; see dockerhub-mcp tools --help\n"),
        (["tools", "--acces", "read"], {}, "there is no option --acces; did you mean --access?\n"),
        (["demo", "--plane"], {}, "there is no option --plane; did you mean --plain?\n"),
        (["demo", "--access", "read"], {}, "no option --access; see dockerhub-mcp demo --help\n"),
        (
            ["--sessions=maybe"],
            {},
            "--sessions must be true or false, not 'maybe'; see dockerhub-mcp --help\n",
        ),
        (["tools", "--markdown=yes"], {}, "--markdown takes no value such as 'yes'"),
        (["--port"], {}, "argument --port: expected one argument"),
        (["completion"], {}, "arguments are required: shell; see dockerhub-mcp completion --help\n"),
        (["demo", "now"], {}, "unrecognized arguments: now"),
        (["doktor"], {}, "argument command: invalid choice: 'doktor'"),
    ],
)
def test_a_command_line_that_cannot_be_used_ends_with_a_message_and_exit_code_2(
    arguments: list[str], environment: dict[str, str], message: str
) -> None:
    done = run_main(*arguments, env=environment)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert all(line.startswith("dockerhub-mcp") for line in done.stderr.splitlines())
    assert "dckr_pat_abc" not in done.stderr


def test_a_flag_may_have_its_value_behind_an_equals_sign() -> None:
    parser = build_parser(["--sessions=true"])
    for word, value in {"--sessions=true": True, "--sessions=YES": True, "--sessions=0": False}.items():
        assert parser.parse_args([word]).sessions is value
    assert not hasattr(parser.parse_args(["--sessions="]), "sessions")
    assert build_parser(["tools"]).parse_args(["tools", "--sandbox=off"]).sandbox is False


def test_tools_lists_which_are_enabled() -> None:
    done = run_main("--tools", "get_tag", "tools")
    enabled = [line.split()[0] for line in done.stdout.splitlines()[1:] if line.endswith("yes")]
    assert (done.returncode, enabled) == (0, ["get_tag"])
    assert "| `get_tag` |" in run_main("tools", "--markdown").stdout


def test_schemas_are_written_and_checked(tmp_path: Path) -> None:
    directory = tmp_path / "schemas"
    arguments = ("schemas", "--dir", str(directory))
    done = run_main(*arguments, "--check")
    assert (done.returncode, "missing: " in done.stderr) == (1, True)
    assert run_main(*arguments).returncode == 0
    assert run_main(*arguments, "--check").returncode == 0
    (directory / "get_tag.json").write_text("{}")
    (directory / "old.json").write_text("{}")
    done = run_main(*arguments, "--check")
    assert done.returncode == 1
    assert "differs: " in done.stderr
    assert "no such tool: " in done.stderr
    assert "Run: dockerhub-mcp schemas" in done.stderr
    done = run_main(*arguments)
    assert (done.returncode, "removed" in done.stderr) == (0, True)
    assert {path.stem for path in directory.iterdir()} == set(TOOLS_BY_NAME)


async def test_the_sandbox_listens_lists_its_identities_and_ends_on_a_signal() -> None:
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "sandbox", "--port", "0", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr
    assert process.stdout
    banner = ""
    while "Ctrl-C" not in banner:
        banner += (await asyncio.wait_for(process.stderr.readline(), 30)).decode()
    url = re.search(r"http://127\.0\.0\.1:\d+", banner)
    assert url
    assert "dckr_pat_sandbox_admin" in banner
    async with httpx.AsyncClient(base_url=url[0]) as client:
        assert (await client.get("/v2/namespaces/library/repositories/redis")).status_code == 200
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 10) in {0, 130}
    assert await process.stdout.read() == b""
    assert b"Traceback" not in await process.stderr.read()


def test_a_sandbox_that_cannot_listen() -> None:
    done = run_main("sandbox", "--host", "192.0.2.1", "--port", "1")
    assert done.returncode == 2
    assert "the sandbox cannot listen on 192.0.2.1:1" in done.stderr


def test_the_demo_shows_every_step_without_colour_in_a_pipe() -> None:
    done = run_main("demo")
    assert done.returncode == 0, done.stdout
    assert "\x1b" not in done.stdout
    assert f"{len(Registry().tools)} tools" in done.stdout
    assert re.search(r"FROM redis:\S+@sha256:[0-9a-f]{64}", done.stdout)
    assert "it needs --access write" in done.stdout
    assert "username: ada" in done.stdout
    assert "ada | Owner | " in done.stdout


def test_the_demo_has_colour_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = []

    async def run_demo(write: Callable[[str], object], use_colour: bool) -> int:
        chosen.append(use_colour)
        write("done\n")
        return 0

    monkeypatch.setattr(demo, "run_demo", run_demo)
    for options, environment, is_terminal in (
        ([], {"FORCE_COLOR": "1"}, False),
        (["--plain"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ([], {}, True),
        ([], {"TERM": "dumb"}, True),
        ([], {}, False),
    ):
        done = run_main("demo", *options, env=environment, is_terminal=is_terminal)
        assert done == Completed(0, "done\n", "")
    assert chosen == [True, False, False, True, False, False]


async def test_colours_of_the_demo() -> None:
    written: list[str] = []
    await demo.run_demo(written.append, use_colour=True)
    assert written[0].startswith("\x1b[1;36mdockerhub-mcp: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--secrets-dir", "/no/such/place"], "--secrets-dir names /no/such/place, which is not a directory"),
        (["--audit-log", "/no/such/place/journal"], "which cannot be written: No such file or directory"),
        (["--confirm", "sometimes"], "invalid choice: 'sometimes'"),
        (["--tools", ","], "--tools names nothing; leave it out to set no limit"),
    ],
)
def test_a_place_that_cannot_be_written_keeps_the_server_from_starting(
    arguments: list[str], message: str
) -> None:
    done = run_main("--sandbox", *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_options_may_precede_or_follow_the_command() -> None:
    before, after = run_main("--access", "admin", "tools"), run_main("tools", "--access", "admin")
    assert before.returncode == 0
    assert before == after


def test_a_reader_that_has_gone_is_no_error() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with subprocess.Popen([*PROGRAM, "tools"], stdout=write_end, stderr=subprocess.PIPE) as process:
        os.close(write_end)
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, b"")

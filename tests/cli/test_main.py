from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx2 as httpx
import pytest

from dockerhub_mcp import __version__
from dockerhub_mcp.cli.main import main
from dockerhub_mcp.hub.methods import ALL_METHODS

# What the person who runs the tests has configured must not change them.
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if name == "DOCKER_CONFIG" or not name.startswith(("DOCKER", "HUB_"))
}
PROGRAM = [sys.executable, "-m", "dockerhub_mcp"]


def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=CLEAN | environment,
    )


def test_the_version_is_told() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"dockerhub-mcp {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
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
        (["--access", "read", "--quick", "tools"], {}, "no option --quick; dockerhub-mcp tools --help shows"),
        (["tools", "--acces", "read"], {}, "there is no option --acces; did you mean --access?\n"),
        (["demo", "--plane"], {}, "there is no option --plane; did you mean --plain?\n"),
        (["demo", "--access", "read"], {}, "no option --access; dockerhub-mcp demo --help shows"),
        (["demo", "now"], {}, "unrecognized arguments: now"),
        (["doktor"], {}, "argument command: invalid choice: 'doktor'"),
    ],
)
def test_what_cannot_be_meant_ends_with_a_sentence_and_exit_code_2(
    arguments: list[str], environment: dict[str, str], words: str
) -> None:
    done = run(*arguments, **environment)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "dckr_pat_abc" not in done.stderr


def test_tools_shows_what_is_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--tools", "get_tag", "tools"]) == 0
    lines = capsys.readouterr().out.splitlines()
    on = [line.split()[0] for line in lines[1:] if line.endswith("yes")]
    assert on == ["get_tag"]
    assert main(["tools", "--markdown"]) == 0
    assert "| `get_tag` |" in capsys.readouterr().out


def test_schemas_are_written_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path / "schemas"
    assert main(["schemas", "--dir", str(directory), "--check"]) == 1
    assert "missing: " in capsys.readouterr().err
    assert main(["schemas", "--dir", str(directory)]) == 0
    assert main(["schemas", "--dir", str(directory), "--check"]) == 0
    (directory / "get_tag.json").write_text("{}")
    (directory / "old.json").write_text("{}")
    capsys.readouterr()
    assert main(["schemas", "--dir", str(directory), "--check"]) == 1
    told = capsys.readouterr().err
    assert "differs: " in told
    assert "no such tool: " in told
    assert "Run: dockerhub-mcp schemas" in told
    assert main(["schemas", "--dir", str(directory)]) == 0
    assert {path.stem for path in directory.iterdir()} == {method.tool_name for method in ALL_METHODS}
    assert "removed" in capsys.readouterr().err


async def test_the_sandbox_listens_tells_whom_to_be_and_ends_on_a_signal() -> None:
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "sandbox", "--port", "0", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr
    assert process.stdout
    told = ""
    while "Ctrl-C" not in told:
        told += (await asyncio.wait_for(process.stderr.readline(), 30)).decode()
    url = re.search(r"http://127\.0\.0\.1:\d+", told)
    assert url
    assert "dckr_pat_sandbox_admin" in told
    async with httpx.AsyncClient(base_url=url[0]) as client:
        assert (await client.get("/v2/namespaces/library/repositories/redis")).status_code == 200
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 10) in {0, 130}
    assert await process.stdout.read() == b""
    assert b"Traceback" not in await process.stderr.read()


def test_the_sandbox_says_when_it_cannot_listen() -> None:
    done = run("sandbox", "--host", "192.0.2.1", "--port", "1")
    assert done.returncode == 2
    assert "the sandbox cannot listen on 192.0.2.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_tells_its_story_without_colour_in_a_pipe() -> None:
    done = run("demo")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "22 tools" in done.stdout
    assert re.search(r"FROM redis:\S+@sha256:[0-9a-f]{64}", done.stdout)
    assert "it needs --access write" in done.stdout
    assert "username: ada" in done.stdout
    assert "ada | Owner | " in done.stdout


def test_the_demo_has_colour_where_it_is_wanted() -> None:
    assert "\x1b[1;36m" in run("demo", FORCE_COLOR="1").stdout
    assert "\x1b" not in run("demo", "--plain", FORCE_COLOR="1").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--secrets-dir", "/no/such/place"], "--secrets-dir names /no/such/place, which is no directory"),
        (["--audit-log", "/no/such/place/journal"], "which cannot be written: No such file or directory"),
        (["--confirm", "sometimes"], "invalid choice: 'sometimes'"),
        (["--tools", ","], "--tools names nothing; leave it out to set no limit"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_at_the_start(arguments: list[str], words: str) -> None:
    done = run("--sandbox", *arguments)
    assert done.returncode == 2
    assert words in done.stderr


def test_options_may_stand_before_or_behind_the_command() -> None:
    before, behind = run("--access", "admin", "tools"), run("tools", "--access", "admin")
    assert before.returncode == behind.returncode == 0
    assert before.stdout == behind.stdout
    assert run("serve", "--sandbox").returncode == 0

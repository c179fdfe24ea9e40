"""Completion in real shells: what is typed, and what the program would get."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dockerhub_mcp.cli.main import main
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.server.stdio.fast_start import SNAPSHOT_PATH
from dockerhub_mcp.tools.catalog.schema import build_input_schema
from tests.support.shell import CLEAN, PROGRAM
from tests.support.terminals import Terminal

NAME = "dockerhub-mcp"


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"needs {shell} (apt-get install {shell})")


@functools.cache
def script(shell: str) -> str:
    done = subprocess.run(
        [*PROGRAM, "completion", shell], capture_output=True, text=True, check=True, env=CLEAN
    )
    assert done.stderr == ""
    return done.stdout


def typed(shell: str, keys: str, directory: Path) -> str:
    """Type keys into an interactive shell and return the words that the program gets, each in angle brackets."""
    (directory / "script").write_text(script(shell), "utf-8")
    start, set_up = {
        "bash": (["bash", "--norc", "--noprofile", "-i"], "bind 'set enable-bracketed-paste off'"),
        "zsh": (["zsh", "-f", "-i"], "autoload -U compinit && compinit -u -D; unset zle_bracketed_paste"),
    }[shell]
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "INPUTRC": "/dev/null", "PS1": "$ "}
    with Terminal(start, environment, columns=220) as terminal:
        terminal.until("$ ")
        # A function in the program's place says what it was given.
        echo = f"{NAME}() {{ printf '\\n'; printf '<%s>' \"$@\"; printf '\\n%s\\n' EN''D; }}"
        terminal.type(f"cd {directory}; {set_up}; source ./script; {echo}; echo REA''DY\r")
        terminal.until("READY")
        terminal.until("$ ")
        terminal.type(f"{keys}\r")
        seen = terminal.until("END").replace("\r", "")
    found = re.findall(r"^<.*>$", seen, re.MULTILINE)
    assert len(found) == 1, seen
    return str(found[0])


ONE = [
    ("dockerhub-mcp ca\t", "<call>"),
    ("dockerhub-mcp call list_ta\t--ord\tname_\t", "<call><list_tags><--ordering><name_descending>"),
    ("dockerhub-mcp call list_tags --ordering=name_\t", "<call><list_tags><--ordering=name_descending>"),
    (
        "dockerhub-mcp call --sandbox --api-url http://x:80 get_ta\tredis:8.2 --out\ttab\t",
        "<call><--sandbox><--api-url><http://x:80><get_tag><redis:8.2><--output><table>",
    ),
    ("dockerhub-mcp call create_access_token --scopes repo:read,repo:ad\t", "<repo:read,repo:admin>"),
    ("dockerhub-mcp call create_access_token --scopes=repo:p\t", "<--scopes=repo:public_read>"),
    ("dockerhub-mcp call list_tags --arguments @scr\t", "<--arguments><@script>"),
    ("dockerhub-mcp call list_tags --arguments scr\t", "<--arguments><script>"),
    ("dockerhub-mcp --access a\tcall --access=w\tcreate_rep\t--no-is\t", "<--access><admin><call><--access=write><create_repository><--no-is-private>"),
    ("dockerhub-mcp call login --use\tx --pass\t", "<call><login><--username><x><--password>"),
    ("dockerhub-mcp tools --mark\t", "<tools><--markdown>"),
    ("dockerhub-mcp completion fi\t", "<completion><fish>"),
    ("dockerhub-mcp call list_tags --name old\t", "<--name><old>"),  # nothing is known of such values
]  # fmt: skip


@needs("bash")
@pytest.mark.parametrize(("keys", "words"), ONE)
def test_bash_completes(keys: str, words: str, tmp_path: Path) -> None:
    assert typed("bash", keys, tmp_path).endswith(words)


@needs("bash")
@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("dockerhub-mcp c\x1b*", "<call><completion>"),
        ("dockerhub-mcp call list_tags --o\x1b*", "<call><list_tags><--ordering><--os><--output>"),
        ("dockerhub-mcp completion \x1b*", "<completion><bash><fish><zsh>"),
        ("dockerhub-mcp call update_repository_group --permission \x1b*", "<--permission><admin><read><write>"),
        ("dockerhub-mcp call check_tag\x1b*", "<call><check_tag><check_tags>"),
        ("dockerhub-mcp sandbox --h\x1b*", "<sandbox><--help><--host>"),
    ],
)  # fmt: skip
def test_bash_offers_all_that_there_are(keys: str, words: str, tmp_path: Path) -> None:
    assert typed("bash", keys, tmp_path).endswith(words)


@needs("bash")
def test_bash_completes_directories(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "second").write_text("", "utf-8")
    assert (
        typed("bash", "dockerhub-mcp call --secrets-dir sec\t", tmp_path) == "<call><--secrets-dir><secrets/>"
    )


@needs("zsh")
@pytest.mark.parametrize(("keys", "words"), ONE)
def test_zsh_completes(keys: str, words: str, tmp_path: Path) -> None:
    seen = typed("zsh", keys, tmp_path)
    assert re.sub(r"(?<=\w)=", "><", seen).endswith(re.sub(r"(?<=\w)=", "><", words))


def in_fish(line: str, directory: Path) -> list[str]:
    (directory / "script").write_text(script("fish"), "utf-8")
    done = subprocess.run(
        ["fish", "--no-config", "-c", "source ./script; complete -C $argv[1]", line],
        capture_output=True,
        text=True,
        check=True,
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": str(directory)},
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@needs("fish")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("dockerhub-mcp ca", ["call"]),
        ("dockerhub-mcp call list_ta", ["list_tags"]),
        ("dockerhub-mcp call list_tags --o", ["--ordering", "--os", "--output"]),
        ("dockerhub-mcp call list_tags --ordering n", ["newest", "name", "name_descending"]),
        ("dockerhub-mcp call list_tags --ordering=name_", ["--ordering=name_descending"]),
        ("dockerhub-mcp call --api-url http://x:80 check_tag", ["check_tag", "check_tags"]),
        ("dockerhub-mcp call create_access_token --scopes repo:read,repo:ad", ["repo:read,repo:admin"]),
        ("dockerhub-mcp call list_tags --arguments @scr", ["@script"]),
        ("dockerhub-mcp call list_tags --name x", []),
        ("dockerhub-mcp completion ", ["bash", "zsh", "fish"]),
        ("dockerhub-mcp call --access=w", ["--access=write"]),
        ("dockerhub-mcp call --no-sand", ["--no-sandbox"]),
    ],
)
def test_fish_completes(line: str, offered: list[str], tmp_path: Path) -> None:
    assert [said.partition("\t")[0] for said in in_fish(line, tmp_path)] == offered


@needs("fish")
def test_fish_says_what_words_mean(tmp_path: Path) -> None:
    [said] = in_fish("dockerhub-mcp call list_tags --page-s", tmp_path)
    assert said == "--page-size\tItems per page"
    (tmp_path / "secrets").mkdir()
    [said] = in_fish("dockerhub-mcp call --secrets-dir sec", tmp_path)
    assert said.startswith("secrets/")


@needs("zsh")
def test_zsh_finds_it_where_it_was_installed(tmp_path: Path) -> None:
    (tmp_path / "_dockerhub-mcp").write_text(script("zsh"), "utf-8")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PS1": "$ "}
    with Terminal(["zsh", "-f", "-i"], environment, columns=220) as terminal:
        terminal.until("$ ")
        terminal.type(f"fpath+=({tmp_path}); autoload -U compinit && compinit -u -D; echo REA''DY\r")
        terminal.until("READY")
        terminal.until("$ ")
        terminal.type("dockerhub-mcp call list_tags --o\t")
        terminal.until("--ordering  -- Order of the list")
        terminal.type("r\t")
        terminal.until("rdering")


@needs("fish")
def test_fish_finds_it_where_it_was_installed(tmp_path: Path) -> None:
    place = tmp_path / ".config/fish/completions"
    place.mkdir(parents=True)
    (place / "dockerhub-mcp.fish").write_text(script("fish"), "utf-8")
    program = tmp_path / NAME  # fish asks for the completion of programs that there are
    program.write_text("#!/bin/sh\n", "utf-8")
    program.chmod(0o755)
    done = subprocess.run(
        ["fish", "-c", "complete -C 'dockerhub-mcp call list_tags --or'"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)},
    )
    assert done.stdout == "--ordering\tOrder of the list (undocumented)\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_says_first_how_to_install_it(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    said = capsys.readouterr().out
    assert said == script(shell)
    first = next(line for line in said.splitlines() if line.startswith("# "))
    assert f"Install it: dockerhub-mcp completion {shell} > " in first


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_has_every_tool_every_argument_and_every_option(shell: str) -> None:
    said = script(shell)
    for method in ALL_METHODS:
        assert f"call {method.tool_name}" in said
        for argument in arguments_of(build_input_schema(method)).values():
            assert argument.flag in said
    for option in ALL.values():
        assert option.flag in said


def test_the_script_is_made_without_the_client_and_without_the_sdk() -> None:
    code = (
        "import sys; from dockerhub_mcp.cli.main import main; main(['completion', 'bash'])\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([*PROGRAM[:1], "-c", code], capture_output=True, text=True, check=True, env=CLEAN)
    assert not set(done.stderr.split()) & {"mcp", "mcp_types", "pydantic", "httpx2", "anyio"}


def test_what_it_reads_has_the_schemas_of_all_tools() -> None:
    kept = json.loads(SNAPSHOT_PATH.read_text("utf-8"))["legacy"]["lists"]["tools/list"][1]
    for method in ALL_METHODS:
        head, _, tail = kept[method.tool_name]
        assert json.loads(head + tail)["inputSchema"] == build_input_schema(method)

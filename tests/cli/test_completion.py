"""Completion in real shells: the keys that are typed, and the words that the program then receives."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dockerhub_mcp.cli.call.argument_names import format_option
from dockerhub_mcp.cli.call.parser import build_parser
from dockerhub_mcp.server.plain.prebuilt import RESPONSES_PATH
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from tests.support.command_line import run_main
from tests.support.shell import CLEAN_ENVIRONMENT, PROGRAM
from tests.support.terminals import Terminal

NAME = "dockerhub-mcp"
START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "bind 'set enable-bracketed-paste off'"),
    "zsh": (["zsh", "-f", "-i"], "autoload -U compinit && compinit -u -D; unset zle_bracketed_paste"),
}
"""How an interactive shell is started without the user's configuration, and what it runs first."""


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"needs {shell} (apt-get install {shell})")


@pytest.fixture(scope="module")
def scripts() -> dict[str, str]:
    scripts = {}
    for shell in ("bash", "zsh", "fish"):
        done = run_main("completion", shell)
        assert (done.returncode, done.stderr) == (0, "")
        scripts[shell] = done.stdout
    return scripts


@contextmanager
def interactive_shell(shell: str, script: str, directory: Path) -> Iterator[Callable[[str], str]]:
    """Start a shell in a directory with a file, and yield what types a line and returns the words received."""
    (directory / "script").write_text(script, "utf-8")
    start, set_up = START[shell]
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "INPUTRC": "/dev/null", "PS1": "$ "}
    # A function in the program's place shows its arguments.
    function = f"{NAME}() {{ printf '\\n'; printf '<%s>' \"$@\"; printf '\\n%s\\n' EN''D; }}"

    def type_line(keys: str) -> str:
        terminal.until("$ ")
        terminal.type(f"{keys}\r")
        output = terminal.until("END").replace("\r", "")
        found = re.findall(r"^<.*>$", output, re.MULTILINE)
        assert len(found) == 1, output
        return str(found[0])

    with Terminal(start, environment, columns=220) as terminal:
        terminal.until("$ ")
        terminal.type(f"cd {directory}; {set_up}; source ./script; {function}; echo REA''DY\r")
        terminal.until("READY")
        yield type_line


LINES = [
    ("dockerhub-mcp ca\t", "<call>"),
    ("dockerhub-mcp call list_ta\t--ord\tname_\t", "<call><list_tags><--ordering><name_descending>"),
    ("dockerhub-mcp call list_tags --ordering=name_\t", "<call><list_tags><--ordering=name_descending>"),
    (
        "dockerhub-mcp call --sandbox --api-url http://x:80 get_ta\tredis:8.2 --out\ttab\t",
        "<call><--sandbox><--api-url><http://x:80><get_tag><redis:8.2><--output><table>",
    ),
    ("dockerhub-mcp call create_access_token --scopes repo:read,repo:ad\t", "<repo:read,repo:admin>"),
    ("dockerhub-mcp call create_access_token --scopes repo:ad\t", "<repo:admin>"),
    ("dockerhub-mcp call create_access_token --scopes=repo:p\t", "<--scopes=repo:public_read>"),
    ("dockerhub-mcp call list_tags --arguments @scr\t", "<--arguments><@script>"),
    ("dockerhub-mcp call list_tags --arguments scr\t", "<--arguments><script>"),
    ("dockerhub-mcp --access a\tcall --access=w\tcreate_rep\t--no-is\t", "<--access><admin><call><--access=write><create_repository><--no-is-private>"),
    ("dockerhub-mcp call login --use\tx --pass\t", "<call><login><--username><x><--password>"),
    ("dockerhub-mcp tools --mark\t", "<tools><--markdown>"),
    ("dockerhub-mcp tools --toolsets default,deve\t", "<tools><--toolsets><default,developer>"),
    ("dockerhub-mcp completion fi\t", "<completion><fish>"),
    ("dockerhub-mcp call --secrets-dir sec\t", "<call><--secrets-dir><secrets/>"),
    ("dockerhub-mcp cleanup acme/app --per mi\t--rul\tscr\t", "<cleanup><acme/app><--per><minor><--rules><script>"),
    ("dockerhub-mcp call list_tags --name old\t", "<--name><old>"),  # nothing is known of such values
]  # fmt: skip
OFFERS = [
    ("dockerhub-mcp c\x1b*", "<call><cleanup><completion>"),
    ("dockerhub-mcp call list_tags --o\x1b*", "<call><list_tags><--ordering><--os><--output>"),
    ("dockerhub-mcp completion \x1b*", "<completion><bash><fish><zsh>"),
    ("dockerhub-mcp call update_repository_group --permission \x1b*", "<--permission><admin><read><write>"),
    ("dockerhub-mcp call check_tag\x1b*", "<call><check_tag><check_tags>"),
    ("dockerhub-mcp sandbox --h\x1b*", "<sandbox><--help><--host>"),
]


@needs("bash")
def test_bash_completes(scripts: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "second").write_text("", "utf-8")
    with interactive_shell("bash", scripts["bash"], tmp_path) as type_line:
        for keys, words in [*LINES, *OFFERS]:
            assert type_line(keys).endswith(words), keys


@needs("zsh")
def test_zsh_completes(scripts: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    with interactive_shell("zsh", scripts["zsh"], tmp_path) as type_line:
        for keys, words in LINES:
            # zsh joins an option and its value with an equals sign, and drops the last slash of a directory.
            received, expected = (
                re.sub(r"(?<=\w)=", "><", text).replace("/>", ">") for text in (type_line(keys), words)
            )
            assert received.endswith(expected), keys


def complete_in_fish(lines: list[str], script: str, directory: Path) -> list[list[str]]:
    """Return what fish offers for each line."""
    (directory / "script").write_text(script, "utf-8")
    code = "source ./script; for line in $argv; complete -C $line; echo END; end"
    done = subprocess.run(
        ["fish", "--no-config", "-c", code, *lines],
        capture_output=True,
        text=True,
        check=True,
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": str(directory)},
    )
    assert done.stderr == ""
    return [offers.splitlines() for offers in done.stdout.split("END\n")[:-1]]


@needs("fish")
def test_fish_completes(scripts: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    expected = {
        "dockerhub-mcp ca": ["call"],
        "dockerhub-mcp call list_ta": ["list_tags"],
        "dockerhub-mcp call list_tags --o": ["--ordering", "--os", "--output"],
        "dockerhub-mcp call list_tags --ordering n": ["newest", "name", "name_descending"],
        "dockerhub-mcp call list_tags --ordering=name_": ["--ordering=name_descending"],
        "dockerhub-mcp call --api-url http://x:80 check_tag": ["check_tag", "check_tags"],
        "dockerhub-mcp call create_access_token --scopes repo:ad": ["repo:admin"],
        "dockerhub-mcp call create_access_token --scopes repo:read,repo:ad": ["repo:read,repo:admin"],
        "dockerhub-mcp call create_access_token --scopes=repo:read,repo:ad": [
            "--scopes=repo:read,repo:admin"
        ],
        "dockerhub-mcp call list_tags --arguments @scr": ["@script"],
        "dockerhub-mcp call list_tags --arguments scr": ["script"],
        "dockerhub-mcp call --secrets-dir sec": ["secrets/"],
        "dockerhub-mcp call list_tags --name x": [],
        "dockerhub-mcp completion ": ["bash", "zsh", "fish"],
        "dockerhub-mcp call --access=w": ["--access=write"],
        "dockerhub-mcp call --no-sand": ["--no-sandbox"],
        "dockerhub-mcp call login --passw": ["--password"],
    }
    for line, offers in zip(expected, complete_in_fish([*expected], scripts["fish"], tmp_path), strict=True):
        assert [offer.partition("\t")[0] for offer in offers] == expected[line], line
    line = "dockerhub-mcp call list_tags --page-s"
    assert complete_in_fish([line], scripts["fish"], tmp_path) == [["--page-size\tItems per page"]]


@needs("zsh")
def test_zsh_finds_the_installed_script(scripts: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "_dockerhub-mcp").write_text(scripts["zsh"], "utf-8")
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
def test_fish_finds_the_installed_script(scripts: dict[str, str], tmp_path: Path) -> None:
    directory = tmp_path / ".config/fish/completions"
    directory.mkdir(parents=True)
    (directory / "dockerhub-mcp.fish").write_text(scripts["fish"], "utf-8")
    program = tmp_path / NAME  # fish completes only programs that exist
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


def test_a_script_begins_with_how_to_install_it(scripts: dict[str, str]) -> None:
    for shell, script in scripts.items():
        first_comment = next(line for line in script.splitlines() if line.startswith("# "))
        assert first_comment.startswith(f"# Install it: dockerhub-mcp completion {shell} > ")


def test_a_script_has_every_tool_every_argument_and_every_option(scripts: dict[str, str]) -> None:
    options = [
        option
        for action in build_parser()._actions
        for option in action.option_strings
        if action.help != argparse.SUPPRESS
    ]
    names = {name for tool in ALL_TOOLS for name in tool.input_schema["properties"]}
    for shell, script in scripts.items():
        for option in filter(lambda option: option.startswith("--"), [*map(format_option, names), *options]):
            assert f"-l {option[2:]} " in script if shell == "fish" else option in script, f"{shell} {option}"
        for tool in ALL_TOOLS:
            assert tool.name in script


def test_a_script_is_made_without_the_client_and_the_sdk() -> None:
    code = (
        "import sys; from dockerhub_mcp.cli.main import main; main(['completion', 'bash'])\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [*PROGRAM[:1], "-c", code], capture_output=True, text=True, check=True, env=CLEAN_ENVIRONMENT
    )
    assert not set(done.stderr.split()) & {"mcp", "mcp_types", "pydantic", "httpx2", "anyio"}


def test_the_snapshot_has_the_schemas_of_all_tools() -> None:
    tools = json.loads(RESPONSES_PATH.read_text("utf-8"))["lists"]["tools/list"]["entries"]
    for tool in ALL_TOOLS:
        head, _, tail = tools[tool.name]
        assert json.loads(head + tail)["inputSchema"] == tool.input_schema

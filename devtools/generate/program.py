"""Run the command line as a user would, with a home directory of its own and at a fixed time."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, NoReturn
from unittest.mock import patch

from devtools.generate.frozen_clock import freeze_clock, write_frozen_clock
from dockerhub_mcp.cli.main import main

HOME = "/home/you"
"""What documents show in place of the program's home directory."""
PROGRAM = f"{HOME}/.local/bin/dockerhub-mcp"
_HIDDEN_VARIABLES = ("DOCKER", "HUB_", "OTEL_", "XDG_", "PYTHON")
_DURATION = re.compile(r"\b\d+ ms\b")
_SHOWN_DURATION = "12 ms"
_COLUMNS = "100"
_SERVERS = ("dockerhub_mcp.bootstrap.stdio.serve_stdio", "dockerhub_mcp.bootstrap.http.serve_http")
_TIMEOUT = 120
_one_at_a_time = threading.Lock()


class FinishedProgram(NamedTuple):
    """The exit code of a program and everything that it printed."""

    exit_code: int
    output: str


class _OutputStream(io.StringIO):
    """Standard output and error, which are not a terminal."""

    @property
    def encoding(self) -> str:  # type: ignore[override]  # io.StringIO has none
        return "utf-8"


def run_program(
    command_line: str, home: Path, *, environment: Mapping[str, str] | None = None
) -> FinishedProgram:
    """Run a command that ends by itself, in this process.

    Args:
        command_line: The command line after the program's name.
        home: The home directory.
        environment: Variables of the program, beside those that every program has.

    Raises:
        ValueError: The command started a server.
    """
    output = _OutputStream()
    variables = {**_build_environment(home), **(environment or {})}
    with _one_at_a_time, freeze_clock(), _forbid_servers(command_line):
        exit_code = main(shlex.split(command_line), variables, io.StringIO(), output, output)
    return FinishedProgram(exit_code, _generalize_output(output.getvalue(), home))


def start_program(
    command_line: str, home: Path, *, environment: Mapping[str, str] | None = None, startup: str = ""
) -> FinishedProgram:
    """Run the program as a process without input, and wait for its end.

    Args:
        command_line: The command line after the program's name.
        home: The home and working directory.
        environment: Variables of the program, beside those that every program has.
        startup: Python statements that the interpreter runs before the program.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_HIDDEN_VARIABLES)}
    with TemporaryDirectory() as folder:
        frozen = write_frozen_clock(Path(folder), startup)
        done = subprocess.run(  # noqa: S603 - the commands of our own pages
            [sys.executable, "-m", "dockerhub_mcp", *shlex.split(command_line)],
            cwd=home,
            env={**inherited, **frozen, **_build_environment(home), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_TIMEOUT,
        )
    return FinishedProgram(done.returncode, _generalize_output(done.stdout, home))


def _build_environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": os.defpath, "COLUMNS": _COLUMNS}


@contextmanager
def _forbid_servers(command_line: str) -> Iterator[None]:
    """Raise an error where a command would serve, which would not end."""

    def fail(*_: Any, **__: Any) -> NoReturn:
        msg = f"dockerhub-mcp {command_line} starts a server, where it should end"
        raise ValueError(msg)

    with patch(_SERVERS[0], fail), patch(_SERVERS[1], fail):
        yield


def _generalize_output(output: str, home: Path) -> str:
    """Return the output without this machine's paths and durations."""
    interpreter = f'"{sys.executable}",\n      "args": [\n        "-m",\n        "dockerhub_mcp"\n      ]'
    text = output.replace(interpreter, f'"{PROGRAM}",\n      "args": []').replace(str(home), HOME)
    return _DURATION.sub(_SHOWN_DURATION, text)

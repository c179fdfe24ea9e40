"""Run the command line as a user would, in a home directory of its own and at a fixed time."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from devtools.generate.frozen_clock import write_frozen_clock

HOME = "/home/you"
"""What documents show in place of the program's home directory."""
PROGRAM = f"{HOME}/.local/bin/dockerhub-mcp"
_HIDDEN_VARIABLES = ("DOCKER", "HUB_", "OTEL_", "XDG_", "PYTHON")
_DURATION = re.compile(r"\b\d+ ms\b")
_SHOWN_DURATION = "12 ms"
_COLUMNS = "100"


class FinishedProgram(NamedTuple):
    """The exit code of a program and everything that it printed."""

    exit_code: int
    output: str


def run_program(
    command_line: str, home: Path, *, environment: dict[str, str] | None = None, startup: str = ""
) -> FinishedProgram:
    """Run `dockerhub-mcp` in the given home directory, with no input.

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
            env={
                **inherited,
                **frozen,
                "HOME": str(home),
                "PATH": os.defpath,
                "COLUMNS": _COLUMNS,
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    return FinishedProgram(done.returncode, _generalize_output(done.stdout, home))


def _generalize_output(output: str, home: Path) -> str:
    """Return the output without this machine's paths and durations."""
    interpreter = f'"{sys.executable}",\n      "args": [\n        "-m",\n        "dockerhub_mcp"\n      ]'
    text = output.replace(interpreter, f'"{PROGRAM}",\n      "args": []').replace(str(home), HOME)
    return _DURATION.sub(_SHOWN_DURATION, text)

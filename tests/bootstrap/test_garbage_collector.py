"""The garbage collector runs whenever the program is loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

RUN = "import gc, sys, atexit; atexit.register(lambda: print(gc.isenabled(), file=sys.stderr));"


@pytest.mark.parametrize(
    "program",
    [
        "sys.argv[1:] = ['skills']; from dockerhub_mcp.__main__ import run; run()",
        "gc.disable(); from dockerhub_mcp.bootstrap import stdio; stdio.load_program(with_telemetry=False)",
        "sys.argv[1:] = []; from dockerhub_mcp.__main__ import run; run()",
    ],
)
def test_collection_is_enabled_when_the_program_is_loaded(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{RUN} {program}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.splitlines()[-1] == "True", done.stderr

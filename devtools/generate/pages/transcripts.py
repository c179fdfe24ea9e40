"""What commands really write: blocks that begin with `$ dockerhub-mcp`, run again on the embedded Hub."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from docs.make.marks import fenced

HOME = "/home/you"
"""What stands in the place of the directory that a command took for a person's own."""
PROGRAM = f"{HOME}/.local/bin/dockerhub-mcp"
_WITHOUT = ("DOCKER", "HUB_", "OTEL_", "XDG_")
_SHOWN = 22
"""Lines of an answer that are shown."""
_BLOCK = re.compile(r"^```text\n\$ (dockerhub-mcp [^\n]*)\n((?:(?!```).*\n)*)^```$", re.MULTILINE)
_PASSING = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|\b\d+ ms\b|\b\d+ of \d+ requests a minute")
"""What is different from one run to the next."""


def run(
    line: str, home: Path, *, environment: dict[str, str] | None = None, said: str = ""
) -> tuple[int, str]:
    """Run a command in a directory of its own, and return its exit code and all that it wrote."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_WITHOUT)}
    done = subprocess.run(  # noqa: S603 - commands of our own pages
        [sys.executable, "-m", "dockerhub_mcp", *shlex.split(line)],
        cwd=home,
        env={**clean, "HOME": str(home), "PATH": os.defpath, "COLUMNS": "100", **(environment or {})},
        input=said,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    here = f'"{sys.executable}",\n      "args": [\n        "-m",\n        "dockerhub_mcp"\n      ]'
    text = done.stdout.replace(here, f'"{PROGRAM}",\n      "args": []')
    return done.returncode, text.replace(str(home), HOME)


def filled(page: str) -> str:
    """Return a page with what its commands write today; what differs in times alone stays.

    Raises:
        ValueError: A command breaks down.
    """
    with TemporaryDirectory() as home:

        def shown(found: re.Match[str]) -> str:
            words = found[1].removeprefix("dockerhub-mcp").strip()
            _, said = run(words, Path(home), environment={"DOCKERHUB_MCP_SANDBOX": "true"})
            if "Traceback" in said:
                msg = f"{found[1]} breaks down: {said}"
                raise ValueError(msg)
            lines = said.rstrip().split("\n")
            lines = lines if len(lines) <= _SHOWN else [*lines[:_SHOWN], "..."]
            block = fenced("\n".join([f"$ {found[1]}", *(line.rstrip() for line in lines)])).rstrip()
            return found[0] if _PASSING.sub("", block) == _PASSING.sub("", found[0]) else block

        return _BLOCK.sub(shown, page)

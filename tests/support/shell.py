"""The program as a person starts it from a shell, without what is set on the machine that runs the tests."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass

from dockerhub_mcp.sandbox import Sandbox

CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("DOCKER", "HUB_")) and name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"}
}
PROGRAM = [sys.executable, "-m", "dockerhub_mcp"]
# As if the extra `cli` were not installed: Python then finds nothing under the name.
WITHOUT_RICH = [
    sys.executable,
    "-c",
    "import sys; sys.modules['rich'] = None; from dockerhub_mcp.cli.main import main; sys.exit(main())",
]


@dataclass(frozen=True)
class Done:
    """What came of it."""

    code: int
    out: str
    err: str


def call(*words: str, stdin: str = "", **environment: str) -> Done:
    """Call a tool of the embedded Hub."""
    done = subprocess.run(
        [*PROGRAM, "call", "--sandbox", *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=CLEAN | environment,
    )
    return Done(done.returncode, done.stdout, done.stderr)


async def call_at(url: str, *words: str, whom: tuple[str, str] | None = None, **environment: str) -> Done:
    """Call a tool of a sandbox that listens, signed in with a name and a secret."""
    account = {"DOCKERHUB_USERNAME": whom[0], "DOCKERHUB_TOKEN": whom[1]} if whom else {}
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        "call",
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=CLEAN | {"DOCKERHUB_API_URL": url} | account | environment,
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    return Done(process.returncode or 0, out.decode(), err.decode())


def account(sandbox: Sandbox, name: str) -> tuple[str, str]:
    """Return the name and secret of a sample identity."""
    whom = sandbox.get_identity(name)
    return whom.username, whom.secret

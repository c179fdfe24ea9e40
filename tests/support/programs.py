"""The program as a subprocess, with the SDK's client at its pipes and the sandbox behind a real socket."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import CallToolResult, TextContent

from dockerhub_mcp.sandbox import Sandbox

_FOLDER = Path(__file__).parent

CLEAN = {
    name: value
    for name, value in os.environ.items()
    if name == "DOCKER_CONFIG" or not name.startswith(("COVERAGE", "DOCKER", "HUB_"))
}
"""The environment of this process without what the program reads, but for the empty Docker configuration."""

MODES = pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])

Connect = Callable[..., AbstractAsyncContextManager[Client]]


_starting = threading.Lock()


def _ensure_fork_server() -> str:
    with _starting:
        return _start_fork_server()


@cache
def _start_fork_server() -> str:
    """Start the fork server of this process, which ends with it; return the path of its socket."""
    folder = tempfile.mkdtemp(prefix="fork-server-")
    path = f"{folder}/socket"
    process = subprocess.Popen(
        [sys.executable, "-I", str(_FOLDER / "fork_server.py"), path],
        env=CLEAN,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )

    def stop() -> None:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return path


def forked_program(*arguments: str) -> list[str]:
    """Return the command line that runs the program with these arguments, without loading it again.

    Its process is what the program's own would be, except that nothing is imported in it: see `fork_server.py`.
    """
    launcher = str(_FOLDER / "launcher.py")
    return [sys.executable, "-I", "-S", launcher, _ensure_fork_server(), *arguments]


def connecting(sandbox: Sandbox, sandbox_url: str) -> Connect:
    """Return what starts the program with options, signed in as a sample identity, and connects to it."""

    @asynccontextmanager
    async def start(
        *options: str,
        mode: str,
        identity: str | None = "owner",
        client: dict[str, Any] | None = None,
        **environment: str,
    ) -> AsyncIterator[Client]:
        variables = {"DOCKERHUB_API_URL": sandbox_url, "DOCKERHUB_SCIM_TOKEN": sandbox.scim_token}
        if identity is not None:
            whom = sandbox.get_identity(identity)
            variables |= {"DOCKERHUB_USERNAME": whom.username, "DOCKERHUB_TOKEN": whom.secret}
        command, *arguments = forked_program("--results", "both", *options)
        server = StdioServerParameters(command=command, args=arguments, env=CLEAN | variables | environment)
        async with Client(server, mode=mode, **(client or {})) as connected:
            yield connected

    return start


def text_of(result: CallToolResult) -> str:
    """Return the text of a result."""
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))

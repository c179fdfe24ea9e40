"""Server processes on a free port, stopped by SIGTERM as in a container."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.programs import CLEAN, forked_program

SERVER_OPTIONS = ("--sandbox", "--transport", "http", "--log-level", "warning")
"""Options of the server as users start it."""
_URL = re.compile(r"listens? at (http://\S+)/mcp")
_WITHIN = 30.0  # seconds


@contextmanager
def run_server(*options: str, module: str | None = None, **environment: str) -> Iterator[str]:
    """Run a server of MCP over HTTP and return its URL without a path; it must stop with exit code 0 on SIGTERM.

    Args:
        options: Options of the command line.
        module: The Python module to run; this project's program by default.
        environment: Variables to add.
    """
    command = forked_program(*(() if module is None else ("-m", module)), *options)
    with tempfile.TemporaryDirectory() as directory:
        said = Path(directory, "stderr")
        with said.open("w", encoding="utf-8") as stderr:
            process = subprocess.Popen(
                [*command, "--port", "0"],
                env=CLEAN | environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        try:
            yield _address(process, said)
        finally:
            process.terminate()
            try:
                code = process.wait(_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
        assert code == 0, f"{' '.join(command)} ended with {code}:\n{said.read_text('utf-8')}"


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    deadline = time.monotonic() + _WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        if found := _URL.search(said.read_text("utf-8")):
            return found[1]
        time.sleep(0.05)
    msg = f"the server does not listen:\n{said.read_text('utf-8')}"
    raise AssertionError(msg)

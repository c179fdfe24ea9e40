"""Run the command line in this process: `main` with streams in memory."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import anyio.to_thread

from dockerhub_mcp.cli.main import main


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that has ended, as `subprocess.run` would return it."""

    returncode: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """Return standard output as JSON."""
        return json.loads(self.stdout)


class Stream(io.StringIO):
    """A standard stream in memory: of UTF-8, and a terminal if asked to be one."""

    def __init__(self, text: str = "", *, is_terminal: bool = False) -> None:
        super().__init__(text)
        self._is_terminal = is_terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]  # io.StringIO has none
        return "utf-8"

    def isatty(self) -> bool:
        return self._is_terminal


def run_main(
    *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None, is_terminal: bool = False
) -> Completed:
    """Run a command to its end, with no environment variables but those given."""
    streams = [Stream(text, is_terminal=is_terminal) for text in (stdin, "", "")]
    returncode = main(list(arguments), env or {}, *streams)
    return Completed(returncode, streams[1].getvalue(), streams[2].getvalue())


async def run_main_in_thread(*arguments: str, env: Mapping[str, str] | None = None) -> Completed:
    """Run a command while this event loop goes on, for instance to serve what the command connects to."""
    return await anyio.to_thread.run_sync(lambda: run_main(*arguments, env=env))

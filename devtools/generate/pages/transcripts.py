"""Transcripts: blocks that begin with `$ dockerhub-mcp`, filled with the output of the command."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from devtools.generate.markdown import format_code_block
from devtools.generate.program import run_program

_SHOWN_LINES = 22
_SHOWN_COLUMNS = 160
_SANDBOX = {"DOCKERHUB_MCP_SANDBOX": "true"}
_BLOCK = re.compile(r"^```text\n\$ dockerhub-mcp ([^\n]*)\n((?:(?!```).*\n)*)^```$", re.MULTILINE)


def fill_transcripts(page: str) -> str:
    """Return a page with the current output of its commands; long lines and long outputs are cut.

    Raises:
        ValueError: A command fails with a traceback.
    """
    return _BLOCK.sub(lambda block: _format_transcript(block[1], _run_command(block[1])), page)


def _run_command(command_line: str) -> str:
    with TemporaryDirectory() as home:
        return run_program(command_line, Path(home), environment=_SANDBOX).output


def _format_transcript(command_line: str, output: str) -> str:
    if "Traceback" in output:
        msg = f"dockerhub-mcp {command_line} fails: {output}"
        raise ValueError(msg)
    lines = output.rstrip().split("\n")
    if len(lines) > _SHOWN_LINES:
        lines = [*lines[:_SHOWN_LINES], "..."]
    shown = [f"$ dockerhub-mcp {command_line}", *(_shorten_line(line.rstrip()) for line in lines)]
    return format_code_block("\n".join(shown)).rstrip()


def _shorten_line(line: str) -> str:
    return line if len(line) <= _SHOWN_COLUMNS else f"{line[: _SHOWN_COLUMNS - 4]} ..."

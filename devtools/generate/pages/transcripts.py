"""Transcripts: blocks that begin with `$ dockerhub-mcp`, filled with the output of the command.

`COLUMNS=80` may precede the command, for output that depends on the width of the terminal.
"""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from devtools.generate.markdown import format_code_block
from devtools.generate.program import run_program

_SHOWN_LINES = 22
_SHOWN_COLUMNS = 160
_SANDBOX = {"DOCKERHUB_MCP_SANDBOX": "true"}
_BLOCK = re.compile(
    r"^```text\n\$ (?:COLUMNS=(\d+) )?dockerhub-mcp ([^\n]*)\n((?:(?!```).*\n)*)^```$", re.MULTILINE
)


def fill_transcripts(page: str) -> str:
    """Return a page with the current output of its commands; long lines and long outputs are cut.

    Raises:
        ValueError: A command fails with a traceback.
    """
    return _BLOCK.sub(lambda block: _fill_transcript(block[2], block[1] or ""), page)


def _fill_transcript(command_line: str, columns: str) -> str:
    environment = _SANDBOX | ({"COLUMNS": columns} if columns else {})
    with TemporaryDirectory() as home:
        output = run_program(command_line, Path(home), environment=environment).output
    if "Traceback" in output:
        msg = f"dockerhub-mcp {command_line} fails: {output}"
        raise ValueError(msg)
    lines = output.rstrip().split("\n")
    if len(lines) > _SHOWN_LINES:
        lines = [*lines[:_SHOWN_LINES], "..."]
    start = f"COLUMNS={columns} " if columns else ""
    shown = [f"$ {start}dockerhub-mcp {command_line}", *(_shorten_line(line.rstrip()) for line in lines)]
    return format_code_block("\n".join(shown)).rstrip()


def _shorten_line(line: str) -> str:
    return line if len(line) <= _SHOWN_COLUMNS else f"{line[: _SHOWN_COLUMNS - 4]} ..."

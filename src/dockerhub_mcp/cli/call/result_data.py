"""The data of a result, for programs and tables, and the notes of the server in its text."""

from __future__ import annotations

import re
from typing import Any

from dockerhub_mcp.tools.results.tool_result import ToolResult

_SERVER_NOTE = re.compile(
    r"(?:Note: (?!\|)|PARTIAL, |CUT at |LEFT OUT |Go on with |\w+=\d+ is past the end).*"
)


def build_result_data(result: ToolResult) -> dict[str, Any]:
    """Return the complete data of a result, with a new secret that agents read in the text."""
    data = {"message": result.text} if result.structured_content is None else result.structured_content
    return {**data, "token": result.secret_line.rpartition(" ")[2]} if result.secret_line else data


def find_server_notes(text: str) -> list[str]:
    """Return the notes of the server in the text of a result; lines with untrusted text do not match."""
    return [line for line in text.split("\n") if _SERVER_NOTE.fullmatch(line)]

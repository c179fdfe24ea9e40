"""The lines of a batch: a call as a JSON object on each line of the input, and an outcome for each."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from dockerhub_mcp.cli.call.result_data import build_result_data, find_server_notes
from dockerhub_mcp.tools.results.tool_result import ToolResult
from dockerhub_mcp.tools.suggestions import did_you_mean

MAX_LINE_BYTES = 1_000_000
"""The longest line of a batch."""
_FIELDS = ("tool", "arguments", "id")
_EXAMPLE = '{"tool": "get_tag", "arguments": {"repository": "redis:8.2"}}'


class ByteReader(Protocol):
    """A binary stream that is read by lines."""

    def readline(self, limit: int = -1, /) -> bytes:
        """Return the next line, or at most as many bytes of it as the limit; empty at the end."""
        ...


class BatchLineError(ValueError):
    """A line that is no call; the message says how to correct it, and repeats no value of it."""

    id: Any = None
    """The `id` of the line, where it could be read."""


@dataclass(frozen=True, slots=True)
class BatchCall:
    """One call of a batch.

    Attributes:
        tool: The name of the tool.
        arguments: Its arguments, as an agent sends them.
        id: What the caller calls this line: a text or a number; None where it has no name.
    """

    tool: str
    arguments: Mapping[str, Any]
    id: Any = None


def read_line(stream: ByteReader) -> bytes | None:
    """Return the next line, or more bytes than a line may have as they are; None at the end of the input.

    Only one byte more than a line may have is kept of a longer line.
    """
    line = rest = stream.readline(MAX_LINE_BYTES + 1)
    while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
        rest = stream.readline(MAX_LINE_BYTES + 1)
    return line or None


def parse_line(line: bytes) -> BatchCall:
    """Parse a line.

    Raises:
        BatchLineError: The line is no call.
    """
    if len(line) > MAX_LINE_BYTES:
        msg = f"The line is longer than {MAX_LINE_BYTES:,} bytes."
        raise BatchLineError(msg)
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")  # some programs begin with a byte order mark
    except UnicodeDecodeError:
        msg = "The line is not UTF-8."
        raise BatchLineError(msg) from None
    data = _parse_json(text)
    if not isinstance(data, dict):
        msg = f"The line must be an object such as {_EXAMPLE}."
        raise BatchLineError(msg)
    try:
        return _parse_object(data)
    except BatchLineError as error:
        error.id = data.get("id") if _is_id(data.get("id")) else None
        raise


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_reject_constant, object_pairs_hook=_build_object)
    except BatchLineError:
        raise
    except json.JSONDecodeError as error:
        reason = f"{error.msg} at column {error.colno}"
    except ValueError:
        reason = "a number has more digits than any argument takes"
    except RecursionError:
        reason = "it is nested too deeply"
    raise _build_json_error(reason)


def _build_json_error(reason: str) -> BatchLineError:
    return BatchLineError(
        f"The line is not valid JSON: {reason}. Write one object on a line, such as {_EXAMPLE}."
    )


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object in which each name is once: of two values, it is unknown which is meant."""
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"The line has {twice[:60]!r} twice in one object; write it once."
        raise BatchLineError(msg)
    return data


def _parse_object(data: Mapping[str, Any]) -> BatchCall:
    for name in data:
        if name not in _FIELDS:
            suggestion = did_you_mean(name, _FIELDS)
            msg = f"The line has an unknown field {name[:60]!r}{suggestion}"
            msg += f"{'' if suggestion.endswith('?') else '.'} A tool's arguments go into arguments."
            raise BatchLineError(msg)
    tool, arguments = data.get("tool"), data.get("arguments", {})
    if not isinstance(tool, str) or not tool:
        msg = f"tool: must be the name of a tool, as in {_EXAMPLE}."
        raise BatchLineError(msg)
    if not isinstance(arguments, dict):
        msg = f"arguments: must be an object, as in {_EXAMPLE}."
        raise BatchLineError(msg)
    if not _is_id(data.get("id")):
        msg = "id: must be a text or a number."
        raise BatchLineError(msg)
    return BatchCall(tool, arguments, data.get("id"))


def _is_id(value: Any) -> bool:
    """Tell whether a value is a text, or a number that JSON can express."""
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, str | int) and not isinstance(value, bool))


def _reject_constant(name: str) -> NoReturn:
    reason = f"{name} is no JSON value"
    raise _build_json_error(reason)


def build_outcome(number: int, call: BatchCall, result: ToolResult, *, as_text: bool) -> dict[str, Any]:
    """Return the outcome of a call.

    Args:
        number: The number of its line, from 1.
        call: The call.
        result: Its result.
        as_text: Whether the outcome has the text that an agent sees; otherwise it has the complete data, with
            the notes of the server. Errors are text in either case.
    """
    outcome = _start_outcome(number, call.id, call.tool, is_error=result.is_error)
    if as_text or result.is_error:
        return {**outcome, "text": result.text}
    notes = find_server_notes(result.text)
    return {**outcome, "result": build_result_data(result), **({"notes": notes} if notes else {})}


def build_line_error(number: int, error: BatchLineError) -> dict[str, Any]:
    """Return the outcome of a line that is no call."""
    return {**_start_outcome(number, error.id, None, is_error=True), "text": f"Line {number}: {error}"}


def _start_outcome(number: int, call_id: Any, tool: str | None, *, is_error: bool) -> dict[str, Any]:
    start: dict[str, Any] = {"line": number}
    if call_id is not None:
        start["id"] = call_id
    return {**start, "tool": tool, "is_error": is_error}

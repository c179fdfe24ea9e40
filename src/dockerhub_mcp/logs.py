"""Configure logging: text or JSON lines on standard error and in a file, with secrets masked."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from dockerhub_mcp.hub.digests import digest_identifier
from dockerhub_mcp.tools.request_context import get_current_request

_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NEEDS_QUOTES = re.compile(r"[\s\"=\x00-\x1f\x7f-\x9f]")


_SESSION_ID = re.compile(
    r"\b[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\b|(?<=\bID: )\S+|(?<=\bsession: )\S+"
)


def mask_session_ids(message: str) -> str:
    """Return a message of the MCP SDK with a digest in place of each session id.

    The id itself could be used to take over the session.
    """
    return _SESSION_ID.sub(lambda match: digest_identifier(match[0]), message)


class _LogFormatter(logging.Formatter):
    """Formats a record and its extra fields as text or JSON."""

    def __init__(self, redact: Callable[[str], str], *, as_json: bool, with_date: bool = False) -> None:
        super().__init__()
        self._redact = redact
        self._as_json = as_json
        self._with_date = with_date

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line, with its traceback, if any, and with secrets masked."""
        fields = {key: value for key, value in vars(record).items() if key not in _STANDARD_FIELDS}
        request = get_current_request()
        for key, value in (("caller", request.caller), ("request_id", request.id)):
            if value:
                fields.setdefault(key, value)
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        message = record.getMessage()
        if record.name.partition(".")[0] == "mcp":
            message = mask_session_ids(message)
        traceback = self.formatException(record.exc_info) if record.exc_info else ""
        if self._as_json:
            line: dict[str, Any] = {
                "time": time.replace("+00:00", "Z"),
                "level": record.levelname.lower(),
                "logger": record.name,
                "message": message,
                **fields,
            }
            if traceback:
                line["trace"] = traceback
            return _escape_control_characters(self._redact(json.dumps(line, default=str, ensure_ascii=False)))
        extra = " ".join(f"{key}={_quote_value(value)}" for key, value in fields.items())
        shown_time = f"{time[:23]}Z" if self._with_date else time[11:23]
        text = self._redact(f"{shown_time} {record.levelname.lower():7} {message}  {extra}".rstrip())
        lines = self._redact(traceback).split("\n") if traceback else []
        return "\n".join([_escape_control_characters(text), *map(_indent_line, lines)])


def _quote_value(value: Any) -> str:
    """Return the value of a field; in quotes, as in JSON, if it could be taken for more than one field."""
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if not text or _NEEDS_QUOTES.search(text) else text


def _escape_control_characters(text: str) -> str:
    r"""Return a text with line ends and terminal sequences escaped, such as `\n`, so that it is one line."""
    return _CONTROL_CHARACTERS.sub(lambda match: json.dumps(match[0])[1:-1], text)


def _indent_line(line: str) -> str:
    """Return a line of a traceback so that it cannot be taken for an event of its own."""
    return f"  {_escape_control_characters(line)}".rstrip()


def configure_logging(
    level: str,
    *,
    as_json: bool,
    redact: Callable[[str], str],
    stream: TextIO | None = None,
    directory: Path | None = None,
) -> None:
    """Send log lines to a stream: this program's from a level on, those of libraries from warnings on.

    If a directory is given, the same lines are written to a file in it, with their date. A directory that
    cannot be used is one warning.

    Args:
        level: The least severe level of this program's records, such as `info`.
        as_json: Whether lines are JSON objects.
        redact: Masks secrets in a line.
        stream: The stream; by default standard error.
        directory: The directory of the file.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_LogFormatter(redact, as_json=as_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("dockerhub_mcp").setLevel(level.upper())
    if directory is not None:
        _add_log_file(root, directory, _LogFormatter(redact, as_json=as_json, with_date=True))
    logging.captureWarnings(as_json)  # otherwise Python writes warnings that are not JSON


def _add_log_file(root: logging.Logger, directory: Path, formatter: logging.Formatter) -> None:
    from dockerhub_mcp import log_file  # noqa: PLC0415 - few servers need it, and hosts wait for each module

    try:
        handler = log_file.LogFileHandler(directory)
    except OSError as error:
        log_file.warn_of_failure(directory, log_file.find_unusable_reason(directory) or error)
        return
    handler.setFormatter(formatter)
    root.addHandler(handler)

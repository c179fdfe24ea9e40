"""Logs: lines on standard error, for people or as JSON, never with a secret and never on standard output."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

from dockerhub_mcp.tools.request_context import get_request_id

_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _LogFormatter(logging.Formatter):
    """Writes a record with its extra fields, in one of two forms."""

    def __init__(self, redact: Callable[[str], str], *, as_json: bool) -> None:
        super().__init__()
        self._redact = redact
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without secrets."""
        fields = {key: value for key, value in vars(record).items() if key not in _STANDARD_FIELDS}
        if reference := get_request_id():
            fields.setdefault("request_id", reference)
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        if self._as_json:
            line: dict[str, Any] = {
                "time": moment.replace("+00:00", "Z"),
                "level": record.levelname.lower(),
                "logger": record.name,
                "message": record.getMessage(),
                **fields,
            }
            if trace:
                line["trace"] = trace
            return self._redact(json.dumps(line, default=str, ensure_ascii=False))
        said = " ".join(f"{key}={value}" for key, value in fields.items())
        line_text = f"{moment[11:23]} {record.levelname.lower():7} {record.getMessage()}"
        return self._redact("\n".join(filter(None, [f"{line_text}  {said}".rstrip(), trace])))


def configure_logging(
    level: str, *, as_json: bool, redact: Callable[[str], str], stream: TextIO | None = None
) -> None:
    """Send this program's logs to standard error; libraries speak up from warnings on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_LogFormatter(redact, as_json=as_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("dockerhub_mcp").setLevel(level.upper())
    logging.captureWarnings(as_json)  # or they would be lines of another kind

"""The command: settings, the examination, and how it is told."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

import anyio

from dockerhub_mcp.doctor.diagnose import run_diagnostics
from dockerhub_mcp.doctor.report import Report
from dockerhub_mcp.doctor.settings import load_usable_settings
from dockerhub_mcp.doctor.text_report import ReportFormatter
from dockerhub_mcp.hub.redaction import Redactor
from dockerhub_mcp.logs import configure_logging


def run_doctor(options: dict[str, Any], environment: Mapping[str, str]) -> int:
    """Examine, write what was found, and return the exit code: 0 where nothing is wrong, otherwise 1.

    Raises:
        SettingsError: An option cannot be used.
    """
    as_json = options.pop("json", False)
    settings, problems = load_usable_settings(options, environment)
    wanted = "log_level" in options or "DOCKERHUB_MCP_LOG_LEVEL" in environment
    redact: Callable[[str], str] = Redactor()

    def set_redactor(redactor: Callable[[str], str]) -> None:
        nonlocal redact
        redact = redactor
        level = settings.log_level if wanted else "error"  # what it would log, it tells
        configure_logging(level, as_json=settings.log_format == "json", redact=redact)

    report = anyio.run(run_diagnostics, settings, environment, problems, set_redactor)
    if as_json:
        _write_stdout(json.dumps(report.to_dict(redact), indent=2) + "\n")
    else:
        _write_stdout(redact(ReportFormatter(use_colour=_has_colour(environment)).format_report(report)))
    return _exit_code(report)


def _exit_code(report: Report) -> int:
    return 0 if report.ok else 1


def _has_colour(environment: Mapping[str, str]) -> bool:
    return sys.stdout.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def _write_stdout(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads on, as with `| head`; the rest goes nowhere
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a descriptor is wanted
            os.dup2(nothing.fileno(), sys.stdout.fileno())

"""Run the doctor: read the settings, run the diagnostics and write the report."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TextIO

import anyio

from dockerhub_mcp.bootstrap.message_redaction import create_message_redactor
from dockerhub_mcp.bootstrap.validate import read_settings, validate
from dockerhub_mcp.config import SettingsError, is_empty
from dockerhub_mcp.doctor.diagnose import run_diagnostics
from dockerhub_mcp.doctor.text_report import ReportFormatter
from dockerhub_mcp.logs import configure_logging


def run_doctor(
    options: dict[str, Any],
    environment: Mapping[str, str],
    *,
    write: Callable[[str], object],
    use_colour: bool,
    log_stream: TextIO,
) -> int:
    """Run the diagnostics, write the report and return the exit code: 0 if nothing is wrong, otherwise 1.

    Args:
        options: The options given on the command line.
        environment: The environment variables.
        write: Writes the report.
        use_colour: Whether the report may contain ANSI colours.
        log_stream: Where log lines are written.

    Raises:
        SettingsError: The command line is wrong by itself.
    """
    as_json = options.pop("json", False)
    settings, problems = read_settings(options, environment)
    if usage_errors := [str(problem) for problem in problems if problem.is_usage_error]:
        raise SettingsError(*usage_errors)
    problems += validate(settings, environment)
    has_log_level = "log_level" in options or not is_empty(environment.get("DOCKERHUB_MCP_LOG_LEVEL", ""))
    redact = create_message_redactor(environment)

    def set_redactor(redactor: Callable[[str], str]) -> None:
        nonlocal redact
        redact = redactor
        level = settings.log_level if has_log_level else "error"  # the report holds what would be logged
        configure_logging(level, as_json=settings.log_format == "json", redact=redact, stream=log_stream)

    set_redactor(redact)  # the connection to the store is tried before others are known
    report = anyio.run(run_diagnostics, settings, environment, problems, set_redactor)
    if as_json:
        write(json.dumps(report.to_dict(redact), indent=2) + "\n")
    else:
        write(redact(ReportFormatter(use_colour=use_colour).format_report(report)))
    return 0 if report.ok else 1

"""What is wrong with the settings: every problem, where the server would stop at the first."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.hubs import Hubs, registry_of, writing_of
from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.doctor.report import Finding, Status
from dockerhub_mcp.hub.auth.credentials import expanded

_CONTRADICTS = "DOCKERHUB_MCP_IDENTITY"  # over stdio
_START = "Until then the server does not start."


def load(options: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """Return the settings without those variables that cannot be used, and what is wrong with these.

    Raises:
        SettingsError: An option of the command line cannot be used: that is wrong usage.
    """
    usable, problems = dict(environment), []
    for setting in dataclasses.fields(Settings):
        variable = config.variable_of(setting)
        if variable and variable in usable and setting.name not in options:
            try:
                # What is for the web alone is no contradiction by itself.
                alone = {} if setting.name == "transport" else {"transport": "http"}
                config.load(alone, {variable: usable[variable]})
            except SettingsError as error:
                problems.append(str(error))
                del usable[variable]
    try:
        return config.load(options, usable), problems
    except SettingsError as error:
        # A variable that contradicts another, or an option, which is then found out without the variable.
        usable.pop(_CONTRADICTS, None)
        return config.load(options, usable), [*problems, str(error)]


def contradictions(settings: Settings, environment: Mapping[str, str]) -> list[str]:
    """Return what would stop the server from starting with settings that can be read.

    Nothing is written: a journal that does not exist is not made.
    """
    problems: list[str] = []
    looked_at = dataclasses.replace(settings, audit_log="")
    steps: list[Callable[[], object]] = [
        lambda: registry_of(looked_at),
        lambda: writing_of(looked_at),
        lambda: Hubs(settings, environment),
    ]
    if settings.transport != "stdio":
        steps.append(lambda: _web(looked_at, environment))
    for step in steps:
        try:
            step()
        except SettingsError as error:
            if str(error) not in problems:
                problems.append(str(error))
    if problem := _journal(settings):
        problems.append(problem)
    return problems


def finding(problems: list[str]) -> Finding:
    """Return what there is to say about the settings."""
    if not problems:
        return Finding("settings", Status.OK, "can all be used", {"problems": []})
    first, *others = problems
    return Finding(
        "settings",
        Status.WRONG,
        first,
        {"problems": problems},
        remedy=f"Correct {'these' if others else 'this'}. {_START}",
        lines=[("and", problem) for problem in others],
    )


def _web(settings: Settings, environment: Mapping[str, str]) -> object:
    from dockerhub_mcp.bootstrap.http import WebServer  # noqa: PLC0415
    from dockerhub_mcp.bootstrap.http_settings import check  # noqa: PLC0415 - only where it is meant to listen

    check(settings)
    return WebServer(settings, environment)


def _journal(settings: Settings) -> str:
    if not settings.audit_log:
        return ""
    path = expanded(settings.audit_log).resolve()
    if path.is_dir() or not _may_be_written(path):
        return f"--audit-log names {settings.audit_log}, which cannot be written"
    return ""


def _may_be_written(path: Path) -> bool:
    try:
        if path.exists():
            with path.open("ab"):
                return True
    except OSError:
        return False
    return path.parent.is_dir() and os.access(path.parent, os.W_OK)

"""What is wrong with the settings: every problem, where the server would stop at the first."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.hubs import HubFactory, build_mutation_policy, build_registry
from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.doctor.report import Finding, FindingStatus
from dockerhub_mcp.hub.auth.credentials import expand_home

_CONFLICTING_VARIABLE = "DOCKERHUB_MCP_IDENTITY"  # over stdio
_START_BLOCKED = "Until then the server does not start."


def load_usable_settings(
    options: Mapping[str, Any], environment: Mapping[str, str]
) -> tuple[Settings, list[str]]:
    """Return the settings without those variables that cannot be used, and what is wrong with these.

    Raises:
        SettingsError: An option of the command line cannot be used: that is wrong usage.
    """
    usable, problems = dict(environment), []
    for setting in dataclasses.fields(Settings):
        variable = config.env_var_for(setting)
        if variable and variable in usable and setting.name not in options:
            try:
                # What is for the web alone is no contradiction by itself.
                alone = {} if setting.name == "transport" else {"transport": "http"}
                config.load_settings(alone, {variable: usable[variable]})
            except SettingsError as error:
                problems.append(str(error))
                del usable[variable]
    try:
        return config.load_settings(options, usable), problems
    except SettingsError as error:
        # A variable that contradicts another, or an option, which is then found out without the variable.
        usable.pop(_CONFLICTING_VARIABLE, None)
        return config.load_settings(options, usable), [*problems, str(error)]


def find_startup_problems(settings: Settings, environment: Mapping[str, str]) -> list[str]:
    """Return what would stop the server from starting with settings that can be read.

    Nothing is written: a journal that does not exist is not made.
    """
    problems: list[str] = []
    looked_at = dataclasses.replace(settings, audit_log="")
    steps: list[Callable[[], object]] = [
        lambda: build_registry(looked_at),
        lambda: build_mutation_policy(looked_at),
        lambda: HubFactory(settings, environment),
    ]
    if settings.transport != "stdio":
        steps.append(lambda: _build_web_server(looked_at, environment))
    for step in steps:
        try:
            step()
        except SettingsError as error:
            if str(error) not in problems:
                problems.append(str(error))
    if problem := _check_audit_log(settings):
        problems.append(problem)
    return problems


def build_settings_finding(problems: list[str]) -> Finding:
    """Return what there is to say about the settings."""
    if not problems:
        return Finding("settings", FindingStatus.OK, "can all be used", {"problems": []})
    first, *others = problems
    return Finding(
        "settings",
        FindingStatus.WRONG,
        first,
        {"problems": problems},
        remedy=f"Correct {'these' if others else 'this'}. {_START_BLOCKED}",
        details=[("and", problem) for problem in others],
    )


def _build_web_server(settings: Settings, environment: Mapping[str, str]) -> object:
    from dockerhub_mcp.bootstrap.http import HTTPServerFactory  # noqa: PLC0415
    from dockerhub_mcp.bootstrap.http_settings import validate_http_settings  # noqa: PLC0415 - only where it is meant to listen

    validate_http_settings(settings)
    return HTTPServerFactory(settings, environment)


def _check_audit_log(settings: Settings) -> str:
    if not settings.audit_log:
        return ""
    path = expand_home(settings.audit_log).resolve()
    if path.is_dir() or not _is_writable(path):
        return f"--audit-log names {settings.audit_log}, which cannot be written"
    return ""


def _is_writable(path: Path) -> bool:
    try:
        if path.exists():
            with path.open("ab"):
                return True
    except OSError:
        return False
    return path.parent.is_dir() and os.access(path.parent, os.W_OK)

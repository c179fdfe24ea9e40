"""The directory of `--logs-dir`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dockerhub_mcp.config import Problem, Settings
from dockerhub_mcp.hub.auth.credentials import expand_home


def resolve_logs_dir(settings: Settings) -> Path | None:
    """Return the absolute path of the directory of log files; None without one."""
    return expand_home(settings.logs_dir).absolute() if settings.logs_dir else None


def check_logs_dir(settings: Settings) -> Iterator[Problem]:
    """Warn of a directory of log files that cannot be used; nothing is created, and the server starts."""
    from dockerhub_mcp.log_file import find_unusable_reason  # noqa: PLC0415 - only with this setting

    path = resolve_logs_dir(settings)
    if path is not None and (reason := find_unusable_reason(path)):
        yield Problem(
            "--logs-dir",
            f"--logs-dir names {settings.logs_dir}, which cannot be written: {reason}",
            "name a directory that this user may write to; until then log lines go to standard error only",
            is_fatal=False,
        )

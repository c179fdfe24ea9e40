"""Read a rules file: TOML with defaults, and a table of rules for each repository."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dockerhub_mcp.cli.cleanup.jobs import CleanupJob, InvalidJobsError, find_repeated, list_problems
from dockerhub_mcp.cli.cleanup.options import RULES, SHORT_NAMES
from dockerhub_mcp.cli.cleanup.toml_lines import find_line
from dockerhub_mcp.hub.auth.credentials import expand_home
from dockerhub_mcp.hub.files import describe_read_error, read_file
from dockerhub_mcp.tools.suggestions import suggest_arguments

_MAX_BYTES = 1024**2
_MAX_PROBLEMS = 20
_FLAG = {"type": "boolean"}
_DEFAULTS, _REPOSITORIES = "defaults", "repositories"
_EXAMPLE = '[repositories."acme/app"]'

_Path = tuple[str, ...]


def read_rules_file(path: Path) -> list[CleanupJob]:
    """Return the repositories of a rules file with their rules, in the order of the file.

    Raises:
        InvalidJobsError: It cannot be read, or has unknown or invalid keys; messages name key and line.
    """
    try:
        text = read_file(expand_home(str(path)), max_bytes=_MAX_BYTES).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        msg = f"--rules: {path} cannot be read: {describe_read_error(error)}"
        raise InvalidJobsError(msg) from None
    return _RulesFile(str(path), text.replace("\r\n", "\n")).read()


def _find_table(table: Mapping[str, Any]) -> str:
    """Return the name of the first table in a table; empty without one."""
    return next((name for name, value in table.items() if isinstance(value, dict)), "")


class _RulesFile:
    def __init__(self, name: str, text: str) -> None:
        self._name, self._text = name, text
        self._problems: dict[str, int] = {}  # with the line of each

    def read(self) -> list[CleanupJob]:
        try:
            tables = tomllib.loads(self._text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            msg = f"{self._name}: it is not valid TOML: {error}"
            raise InvalidJobsError(msg) from None
        for name in tables:
            if name not in {_DEFAULTS, _REPOSITORIES}:
                self._report(
                    (name,), f'there is no table or key "{name}" at the top: {self._describe_form()}'
                )
        jobs = list(self._read_jobs(tables))
        if not jobs and not self._problems:
            self._problems[f"{self._name}: it names no repository; add a table such as {_EXAMPLE}"] = 0
        if self._problems:
            messages = sorted(self._problems, key=lambda message: self._problems[message])
            more = len(messages) - _MAX_PROBLEMS
            extra = [f"{self._name}: {more} more problems"] if more > 0 else []
            raise InvalidJobsError(*messages[:_MAX_PROBLEMS], *extra)
        return jobs

    def _read_jobs(self, tables: Mapping[str, Any]) -> Iterator[CleanupJob]:
        defaults, places = self._read_rules((_DEFAULTS,), tables.get(_DEFAULTS, {}))
        repositories = tables.get(_REPOSITORIES, {})
        if not isinstance(repositories, dict):
            self._report((_REPOSITORIES,), f"{_REPOSITORIES} must be a table: {self._describe_form()}")
            return
        for name in find_repeated(list(repositories)):
            self._report((_REPOSITORIES, name), f"{name} is named twice")
        for name, table in repositories.items():
            place = (_REPOSITORIES, name)
            if isinstance(table, dict) and "/" not in name and (inner := _find_table(table)):
                path = (*place, inner)
                self._report(path, f'write the name in quotation marks: [repositories."{name}/{inner}"]')
                continue
            own, own_places = self._read_rules(place, table)
            inherited = dict(defaults)
            if own.get("keep_newest") == "":  # the groups of a default that is removed go with it
                inherited.pop("keep_newest_per", None)
            job = CleanupJob(name, {**inherited, **own})
            where = {**places, **own_places}
            for rule, problem in list_problems(job):
                self._report(where.get(rule, place), problem, repository=name)
            yield job

    def _read_rules(self, place: _Path, table: Any) -> tuple[dict[str, Any], dict[str, _Path]]:
        """Return the rules of a table by their full names, and where each is."""
        rules: dict[str, Any] = {}
        places: dict[str, _Path] = {}
        if not isinstance(table, dict):
            self._report(place, f"{place[-1]} must be a table: {self._describe_form()}")
            return rules, places
        full_names = {short: name for name, short in SHORT_NAMES.items()}
        for key, value in table.items():
            name = key.replace("-", "_")
            name = full_names.get(name, name)
            if value is False and name in RULES and RULES[name][0] != _FLAG:
                value = ""  # noqa: PLW2901 - both remove a default
            if name not in RULES:
                self._report((*place, key), f"{key} is no rule{suggest_arguments(key, list(RULES))}")
            elif name in rules:
                self._report((*place, key), f"{key} is given twice, as {places[name][-1]} before")
            else:
                rules[name], places[name] = value, (*place, key)
        return rules, places

    def _report(self, path: _Path, problem: str, *, repository: str = "") -> None:
        """Add a problem once, though it may concern every repository that takes a default."""
        is_own = path[0] == _REPOSITORIES and len(path) > 1 and repository
        subject = f"{repository}: " if is_own else ""
        line = find_line(self._text, path)
        self._problems[f"{self._name}:{line}: {subject}{problem.rstrip('.')}"] = line

    @staticmethod
    def _describe_form() -> str:
        return f"rules for all are in [{_DEFAULTS}], those of a repository in a table such as {_EXAMPLE}"

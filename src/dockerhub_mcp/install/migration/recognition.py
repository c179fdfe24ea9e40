"""Recognize the entries of docker/hub-mcp by what they start, under any name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dockerhub_mcp.install.migration.command_line import CommandLine, parse_command_line, read_words

HUB_MCP = "docker/hub-mcp"
HUB_MCP_TOOLS = (
    "listRepositoriesByNamespace",
    "createRepository",
    "getRepositoryInfo",
    "updateRepositoryInfo",
    "checkRepository",
    "listRepositoryTags",
    "getRepositoryTag",
    "checkRepositoryTag",
    "listNamespaces",
    "getPersonalNamespace",
    "listAllNamespacesMemberOf",
    "search",
    "dockerHardenedImages",
)
"""Its tools, in the order in which it lists them."""
PAT_VARIABLE = "HUB_PAT_TOKEN"
_LAUNCH_KEYS = frozenset(
    {"command", "args", "env", "env_vars", "environment", "envFile", "type", "cwd", "source", "dev"}
)
"""The keys of an entry that say how the server is started, in any host; the others are for the host."""
_IMAGE = re.compile(r"(?:.*/)?(?:mcp/dockerhub|(?:docker[-_])?hub[-_]mcp[\w.-]*)(?:[:@].*)?", re.IGNORECASE)
_FOLDER = re.compile(r"(?:docker[-_]?)?hub[-_]mcp(?:[-_.@#].*)?", re.IGNORECASE)
_PACKAGE_NAME = "dockerhub-mcp-server"


@dataclass(slots=True)
class OldEntry:
    """An entry of docker/hub-mcp.

    Attributes:
        name: Its name in the host.
        command_line: How it starts the server.
        variables: The variables of the entry and of its command line; None for one that is passed on.
        environment_file: The file of variables that the host reads for it; empty without one.
        host_values: What the entry says to the host alone, such as which tools need no question.
        launch_values: The other keys, with which the host starts the server.
    """

    name: str
    command_line: CommandLine
    variables: dict[str, str | None]
    environment_file: str
    host_values: dict[str, Any]
    launch_values: dict[str, Any]


def find_old_entries(servers: Mapping[str, Any]) -> list[OldEntry]:
    """Return the entries of docker/hub-mcp among the servers of a host."""
    found = (parse_old_entry(name, entry) for name, entry in servers.items())
    return [entry for entry in found if entry is not None]


def parse_old_entry(name: str, entry: Any) -> OldEntry | None:
    """Return an entry of docker/hub-mcp; None if it starts something else."""
    if not isinstance(entry, Mapping):
        return None
    line = parse_command_line(read_words(entry))
    if line is None:
        return None
    variables = _read_variables(entry)
    for variable, value in line.variables.items():
        variables[variable] = variables.get(variable) if value is None else value
    if not _starts_hub_mcp(line, variables, entry.get("cwd")):
        return None
    file = entry.get("envFile")
    return OldEntry(
        name,
        line,
        variables,
        file if isinstance(file, str) else "",
        {key: value for key, value in entry.items() if key not in _LAUNCH_KEYS},
        {key: value for key, value in entry.items() if key in _LAUNCH_KEYS},
    )


def _read_variables(entry: Mapping[str, Any]) -> dict[str, str | None]:
    nested = entry.get("command")
    sources = [entry.get("env"), entry.get("environment")]
    if isinstance(nested, Mapping):
        sources.append(nested.get("env"))
    variables: dict[str, str | None] = {}
    for source in sources:
        if isinstance(source, Mapping):
            variables |= {str(name): None if value is None else str(value) for name, value in source.items()}
    forwarded = entry.get("env_vars")
    for name in forwarded if isinstance(forwarded, list) else ():
        if isinstance(name, str):
            variables.setdefault(name, None)
    return variables


def _starts_hub_mcp(line: CommandLine, variables: Mapping[str, Any], directory: Any) -> bool:
    if any(name.startswith("DOCKERHUB_") for name in variables):  # this server's own
        return False
    if line.is_container:
        return bool(_IMAGE.fullmatch(line.target)) or (
            PAT_VARIABLE in variables and "dockerhub-mcp" not in line.target
        )
    packages = [
        option.partition(" ")[2] for option in line.launch_options if option.startswith(("-p ", "--package "))
    ]
    places = [line.target, line.directory, directory if isinstance(directory, str) else "", *packages]
    segments = [segment for place in places for segment in re.split(r"[/\\:]", place)]
    return PAT_VARIABLE in variables or any(map(_FOLDER.fullmatch, segments)) or _is_package(places)


def _is_package(places: list[str]) -> bool:
    """Tell whether a script, or a directory, is part of the package of docker/hub-mcp on this machine."""
    for place in filter(None, places):
        path = Path(place)
        if not path.is_absolute():
            continue
        for directory in (path, *list(path.parents)[:2]):
            try:
                package: Any = json.loads((directory / "package.json").read_text("utf-8"))
            except (OSError, ValueError):
                continue
            return isinstance(package, dict) and package.get("name") == _PACKAGE_NAME
    return False

"""Point out entries of docker/hub-mcp in files of a host that the installation does not edit."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.install.editors import files, host_config
from dockerhub_mcp.install.editors.jsonc import ParseError
from dockerhub_mcp.install.hosts import ANY_HOST, Host
from dockerhub_mcp.install.migration.recognition import HUB_MCP, find_old_entries
from dockerhub_mcp.install.request import InstallRequest

_SETTINGS_KEYS = (("mcp", "servers"), ("mcp.servers",), ("mcpServers",))
"""Where a file of settings may have servers; the last is what the README of docker/hub-mcp says."""


def describe_project_entries(config: Mapping[str, Any]) -> Iterator[str]:
    """Point out entries for single projects, which Claude Code keeps in the user's file.

    Args:
        config: The content of that file.
    """
    projects = config.get("projects")
    for directory, values in projects.items() if isinstance(projects, Mapping) else ():
        for name in _list_names(values, ("mcpServers",)):
            yield (
                f"{HUB_MCP} is also configured for the project {directory}, as {name!r}. Remove it "
                f"there: claude mcp remove --scope local {shlex.quote(name)}"
            )


def describe_other_files(request: InstallRequest) -> Iterator[str]:
    """Point out entries in the other file of the host, the user's or the project's, and in its settings.

    A file that cannot be read is passed over.

    Args:
        request: What the user asked for.
    """
    host, options = request.host, request.options
    if host is ANY_HOST:
        return
    if host.settings_file:
        path = request.path.with_name(host.settings_file)
        config = _read_config(host, path)
        for name in (name for keys in _SETTINGS_KEYS for name in _list_names(config, keys)):
            yield (
                f"{HUB_MCP} is also in {path}, which this command does not edit. Move its entry {name!r} to "
                f"`{host.servers_key}` in {request.path}, and repeat the command with --replace"
            )
    if options["file"] is not None or not host.project_file:
        return
    is_project = bool(options["project"])
    other = (
        host.locate_user_config(request.paths)
        if is_project
        else request.paths.working_directory / host.project_file
    )
    if os.path.realpath(other) == os.path.realpath(request.path):
        return
    for name in _list_names(_read_config(host, other), (host.servers_key,)):
        words = f"{host.name} --replace" if is_project else f"{host.name} --project --replace"
        command = f"{request.program} install {words}"
        yield f"{HUB_MCP} is also in {other}, as {name!r}. To move it too: {command}"


def _read_config(host: Host, path: Path) -> Mapping[str, Any]:
    try:
        files.check_file_kind(path)
        snapshot = files.read_snapshot(path, for_writing=False)
        return host_config.parse_host_config(host, snapshot.text)
    except (OSError, ParseError, SettingsError):
        return {}


def _list_names(config: Any, keys: tuple[str, ...]) -> list[str]:
    """Return the names of the entries of docker/hub-mcp among the servers that are under nested keys."""
    for key in keys:
        config = config.get(key) if isinstance(config, Mapping) else None
    return [old.name for old in find_old_entries(config)] if isinstance(config, Mapping) else []

"""Run `install`: add this server to a host, print what would be added, or remove it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.install.editors import host_config, toml_edit
from dockerhub_mcp.install.editors.json_edit import render_value
from dockerhub_mcp.install.entry import (
    LaunchCommand,
    ServerEntry,
    build_container_command,
    build_entry,
    build_installed_command,
    build_uvx_command,
)
from dockerhub_mcp.install.hosts import ANY_HOST, HOSTS, Host, PlatformPaths
from dockerhub_mcp.install.installation import EntryInstaller
from dockerhub_mcp.install.output import Output
from dockerhub_mcp.install.removal import uninstall_entry

_SERVER_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """How this program was started.

    Attributes:
        argv0: `sys.argv[0]`.
        interpreter: `sys.executable`.
        prefix: `sys.prefix`.
    """

    argv0: str
    interpreter: str
    prefix: str


def run_install_command(
    options: dict[str, Any],
    settings: Settings,
    environment: Mapping[str, str],
    *,
    stdout: TextIO,
    stderr: TextIO,
) -> int:
    """Run the command on this machine and return the exit code.

    Args:
        options: The options given on the command line.
        settings: The settings among them, with which the host is to start the server.
        environment: The environment variables.
        stdout: Where entries and diffs are written, and messages if there is neither.
        stderr: Where messages are written otherwise.

    Raises:
        SettingsError: The command is refused; nothing was changed.
    """
    home = environment.get("USERPROFILE" if sys.platform == "win32" else "HOME") or str(Path.home())
    paths = PlatformPaths(sys.platform, home, environment, Path.cwd())
    process = ProcessInfo(sys.argv[0], sys.executable, sys.prefix)
    # An entry or a diff may be redirected into a file, which must contain nothing else.
    writes_result = options["print"] or options["dry_run"] or options["for_host"] == ANY_HOST.name
    messages = stderr if writes_result else stdout
    output = Output(lambda line: messages.write(f"{line}\n"), stdout.write)
    return dispatch_action(options, settings, paths, process, output)


def dispatch_action(
    options: dict[str, Any],
    settings: Settings,
    paths: PlatformPaths,
    process: ProcessInfo,
    output: Output,
) -> int:
    """Add, print or remove the entry as the options say, and return the exit code.

    Raises:
        SettingsError: The command is refused; nothing was changed.
    """
    host: Host = HOSTS.get(options["for_host"], ANY_HOST)
    name: str = options["name"]
    if not _SERVER_NAME.fullmatch(name) or ("_" in name and not host.allows_underscores):
        underscores = (
            ", or underscores between them"
            if host.allows_underscores
            else f"; {host.title} allows no underscores"
        )
        msg = f"--name must be letters, digits and hyphens{underscores}, not {name!r}"
        raise SettingsError(msg)
    path = _resolve_config_path(host, options, paths)
    if options["uninstall"]:
        return uninstall_entry(host, name, path, paths, output.write_line)
    if settings.transport != "stdio":
        msg = "a host starts the server over stdio; for --transport http, give it the server's URL instead"
        raise SettingsError(msg)
    launch = _choose_launch_command(options, paths, process, is_shared=bool(options["project"]))
    entry = build_entry(host, launch, options, settings, name)
    if options["print"] or host is ANY_HOST:
        return _print_entry(host, name, entry, path, output)
    return EntryInstaller(host, name, path, paths, output, launch, entry, options).install_entry()


def _resolve_config_path(host: Host, options: Mapping[str, Any], paths: PlatformPaths) -> Path:
    if options["file"] is not None:
        return paths.working_directory / Path(options["file"])
    if not options["project"]:
        return host.locate_user_config(paths)
    if not host.project_file:
        msg = f"{host.title} reads no file of a project; omit --project"
        raise SettingsError(msg)
    return paths.working_directory / host.project_file


def _choose_launch_command(
    options: Mapping[str, Any], paths: PlatformPaths, process: ProcessInfo, *, is_shared: bool
) -> LaunchCommand:
    if options["container"] is not None:
        return build_container_command(options["container"], paths, is_shared=is_shared)
    if options["uvx"]:
        return build_uvx_command(paths, is_shared=is_shared)
    return build_installed_command(
        process.argv0, process.interpreter, process.prefix, paths, is_shared=is_shared
    )


def _print_entry(host: Host, name: str, entry: ServerEntry, path: Path, output: Output) -> int:
    if host.is_toml:
        output.write_text(toml_edit.append_table("", (host.servers_key, name), entry.values))
    else:
        inputs = {host_config.INPUTS_KEY: entry.inputs} if entry.inputs else {}
        output.write_text(
            render_value({**inputs, host.servers_key: {name: entry.values}}, "", "  ", "\n") + "\n"
        )
    for note in entry.notes:
        output.write_line(note)
    output.write_line(host.next_step if host is ANY_HOST else f"Add it to {path}.")
    return 0

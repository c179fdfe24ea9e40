"""Run `install`: add this server to a host, print what would be added, or remove it."""

from __future__ import annotations

import dataclasses
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.transport.urls import validate_base_url
from dockerhub_mcp.install.editors import files, host_config, toml_edit
from dockerhub_mcp.install.editors.json_edit import render_value
from dockerhub_mcp.install.editors.jsonc import ParseError
from dockerhub_mcp.install.entry import (
    PROGRAM_NAME,
    LaunchCommand,
    build_container_command,
    build_installed_command,
    build_uvx_command,
)
from dockerhub_mcp.install.hosts import ANY_HOST, HOSTS, Host, PlatformPaths
from dockerhub_mcp.install.installation import EntryInstaller
from dockerhub_mcp.install.output import Output
from dockerhub_mcp.install.plan import is_valid_name, plan_installation
from dockerhub_mcp.install.record import EntryChange, InstallRecord
from dockerhub_mcp.install.removal import delete_backups, uninstall_entry, unusable_file_error
from dockerhub_mcp.install.request import InstallRequest
from dockerhub_mcp.install.secrets import holds_token


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """How this program was started.

    Attributes:
        argv0: `sys.argv[0]`.
        interpreter: `sys.executable`.
        prefix: `sys.prefix`.
        shown_command: What messages call the program in the commands that they name.
    """

    argv0: str
    interpreter: str
    prefix: str
    shown_command: str = PROGRAM_NAME


def run_install_command(
    options: dict[str, Any],
    settings: Settings,
    environment: Mapping[str, str],
    *,
    stdin: TextIO | None = None,
    stdout: TextIO,
    stderr: TextIO,
) -> int:
    """Run the command on this machine and return the exit code.

    Args:
        options: The options given on the command line.
        settings: The settings among them, with which the host is to start the server.
        environment: The environment variables.
        stdin: Where answers are read, if it is a terminal.
        stdout: Where entries and diffs are written, and messages if there is neither.
        stderr: Where messages are written otherwise.

    Raises:
        SettingsError: The command is refused; nothing was changed.
    """
    home = environment.get("USERPROFILE" if sys.platform == "win32" else "HOME") or str(Path.home())
    paths = PlatformPaths(sys.platform, home, environment, Path.cwd())
    shown_command = find_shown_command(sys.argv[0], environment)
    process = ProcessInfo(sys.argv[0], sys.executable, sys.prefix, shown_command)
    # An entry or a diff may be redirected into a file, which must contain nothing else.
    writes_result = options["print"] or options["dry_run"] or options["for_host"] == ANY_HOST.name
    messages = stderr if writes_result else stdout
    ask = None if stdin is None or not stdin.isatty() else partial(_ask_user, stdin, messages)
    output = Output(lambda line: messages.write(f"{line}\n"), stdout.write, ask)
    return dispatch_action(options, settings, paths, process, output)


def find_shown_command(argv0: str, environment: Mapping[str, str]) -> str:
    """Return what starts the program in a shell: its name if the `PATH` has it, else what started it now."""
    is_on_path = shutil.which(PROGRAM_NAME, path=environment.get("PATH", os.defpath)) is not None
    return PROGRAM_NAME if is_on_path or Path(argv0).stem != PROGRAM_NAME else shlex.quote(argv0)


def _ask_user(stdin: TextIO, messages: TextIO, question: str) -> bool:
    """Ask at the terminal; only an explicit yes agrees."""
    messages.write(question)
    messages.flush()
    return stdin.readline().strip().lower() in {"y", "yes"}


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
    name: str | None = options["name"]
    if name is not None and not is_valid_name(host, name):
        underscores = (
            ", or underscores between them"
            if host.allows_underscores
            else f"; {host.title} allows no underscores"
        )
        msg = f"--name must be letters, digits and hyphens{underscores}, not {name!r}"
        raise SettingsError(msg)
    path = _resolve_config_path(host, options, paths)
    if not options["print"] and host is not ANY_HOST:
        files.check_file_kind(path)
        if options["project"]:
            _check_inside_project(path, paths.working_directory)
    if options["uninstall"]:
        return uninstall_entry(
            host, name, path, paths, output, delete_backups=bool(options["delete_backups"])
        )
    if options["delete_backups"]:
        return _delete_backups(host, options, path, output)
    _check_values(options, settings)
    if settings.transport != "stdio":
        msg = "a host starts the server over stdio; for --transport http, give it the server's URL instead"
        raise SettingsError(msg)
    launch = _choose_launch_command(options, paths, process, is_shared=bool(options["project"]))
    request = InstallRequest(host, path, paths, launch, options, settings, process.shown_command)
    if options["print"] or host is ANY_HOST:
        return _print_entry(request, output)
    return EntryInstaller(request, output).install_entry()


def _delete_backups(host: Host, options: Mapping[str, Any], path: Path, output: Output) -> int:
    """Delete the backups of a file, and do nothing else.

    Raises:
        SettingsError: Something else was asked for as well.
    """
    names = {setting.name for setting in dataclasses.fields(Settings)} & options.keys()
    names |= {name for name in ("replace", "print", "dry_run", "uvx", "container") if options[name]}
    if names or host is ANY_HOST:
        msg = (
            "--delete-backups belongs to --uninstall, or stands alone with the host and its file; repeat the "
            "command without the other options"
        )
        raise SettingsError(msg)
    delete_backups(path, output)
    return 0


def _resolve_config_path(host: Host, options: Mapping[str, Any], paths: PlatformPaths) -> Path:
    if options["file"] is not None:
        return paths.working_directory / Path(options["file"])
    if not options["project"]:
        return host.locate_user_config(paths)
    if not host.project_file:
        msg = f"{host.title} reads no file of a project; omit --project"
        raise SettingsError(msg)
    return paths.working_directory / host.project_file


def _check_inside_project(path: Path, project: Path) -> None:
    """Refuse a file of the project that is a link to another place, which others may share or own.

    Raises:
        SettingsError: It is one.
    """
    real_path, real_project = Path(os.path.realpath(path)), Path(os.path.realpath(project))
    if not real_path.is_relative_to(real_project):
        msg = (
            f"{path} was not touched: it leads over a link to {real_path}, outside the project. Name that "
            "file with --file to edit it on purpose"
        )
        raise SettingsError(msg)


def _check_values(options: Mapping[str, Any], settings: Settings) -> None:
    """Refuse values that would put a secret into the host's file.

    Raises:
        SettingsError: A value holds a token, or the Hub's address a user name or password.
    """
    for name, value in options.items():
        if isinstance(value, str | Path) and holds_token(str(value)):
            msg = (
                f"--{name.replace('_', '-')} holds a token, which the host's file should not contain. Write "
                "the token to a file that only you can read, and name it with --token-file FILE"
            )
            raise SettingsError(msg)
    if "api_url" in options:
        try:
            validate_base_url(settings.api_url)
        except InvalidRequest as error:
            msg = f"--api-url: {error}"
            raise SettingsError(msg) from None


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


def _print_entry(request: InstallRequest, output: Output) -> int:
    host = request.host
    config, changes = _read_config(request) if request.options["replace"] else ({}, {})
    plan = plan_installation(request, config, changes)
    name, entry = plan.name, plan.entry
    if host.is_toml:
        output.write_text(toml_edit.append_table("", (host.servers_key, name), entry.values))
    else:
        inputs = {host_config.INPUTS_KEY: entry.inputs} if entry.inputs else {}
        output.write_text(
            render_value({**inputs, host.servers_key: {name: entry.values}}, "", "  ", "\n") + "\n"
        )
    for note in (*plan.report, *entry.notes):
        output.write_line(note)
    if plan.token_file is not None:
        output.write_line(f"Write the token to {plan.token_file.path}, on one line, readable by you only.")
    if plan.replaced:
        output.write_line(f"It replaces {plan.replaced!r} of {request.path}.")
    else:
        output.write_line(host.next_step if host is ANY_HOST else f"Add it to {request.path}.")
    return 0


def _read_config(request: InstallRequest) -> tuple[Mapping[str, Any], Mapping[str, EntryChange]]:
    """Return the content of the host's file, and the recorded changes to it."""
    if request.host is ANY_HOST:
        return {}, {}
    snapshot = files.read_snapshot(request.path, for_writing=False)
    record = InstallRecord.from_directory(request.paths.state_directory())
    try:
        config = host_config.parse_host_config(request.host, snapshot.text)
    except (ParseError, SettingsError) as error:
        raise unusable_file_error(request.path, error) from None
    return config, record.get_changes(snapshot.real_path)

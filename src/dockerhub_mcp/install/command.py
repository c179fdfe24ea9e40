"""The command: adds this server to a host, shows what it would add, or takes it back."""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.install.editors import files, host_config, toml_edit
from dockerhub_mcp.install.editors.json_edit import render_value
from dockerhub_mcp.install.editors.jsonc import ParseError
from dockerhub_mcp.install.entry import (
    LaunchCommand,
    ServerEntry,
    build_container_command,
    build_entry,
    build_installed_command,
    build_uvx_command,
)
from dockerhub_mcp.install.hosts import ANY_HOST, HOSTS, Host, PlatformPaths
from dockerhub_mcp.install.record import EntryChange, InstallRecord, compute_digest
from dockerhub_mcp.install.removal import uninstall_entry, unusable_file_error

_SERVER_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")
_SECRET_VALUE = re.compile(
    r"""((?:token|secret|password|passwd|api[-_]?key|authorization|credential)[\w-]*["']?\s*[:=]\s*["']"""
    r"""|--[\w-]*(?:token|secret|password|key)["']\s*,\s*["'])[^"'\n]+""",
    re.IGNORECASE,
)
_DOCKER_TOKEN = re.compile(r"dckr_(?:pat|oat)_[\w-]+")

WriteLine = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Output:
    """Where the command writes.

    Attributes:
        write_line: Writes a message, without its line end.
        write_text: Writes an entry or a difference, which may be piped into a file.
    """

    write_line: WriteLine
    write_text: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """How this program runs now."""

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
    """Do what the options say on this machine and return the exit code.

    Args:
        options: The options given on the command line.
        settings: The same, parsed: the settings that the host starts the server with.
        environment: The environment variables.
        stdout: Where entries, differences and, unless one of these is printed, messages are written.
        stderr: Where other messages are written.
    """
    home = environment.get("USERPROFILE" if sys.platform == "win32" else "HOME") or str(Path.home())
    paths = PlatformPaths(sys.platform, home, environment, Path.cwd())
    process = ProcessInfo(sys.argv[0], sys.executable, sys.prefix)
    # An entry or a difference may be piped into a file, which must hold nothing else.
    is_output_piped = options["print"] or options["dry_run"] or options["for_host"] == ANY_HOST.name
    messages = stderr if is_output_piped else stdout
    output = Output(lambda line: messages.write(f"{line}\n"), stdout.write)
    return dispatch_action(options, settings, paths, process, output)


def dispatch_action(
    options: dict[str, Any],
    settings: Settings,
    paths: PlatformPaths,
    process: ProcessInfo,
    output: Output,
) -> int:
    """Do what the options say and return the exit code.

    Raises:
        SettingsError: It cannot be done; nothing was changed then.
    """
    host: Host = HOSTS.get(options["for_host"], ANY_HOST)
    name: str = options["name"]
    if not _SERVER_NAME.fullmatch(name) or ("_" in name and not host.allows_underscores):
        among = (
            ", or underscores between them"
            if host.allows_underscores
            else f"; {host.title} allows no underscores"
        )
        msg = f"--name must be letters, digits and hyphens{among}, not {name!r}"
        raise SettingsError(msg)
    path = _resolve_config_path(host, options, paths)
    if options["uninstall"]:
        return uninstall_entry(host, name, path, paths, output.write_line)
    if settings.transport != "stdio":
        msg = (
            "a host starts the server over stdio; for --transport http give the host the server's URL instead"
        )
        raise SettingsError(msg)
    shared = bool(options["project"])
    launch = _choose_launch_command(options, paths, process, is_shared=shared)
    entry = build_entry(host, launch, options, settings, name)
    if options["print"] or host is ANY_HOST:
        return _print_entry(host, name, entry, path, output)
    return _EntryInstaller(host, name, path, paths, output, launch, entry, options).install_entry()


def _resolve_config_path(host: Host, options: Mapping[str, Any], paths: PlatformPaths) -> Path:
    if options["file"] is not None:
        return paths.working_directory / Path(options["file"])
    if not options["project"]:
        return host.locate_user_config(paths)
    if not host.project_file:
        msg = f"{host.title} has no file in a project; leave --project out"
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
    output.write_line(host.next_step if host is ANY_HOST else f"It belongs into {path}.")
    return 0


@dataclass(frozen=True, slots=True)
class _EntryInstaller:
    host: Host
    name: str
    path: Path
    paths: PlatformPaths
    output: Output
    launch_command: LaunchCommand
    entry: ServerEntry
    options: Mapping[str, Any]

    def install_entry(self) -> int:
        found = files.read_snapshot(self.path)
        try:
            there = host_config.find_entry(
                self.host, host_config.parse_host_config(self.host, found.text), self.name
            )
            self.check_existing_entry(there)
            lacking = host_config.find_missing_keys(self.host, found.text)
            content = found.encode_text(
                host_config.insert_entry(self.host, found.text, self.name, self.entry)
            )
        except (ParseError, SettingsError) as error:
            if isinstance(error, _EntryConflictError):
                raise
            raise unusable_file_error(self.path, error) from None
        if content == found.raw_bytes:
            self.output.write_line(
                f"{self.host.title} has it already, just so, in {self.path}. Nothing was changed."
            )
        elif self.options["dry_run"]:
            self.output.write_text(render_diff(found, content))
            return 0
        else:
            self.write_config(found, content, lacking, is_new=there is None)
        for note in self.entry.notes:
            self.output.write_line(note)
        self.print_warnings(there)
        self.output.write_line(f"Next: {self.host.next_step}")
        return 0

    def check_existing_entry(self, existing: Any) -> None:
        if existing is None or host_config.is_own_entry(existing) or self.options["replace"]:
            return
        msg = (
            f"{self.path} was not touched: it has another server called {self.name!r}. Choose another name "
            "with --name, or give --replace to put this one in its place"
        )
        raise _EntryConflictError(msg)

    def write_config(
        self, snapshot: files.FileSnapshot, content: bytes, missing_keys: list[str], *, is_new: bool
    ) -> None:
        record = InstallRecord.from_directory(self.paths.state_directory())
        earlier = record.get_change(snapshot.real_path, self.name)
        untouched = (
            earlier is not None
            and snapshot.raw_bytes is not None
            and earlier.after == compute_digest(snapshot.raw_bytes)
        )
        backup, directories = "", list[str]()
        try:
            directories = files.create_parent_directories(snapshot.real_path)
            if snapshot.raw_bytes is not None and not untouched:
                backup = str(files.create_backup(snapshot))
            like = None if snapshot.raw_bytes is None else snapshot.real_path
            files.write_atomically(
                snapshot.real_path,
                content,
                copy_metadata_from=like,
                mode=0o644 if self.options["project"] else 0o600,
            )
        except OSError as error:
            if backup:
                Path(backup).unlink()
            files.remove_empty_directories(directories)
            msg = f"{self.path} cannot be written: {error.strerror}. Nothing was changed"
            raise SettingsError(msg) from None
        if untouched and earlier is not None:
            change = earlier
            change.after = compute_digest(content)
        else:
            change = EntryChange(
                snapshot.raw_bytes is None,
                backup,
                compute_digest(content) if is_new else "",
                missing_keys,
                directories,
            )
            if earlier is not None and snapshot.raw_bytes is not None:
                change.created, change.made, change.directories = (
                    earlier.created,
                    earlier.made,
                    earlier.directories,
                )
        record.set_change(snapshot.real_path, self.name, change)
        self.output.write_line(f"Wrote the server {self.name!r} for {self.host.title} into {self.path}.")
        if backup:
            self.output.write_line(f"As it was before: {backup}")

    def print_warnings(self, existing: Any) -> None:
        text = json.dumps(existing)
        if _DOCKER_TOKEN.search(text):
            self.output.write_line(
                f"Careful: a Docker token stands in clear in this entry of {self.path}. Take it out, and "
                "revoke it if the file was ever synced or shared."
            )
        if self.options["project"]:
            self.output.write_line("Everybody who uses this project gets this entry with it.")
            if self.launch_command.is_machine_specific:
                self.output.write_line(
                    f"{self.launch_command.command} is on this machine only; with --uvx or --container the entry "
                    "works for all."
                )


class _EntryConflictError(SettingsError):
    """A refusal that says all there is to say."""


def render_diff(snapshot: files.FileSnapshot, content: bytes) -> str:
    """Return what would change, as `diff -u` shows it, without what others keep secret in it."""
    new = content.decode().removeprefix(files.BOM)
    lines = difflib.unified_diff(
        snapshot.text.splitlines(), new.splitlines(), str(snapshot.path), str(snapshot.path), lineterm=""
    )
    text = "".join(f"{line}\n" for line in lines)
    return _DOCKER_TOKEN.sub("***", _SECRET_VALUE.sub(_mask_secret, text))


def _mask_secret(match: re.Match[str]) -> str:
    value = match[0][len(match[1]) :]
    return match[0] if value.startswith("$") or "_FILE" in match[1] else f"{match[1]}***"

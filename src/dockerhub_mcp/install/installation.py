"""Add an entry to the file of a host, or replace the entry that is there."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.install.editors import backups, files, host_config
from dockerhub_mcp.install.editors.jsonc import ParseError
from dockerhub_mcp.install.editors.locking import lock_directories
from dockerhub_mcp.install.entry import LaunchCommand, ServerEntry
from dockerhub_mcp.install.hosts import Host, PlatformPaths
from dockerhub_mcp.install.output import Output
from dockerhub_mcp.install.record import EntryChange, InstallRecord, compute_digest
from dockerhub_mcp.install.removal import byte_order_mark_warning, unusable_file_error
from dockerhub_mcp.install.secrets import holds_token, mask_secrets


@dataclass(frozen=True, slots=True)
class EntryInstaller:
    """Installs one entry in one file.

    Attributes:
        host: The host that reads the file.
        name: The server's name in it.
        path: The file.
        paths: The directories of this machine.
        output: Where to write.
        launch_command: How the entry starts the server.
        entry: The entry.
        options: The options given on the command line.
    """

    host: Host
    name: str
    path: Path
    paths: PlatformPaths
    output: Output
    launch_command: LaunchCommand
    entry: ServerEntry
    options: Mapping[str, Any]

    def install_entry(self) -> int:
        """Write the entry, or print the diff for `--dry-run`, and return the exit code.

        Raises:
            SettingsError: The file cannot be changed; it was not touched.
        """
        if self.options["dry_run"]:
            return self._install_once()
        directories = [Path(self.paths.home), Path(os.path.realpath(self.path)).parent]
        with lock_directories(directories):
            return files.repeat_until_unchanged(self._install_once, self.path)

    def _install_once(self) -> int:
        snapshot = files.read_snapshot(self.path)
        existing, missing_keys, content = self._edit(snapshot)
        if content == snapshot.raw_bytes:
            self.output.write_line(
                f"{self.host.title} already has this entry in {snapshot.shown_path}. Nothing was changed."
            )
        elif self.options["dry_run"]:
            self.output.write_text(render_diff(snapshot, content))
            self._print_byte_order_mark_warning(snapshot)
            return 0
        else:
            self._write_config(snapshot, content, missing_keys, is_new=existing is None)
        for note in self.entry.notes:
            self.output.write_line(note)
        self._print_byte_order_mark_warning(snapshot)
        self._print_warnings(existing)
        self.output.write_line(f"Next: {self.host.next_step}")
        return 0

    def _edit(self, snapshot: files.FileSnapshot) -> tuple[Any, list[str], bytes]:
        """Return the existing entry, the keys that the file lacks, and its content with the new entry."""
        try:
            config = host_config.parse_host_config(self.host, snapshot.text)
            existing = host_config.find_entry(self.host, config, self.name)
            self._check_existing_entry(existing)
            missing_keys = host_config.find_missing_keys(self.host, snapshot.text)
            text = host_config.insert_entry(self.host, snapshot.text, self.name, self.entry)
        except _EntryConflictError:
            raise
        except (ParseError, SettingsError) as error:
            raise unusable_file_error(self.path, error) from None
        return existing, missing_keys, snapshot.encode_text(text)

    def _check_existing_entry(self, existing: Any) -> None:
        if existing is None or host_config.is_own_entry(existing) or self.options["replace"]:
            return
        msg = (
            f"{self.path} was not touched: it has another server called {self.name!r}. Choose another name "
            "with --name, or replace that server with --replace"
        )
        raise _EntryConflictError(msg)

    def _write_config(
        self, snapshot: files.FileSnapshot, content: bytes, missing_keys: list[str], *, is_new: bool
    ) -> None:
        """Write and record the change, with a backup unless the last installation wrote the file as it is."""
        record = InstallRecord.from_directory(self.paths.state_directory())
        earlier = record.get_change(snapshot.real_path, self.name)
        is_as_installed = (
            earlier is not None
            and snapshot.raw_bytes is not None
            and earlier.after == compute_digest(snapshot.raw_bytes)
        )
        backup, directories = self._replace_file(snapshot, content, keep_backup=not is_as_installed)
        if is_as_installed and earlier is not None:
            change = earlier
            change.after = compute_digest(content)
        else:
            change = EntryChange(
                created=snapshot.raw_bytes is None,
                backup=backup,
                after=compute_digest(content) if is_new else "",
                made=missing_keys,
                directories=directories,
            )
            if earlier is not None and snapshot.raw_bytes is not None:
                change.created, change.made = earlier.created, earlier.made
                change.directories = earlier.directories
        record.set_change(snapshot.real_path, self.name, change)
        self.output.write_line(
            f"Wrote the server {self.name!r} for {self.host.title} to {snapshot.shown_path}."
        )
        if backup:
            self.output.write_line(f"Backup of the previous file: {backup}")

    def _replace_file(
        self, snapshot: files.FileSnapshot, content: bytes, *, keep_backup: bool
    ) -> tuple[str, list[str]]:
        """Write the file; return the path of the backup, empty without one, and the directories created."""
        backup, directories = "", list[str]()
        exists = snapshot.raw_bytes is not None
        try:
            directories = files.create_parent_directories(snapshot.real_path)
            if exists and keep_backup:
                backup = str(backups.create_backup(snapshot))
            files.replace_snapshot(snapshot, content, mode=0o644 if self.options["project"] else 0o600)
        except (OSError, files.FileChangedError) as error:
            if backup:
                Path(backup).unlink()
            files.remove_empty_directories(directories)
            if isinstance(error, files.FileChangedError):
                raise
            msg = f"{self.path} cannot be written: {error.strerror}. Nothing was changed"
            raise SettingsError(msg) from None
        return backup, directories

    def _print_byte_order_mark_warning(self, snapshot: files.FileSnapshot) -> None:
        if warning := byte_order_mark_warning(self.host, snapshot):
            self.output.write_line(warning)

    def _print_warnings(self, existing: Any) -> None:
        if holds_token(json.dumps(existing)):
            self.output.write_line(
                f"Warning: this entry of {self.path} contains a Docker token in plain text. Remove it, and "
                "revoke it if the file was ever synced or shared."
            )
        if self.options["project"]:
            self.output.write_line("Everyone who uses this project gets this entry.")
            if self.launch_command.is_machine_specific:
                self.output.write_line(
                    f"{self.launch_command.command} exists on this machine only; with --uvx or --container, "
                    "the entry works everywhere."
                )


class _EntryConflictError(SettingsError):
    """Another server has the name. The message is complete, unlike that of an unreadable file."""


def render_diff(snapshot: files.FileSnapshot, content: bytes) -> str:
    """Return the change as `diff -u` shows it, with secrets masked: those of other servers as well."""
    new_text = content.decode().removeprefix(files.BOM)
    lines = difflib.unified_diff(
        snapshot.text.splitlines(),
        new_text.splitlines(),
        snapshot.shown_path,
        snapshot.shown_path,
        lineterm="",
    )
    text = "".join(f"{line}\n" for line in lines)
    return mask_secrets(text)

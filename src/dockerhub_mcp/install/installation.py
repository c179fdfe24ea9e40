"""Add an entry to the file of a host, or replace the entry that is there."""

from __future__ import annotations

import difflib
import json
import os
import shlex
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.install.editors import backups, files, host_config
from dockerhub_mcp.install.editors.jsonc import ParseError
from dockerhub_mcp.install.editors.locking import lock_directories
from dockerhub_mcp.install.migration.recognition import HUB_MCP, parse_old_entry
from dockerhub_mcp.install.output import Output
from dockerhub_mcp.install.plan import InstallPlan, plan_installation
from dockerhub_mcp.install.record import EntryChange, InstallRecord, compute_digest
from dockerhub_mcp.install.removal import byte_order_mark_warning, unusable_file_error
from dockerhub_mcp.install.request import InstallRequest
from dockerhub_mcp.install.secrets import holds_token, mask_secrets


@dataclass(frozen=True, slots=True)
class EntryInstaller:
    """Installs one entry in one file.

    Attributes:
        request: What the user asked for.
        output: Where to write.
    """

    request: InstallRequest
    output: Output

    def install_entry(self) -> int:
        """Write the entry, or print the diff for `--dry-run`, and return the exit code.

        Raises:
            SettingsError: The file cannot be changed; it was not touched.
        """
        request = self.request
        if request.options["dry_run"]:
            return self._install_once()
        directories = [Path(request.paths.home), Path(os.path.realpath(request.path)).parent]
        with lock_directories(directories):
            return files.repeat_until_unchanged(self._install_once, request.path)

    def _install_once(self) -> int:
        host, output = self.request.host, self.output
        snapshot = files.read_snapshot(self.request.path)
        record = InstallRecord.from_directory(self.request.paths.state_directory())
        config = self._parse_config(snapshot)
        plan = plan_installation(self.request, config, record.get_changes(snapshot.real_path))
        existing = host_config.find_entry(host, config, plan.name)
        self._check_existing_entry(existing, plan)
        content = self._edit(snapshot, plan)
        creates_token_file = plan.token_file is not None and plan.token_file.check()
        if content == snapshot.raw_bytes and not creates_token_file:
            output.write_line(
                f"{host.title} already has this entry in {snapshot.shown_path}. Nothing was changed."
            )
        elif self.request.options["dry_run"]:
            output.write_text(render_diff(snapshot, content, plan.secrets))
            for line in plan.report:
                output.write_line(line)
            if creates_token_file and plan.token_file is not None:
                output.write_line(
                    f"The token would be written to {plan.token_file.path}, readable by you only."
                )
            self._print_byte_order_mark_warning(snapshot)
            return 0
        else:
            self._write_config(snapshot, content, plan, existing, creates_token_file=creates_token_file)
        for line in (*plan.report, *plan.entry.notes):
            output.write_line(line)
        change = InstallRecord.from_directory(record.directory).get_change(snapshot.real_path, plan.name)
        if plan.replaced and change is not None:
            self._print_way_back(plan, change)
        self._print_byte_order_mark_warning(snapshot)
        self._print_warnings(existing)
        output.write_line(f"Next: {host.next_step}")
        return 0

    def _parse_config(self, snapshot: files.FileSnapshot) -> dict[str, Any]:
        try:
            return host_config.parse_host_config(self.request.host, snapshot.text)
        except (ParseError, SettingsError) as error:
            raise unusable_file_error(self.request.path, error) from None

    def _edit(self, snapshot: files.FileSnapshot, plan: InstallPlan) -> bytes:
        """Return the content of the file with the new entry, and without the one that it replaces."""
        host = self.request.host
        try:
            text = host_config.insert_entry(host, snapshot.text, plan.name, plan.entry)
            if plan.replaced not in {"", plan.name}:
                text = host_config.remove_entry(host, text, plan.replaced, [])
        except (ParseError, SettingsError) as error:
            raise unusable_file_error(self.request.path, error) from None
        return snapshot.encode_text(text)

    def _check_existing_entry(self, existing: Any, plan: InstallPlan) -> None:
        if existing is None or host_config.is_own_entry(existing) or self.request.options["replace"]:
            return
        path, name = self.request.path, plan.name
        if parse_old_entry(name, existing) is not None:
            msg = (
                f"{path} was not touched: its server {name!r} is {HUB_MCP}. Move from it to this server, "
                "with its account and its settings, with --replace; or keep both with another name, --name"
            )
        else:
            msg = (
                f"{path} was not touched: it has another server called {name!r}. Choose another name with "
                "--name, or replace that server with --replace"
            )
        raise SettingsError(msg)

    def _write_config(
        self,
        snapshot: files.FileSnapshot,
        content: bytes,
        plan: InstallPlan,
        existing: Any,
        *,
        creates_token_file: bool,
    ) -> None:
        """Write and record the change, with a backup unless the last installation wrote the file as it is."""
        host, output = self.request.host, self.output
        record = InstallRecord.from_directory(self.request.paths.state_directory())
        earlier = record.get_change(snapshot.real_path, plan.name)
        is_as_installed = (
            earlier is not None
            and snapshot.raw_bytes is not None
            and earlier.after == compute_digest(snapshot.raw_bytes)
        )
        missing_keys = host_config.find_missing_keys(host, snapshot.text)
        if creates_token_file and plan.token_file is not None:
            plan.token_file.create()
        try:
            backup, directories = self._replace_file(
                snapshot, content, keep_backup=not is_as_installed, is_private=bool(plan.secrets)
            )
        except (SettingsError, files.FileChangedError):
            if creates_token_file and plan.token_file is not None:
                plan.token_file.remove()
            raise
        change = EntryChange(
            created=snapshot.raw_bytes is None,
            backup=backup,
            after=compute_digest(content) if existing is None or plan.replaced == plan.name else "",
            made=missing_keys,
            directories=directories,
        )
        if is_as_installed and earlier is not None:
            change.backup, change.after = earlier.backup, compute_digest(content)
        if earlier is not None and snapshot.raw_bytes is not None:
            change.keep_origin(earlier, is_own=host_config.is_own_entry(existing))
            if plan.token_file is not None:
                change.token_file = str(plan.token_file.path)
        if plan.replaced:
            change.replaced, change.replaced_backup = plan.replaced, change.backup
            change.token_file = str(plan.token_file.path) if plan.token_file else ""
        failure = record.set_change(snapshot.real_path, plan.name, change)
        output.write_line(f"Wrote the server {plan.name!r} for {host.title} to {snapshot.shown_path}.")
        if creates_token_file and plan.token_file is not None:
            output.write_line(f"Wrote the token to {plan.token_file.path}, readable by you only.")
        self._print_backup(plan, backup, record, failure)

    def _print_backup(self, plan: InstallPlan, backup: str, record: InstallRecord, failure: str) -> None:
        """Name the backup, and what it is needed for if the change could not be recorded."""
        secret = ", with the secret of the old entry, readable by you only" if plan.secrets else ""
        if backup:
            self.output.write_line(f"Backup of the previous file: {backup}{secret if failure else ''}")
        if failure:
            remedy = "; to return, put the backup in the place of the file" if backup else ""
            self.output.write_line(
                f"Warning: {record.directory} cannot be written: {failure}. So --uninstall can remove the "
                f"new entry, but restore nothing{remedy}."
            )

    def _print_way_back(self, plan: InstallPlan, change: EntryChange) -> None:
        """Say how to return to the old server, and which backup has its secret."""
        options = self.request.options
        words = ["install", self.request.host.name]
        if options["file"] is not None:
            words += ["--file", str(options["file"])]
        elif options["project"]:
            words.append("--project")
        command = f"{self.request.program} {shlex.join(words)}"
        name = "" if options["name"] is None else f" --name {plan.name}"
        self.output.write_line(f"To return to {HUB_MCP}: {command}{name} --uninstall")
        if plan.secrets:
            self.output.write_line(
                f"{change.replaced_backup} has the old entry with its secret, readable by you only. When you "
                f"no longer need it: {command} --delete-backups"
            )

    def _replace_file(
        self, snapshot: files.FileSnapshot, content: bytes, *, keep_backup: bool, is_private: bool
    ) -> tuple[str, list[str]]:
        """Write the file; return the path of the backup, empty without one, and the directories created."""
        backup, directories = "", list[str]()
        exists = snapshot.raw_bytes is not None
        try:
            directories = files.create_parent_directories(snapshot.real_path)
            if exists and keep_backup:
                backup = str(backups.create_backup(snapshot, is_private=is_private))
            files.replace_snapshot(
                snapshot, content, mode=0o644 if self.request.options["project"] else 0o600
            )
        except (OSError, files.FileChangedError) as error:
            if backup:
                Path(backup).unlink()
            files.remove_empty_directories(directories)
            if isinstance(error, files.FileChangedError):
                raise
            msg = f"{self.request.path} cannot be written: {error.strerror}. Nothing was changed"
            raise SettingsError(msg) from None
        return backup, directories

    def _print_byte_order_mark_warning(self, snapshot: files.FileSnapshot) -> None:
        if warning := byte_order_mark_warning(self.request.host, snapshot):
            self.output.write_line(warning)

    def _print_warnings(self, existing: Any) -> None:
        if host_config.is_own_entry(existing) and holds_token(json.dumps(existing)):
            self.output.write_line(
                f"Warning: this entry of {self.request.path} contains a Docker token in plain text. Remove "
                "it, and revoke it if the file was ever synced or shared."
            )
        if self.request.options["project"]:
            self.output.write_line("Everyone who uses this project gets this entry.")
            if self.request.launch_command.is_machine_specific:
                self.output.write_line(
                    f"{self.request.launch_command.command} exists on this machine only; with --uvx or "
                    "--container, the entry works everywhere."
                )


def render_diff(snapshot: files.FileSnapshot, content: bytes, secrets: Collection[str] = ()) -> str:
    """Return the change as `diff -u` shows it, with secrets masked: those of other servers as well.

    Args:
        snapshot: The file.
        content: Its new content.
        secrets: Secrets that are known to be in it.
    """
    new_text = content.decode().removeprefix(files.BOM)
    lines = difflib.unified_diff(
        snapshot.text.splitlines(),
        new_text.splitlines(),
        snapshot.shown_path,
        snapshot.shown_path,
        lineterm="",
    )
    return mask_secrets("".join(f"{line}\n" for line in lines), secrets)

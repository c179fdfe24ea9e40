"""Remove an entry. A file that has not changed since the installation is restored byte for byte."""

from __future__ import annotations

import os
import re
from pathlib import Path

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.install.editors import backups, files, host_config
from dockerhub_mcp.install.editors.jsonc import ParseError
from dockerhub_mcp.install.editors.locking import lock_directories
from dockerhub_mcp.install.hosts import Host, PlatformPaths
from dockerhub_mcp.install.migration.recognition import HUB_MCP
from dockerhub_mcp.install.output import Output
from dockerhub_mcp.install.plan import find_installed_name
from dockerhub_mcp.install.record import EntryChange, InstallRecord, compute_digest
from dockerhub_mcp.install.secrets import holds_secret


def unusable_file_error(path: Path, reason: object) -> SettingsError:
    """Return the error for a file that cannot be edited, with what to do instead."""
    msg = f"{path} was not touched: {reason}. Correct the file, or add the entry by hand as --print shows it"
    return SettingsError(msg)


def byte_order_mark_warning(host: Host, snapshot: files.FileSnapshot) -> str:
    """Return a warning of a byte order mark because of which a host drops the file; empty without one."""
    if not snapshot.bom or host.accepts_byte_order_mark:
        return ""
    return (
        f"Warning: {snapshot.path} begins with a byte order mark (BOM), because of which {host.title} may "
        "drop the whole file. Save it as UTF-8 without BOM."
    )


def uninstall_entry(
    host: Host,
    name: str | None,
    path: Path,
    paths: PlatformPaths,
    output: Output,
    *,
    delete_backups: bool = False,
) -> int:
    """Remove an entry from a file, offer to delete the backups, and return the exit code.

    An entry of docker/hub-mcp that it replaced is put back. Without a name, the entry is found by what is
    recorded.

    Raises:
        SettingsError: The file cannot be changed, or the entry starts another program; nothing was changed.
    """
    real_path = Path(os.path.realpath(path))
    with lock_directories([Path(paths.home), real_path.parent]):
        exit_code = files.repeat_until_unchanged(
            lambda: _uninstall_once(host, name, path, paths, output), path
        )
    _offer_to_delete_backups(real_path, output, delete_backups=delete_backups)
    return exit_code


def delete_backups(path: Path, output: Output) -> None:
    """Delete the backups of a file."""
    real_path = Path(os.path.realpath(path))
    if not backups.find_backups(real_path):
        output.write_line(f"{path} has no backups. Nothing was changed.")
        return
    _offer_to_delete_backups(real_path, output, delete_backups=True)
    output.write_line(
        "--uninstall can no longer restore what only they had, such as a server that was replaced."
    )


def _offer_to_delete_backups(path: Path, output: Output, *, delete_backups: bool) -> None:
    """Delete the backups of a file if the user agrees, or say how."""
    found = backups.find_backups(path)
    if not found:
        return
    shown = ", ".join(map(str, found))
    secrets = " with secrets in plain text" if any(map(_holds_secret, found)) else ""
    if not delete_backups:
        output.write_line(f"Backups of the file remain{secrets}: {shown}")
        if output.ask is None:
            output.write_line("Delete them with --uninstall --delete-backups.")
            return
        if not output.ask("Delete them? [y/N] "):
            return
    try:
        for backup in found:
            backup.unlink()
    except OSError as error:
        output.write_line(f"A backup cannot be deleted: {error.strerror}")
    else:
        output.write_line(f"Deleted the backups: {shown}")


def _holds_secret(path: Path) -> bool:
    try:
        return holds_secret(path.read_text("utf-8", "replace"))
    except OSError:
        return True  # it cannot be excluded


def _uninstall_once(
    host: Host, given_name: str | None, path: Path, paths: PlatformPaths, output: Output
) -> int:
    snapshot, record = files.read_snapshot(path), InstallRecord.from_directory(paths.state_directory())
    try:
        config = host_config.parse_host_config(host, snapshot.text)
    except (ParseError, SettingsError) as error:
        raise unusable_file_error(path, error) from None
    servers = config.get(host.servers_key, {})
    name = find_installed_name(given_name, servers, record.get_changes(snapshot.real_path))
    change, entry = record.get_change(snapshot.real_path, name), servers.get(name)
    if snapshot.raw_bytes is None or entry is None:
        record.set_change(snapshot.real_path, name, None)
        output.write_line(f"{snapshot.shown_path} has no server called {name!r}. Nothing was changed.")
        recorded = record.get_changes(snapshot.real_path)
        added = [
            each for each in sorted(servers) if each in recorded or host_config.is_own_entry(servers[each])
        ]
        if added:
            output.write_line(f"This program added: {', '.join(added)}. Remove one of them with --name.")
        return 0
    if not host_config.is_own_entry(entry) and change is None:
        msg = f"{path} was not touched: its server called {name!r} is not this one"
        raise SettingsError(msg)
    change = change or EntryChange()
    raw = _build_content_without_entry(host, snapshot, name, change)
    backup = Path(change.backup) if change.backup else None
    try:
        if raw is None:
            files.remove_snapshot(snapshot, change.directories)
        else:
            files.replace_snapshot(snapshot, raw)
        if backup is not None and backup.exists() and backup.read_bytes() == raw:
            backup.unlink()
            backup = None
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}. Nothing was changed"
        raise SettingsError(msg) from None
    record.set_change(snapshot.real_path, name, None)
    rest = (
        "The file, which was created for it, is removed as well."
        if raw is None
        else "The rest of the file is unchanged."
    )
    output.write_line(f"Removed the server {name!r} for {host.title} from {snapshot.shown_path}. {rest}")
    is_taken = change.replaced != name and change.replaced in servers
    _print_replaced(host, change, raw, output, is_taken=is_taken)
    if warning := byte_order_mark_warning(host, snapshot) if raw is not None else "":
        output.write_line(warning)
    if backup is not None and backup.exists():
        output.write_line(f"The file was changed since the server was added. Backup from before: {backup}")
    return 0


def _print_replaced(
    host: Host, change: EntryChange, raw: bytes | None, output: Output, *, is_taken: bool
) -> None:
    """Say whether the entry that was replaced is back, and where its token is."""
    if not change.replaced:
        return
    config = host_config.parse_host_config(host, (raw or b"").decode("utf-8-sig"))
    if is_taken:
        output.write_line(f"The server {change.replaced!r}, which is there again, was left as it is.")
    elif host_config.find_entry(host, config, change.replaced) is not None:
        output.write_line(f"The server {change.replaced!r}, {HUB_MCP}, is back as it was.")
    else:
        backup = change.replaced_backup
        output.write_line(f"The server {change.replaced!r}, {HUB_MCP}, is not back: {backup} is gone.")
    if change.token_file and Path(change.token_file).exists():
        output.write_line(f"Its token is still in {change.token_file} as well.")


def _build_content_without_entry(
    host: Host, snapshot: files.FileSnapshot, name: str, change: EntryChange
) -> bytes | None:
    """Return the file's content without the entry; None if the file is to be removed."""
    assert snapshot.raw_bytes is not None  # noqa: S101 - checked by the caller
    if change.after == compute_digest(snapshot.raw_bytes):
        if change.created:
            return None
        backup = Path(change.backup)
        if backup.is_file():
            return backup.read_bytes()
    original = _read_backup(change.replaced_backup) if change.replaced else None
    servers = host_config.parse_host_config(host, snapshot.text).get(host.servers_key, {})
    is_taken = change.replaced != name and change.replaced in servers
    try:
        if original is None or is_taken:
            text = host_config.remove_entry(host, snapshot.text, name, change.made)
        else:
            text = host_config.restore_entry(
                host,
                snapshot.text,
                name,
                change.made,
                original_text=original,
                original_name=change.replaced,
            )
    except SettingsError as error:
        raise unusable_file_error(snapshot.path, error) from None
    is_bare = not text.strip() if host.is_toml else re.fullmatch(r"\s*\{\s*\}\s*", text) is not None
    return None if change.created and is_bare else snapshot.encode_text(text)


def _read_backup(path: str) -> str | None:
    """Return the text of a backup; None if it is gone."""
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except (OSError, ValueError):
        return None

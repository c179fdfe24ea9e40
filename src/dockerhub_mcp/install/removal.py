"""Remove an entry. A file that has not changed since the installation is restored byte for byte."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.install.editors import files, host_config
from dockerhub_mcp.install.editors.jsonc import ParseError
from dockerhub_mcp.install.hosts import Host, PlatformPaths
from dockerhub_mcp.install.record import EntryChange, InstallRecord, compute_digest


def unusable_file_error(path: Path, reason: object) -> SettingsError:
    """Return the error for a file that cannot be edited, with what to do instead."""
    msg = f"{path} was not touched: {reason}. Correct the file, or add the entry by hand as --print shows it"
    return SettingsError(msg)


def uninstall_entry(
    host: Host, name: str, path: Path, paths: PlatformPaths, write_line: Callable[[str], object]
) -> int:
    """Remove an entry from a file and return the exit code.

    Raises:
        SettingsError: The file cannot be changed, or the entry starts another program; nothing was changed.
    """
    snapshot, record = files.read_snapshot(path), InstallRecord.from_directory(paths.state_directory())
    change = record.get_change(snapshot.real_path, name)
    try:
        entry = host_config.find_entry(host, host_config.parse_host_config(host, snapshot.text), name)
    except (ParseError, SettingsError) as error:
        raise unusable_file_error(path, error) from None
    if snapshot.raw_bytes is None or entry is None:
        record.set_change(snapshot.real_path, name, None)
        write_line(f"{path} has no server called {name!r}. Nothing was changed.")
        return 0
    if not host_config.is_own_entry(entry) and change is None:
        msg = f"{path} was not touched: its server called {name!r} is not this one"
        raise SettingsError(msg)
    change = change or EntryChange()
    raw = _build_content_without_entry(host, snapshot, name, change)
    backup = Path(change.backup) if change.backup else None
    try:
        if raw is None:
            files.remove_file(snapshot.real_path, change.directories)
        else:
            files.write_atomically(snapshot.real_path, raw, copy_metadata_from=snapshot.real_path)
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
    write_line(f"Removed the server {name!r} for {host.title} from {path}. {rest}")
    if backup is not None and backup.exists():
        write_line(f"The file was changed since the server was added. Backup from before: {backup}")
    return 0


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
    try:
        text = host_config.remove_entry(host, snapshot.text, name, change.made)
    except SettingsError as error:
        raise unusable_file_error(snapshot.path, error) from None
    is_bare = not text.strip() if host.is_toml else re.fullmatch(r"\s*\{\s*\}\s*", text) is not None
    return None if change.created and is_bare else snapshot.encode_text(text)

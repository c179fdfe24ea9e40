"""Taking an entry back: to the byte where nothing else has changed since, and without it otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.install.editors import files, host_config
from dockerhub_mcp.install.editors.jsonc import Unreadable
from dockerhub_mcp.install.hosts import Host, Place
from dockerhub_mcp.install.record import Change, Record, digest


def refusal(path: Path, reason: object) -> SettingsError:
    """Return why a file is left alone, and what the person can do."""
    msg = f"{path} was not touched: {reason}. Correct the file, or add the entry by hand as --print shows it"
    return SettingsError(msg)


def uninstall(host: Host, name: str, path: Path, place: Place, say: Callable[[str], object]) -> int:
    """Take an entry out of a file and return the exit code.

    Raises:
        SettingsError: It cannot be done; nothing was changed then.
    """
    found, record = files.find(path), Record.of(place.state())
    change = record.get(found.real, name)
    try:
        there = host_config.entry_in(host, host_config.read(host, found.text), name)
    except (Unreadable, SettingsError) as error:
        raise refusal(path, error) from None
    if found.raw is None or there is None:
        record.set(found.real, name, None)
        say(f"{path} has no server called {name!r}. Nothing was changed.")
        return 0
    if not host_config.is_ours(there) and change is None:
        msg = f"{path} was not touched: the server called {name!r} there is not this one"
        raise SettingsError(msg)
    change = change or Change()
    raw = _before(host, found, name, change)
    backup = Path(change.backup) if change.backup else None
    try:
        if raw is None:
            files.remove(found.real, change.directories)
        else:
            files.write(found.real, raw, like=found.real)
        if backup is not None and backup.exists() and backup.read_bytes() == raw:
            backup.unlink()
            backup = None
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}. Nothing was changed"
        raise SettingsError(msg) from None
    record.set(found.real, name, None)
    gone = (
        "The file, which was made for it, is gone too."
        if raw is None
        else "The rest of the file is as it was."
    )
    say(f"Took the server {name!r} for {host.title} out of {path}. {gone}")
    if backup is not None and backup.exists():
        say(f"The file was changed since it was added; as it was before that: {backup}")
    return 0


def _before(host: Host, found: files.Found, name: str, change: Change) -> bytes | None:
    """Return the file as it is to be without the entry; None where it is to be gone."""
    assert found.raw is not None  # noqa: S101 - whoever calls has looked
    if change.after == digest(found.raw):
        if change.created:
            return None
        backup = Path(change.backup)
        if backup.is_file():
            return backup.read_bytes()
    try:
        text = host_config.without_entry(host, found.text, name, change.made)
    except SettingsError as error:
        raise refusal(found.path, error) from None
    is_bare = not text.strip() if host.toml else re.fullmatch(r"\s*\{\s*\}\s*", text) is not None
    return None if change.created and is_bare else found.encoded(text)

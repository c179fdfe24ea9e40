"""Backups of the files of hosts, next to them."""

from __future__ import annotations

import re
from pathlib import Path

from dockerhub_mcp.install.editors import files
from dockerhub_mcp.install.secrets import holds_secret

_SUFFIX = re.compile(r"\.dockerhub-mcp(?:-\d+)?\.bak")


def find_backups(path: Path) -> list[Path]:
    """Return the backups of a file that earlier installations left."""
    try:
        names = sorted(each.name for each in path.parent.iterdir())
    except OSError:
        return []
    return [
        path.with_name(name)
        for name in names
        if name.startswith(path.name) and _SUFFIX.fullmatch(name[len(path.name) :])
    ]


def create_backup(snapshot: files.FileSnapshot, *, is_private: bool = False) -> Path:
    """Copy a file to a new name next to it, without overwriting an earlier backup, and return the path.

    A copy that holds a secret, of whichever server, is for its owner only.

    Args:
        snapshot: The file.
        is_private: Whether it is known to hold a secret, even if none is recognized.
    """
    assert snapshot.raw_bytes is not None  # noqa: S101 - checked by the caller
    mode = 0o600 if is_private or holds_secret(snapshot.text) else None
    number = 0
    while True:
        backup = snapshot.real_path.with_name(
            f"{snapshot.real_path.name}.dockerhub-mcp{f'-{number}' if number else ''}.bak"
        )
        if not backup.exists():
            files.write_atomically(
                backup, snapshot.raw_bytes, copy_metadata_from=snapshot.real_path, mode=mode
            )
            return backup
        number += 1

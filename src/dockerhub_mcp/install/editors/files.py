"""Read and atomically replace the files of hosts, keeping their byte order mark, mode, owner and links."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dockerhub_mcp.config import SettingsError

BOM = "\ufeff"


@dataclass(slots=True)
class FileSnapshot:
    """A file as it was read.

    Attributes:
        path: The path as it was named.
        real_path: The path with links resolved, which is written to.
        raw_bytes: The content; None if the file does not exist.
        bom: The byte order mark, or an empty text.
        text: The content without it.
    """

    path: Path
    real_path: Path
    raw_bytes: bytes | None
    bom: str = ""
    text: str = ""

    def encode_text(self, text: str) -> bytes:
        """Return a new text as bytes, with the byte order mark that the file had."""
        return (self.bom + text).encode()


def read_snapshot(path: Path) -> FileSnapshot:
    """Read a file that may not exist.

    Raises:
        SettingsError: The file cannot be read or written, or is not UTF-8.
    """
    real_path = Path(os.path.realpath(path))
    try:
        raw_bytes = real_path.read_bytes()
        mode = real_path.stat().st_mode
    except FileNotFoundError:
        return FileSnapshot(path, real_path, None)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}. Nothing was changed"
        raise SettingsError(msg) from None
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(real_path, os.W_OK):
        msg = (
            f"{path} is read-only, and was not touched. Make it writable, or add the entry by hand as "
            "--print shows it"
        )
        raise SettingsError(msg)
    try:
        text = raw_bytes.decode()
    except UnicodeDecodeError as error:
        msg = (
            f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8, or add the entry by hand as "
            "--print shows it"
        )
        raise SettingsError(msg) from None
    bom = BOM if text.startswith(BOM) else ""
    return FileSnapshot(path, real_path, raw_bytes, bom, text.removeprefix(BOM))


def create_parent_directories(path: Path) -> list[str]:
    """Create the missing parent directories of a file, and return them, the outermost first."""
    missing: list[Path] = []
    parent = path.parent
    while not parent.exists():
        missing.insert(0, parent)
        parent = parent.parent
    created: list[str] = []
    try:
        for directory in missing:
            directory.mkdir()
            created.append(str(directory))
    except OSError:
        remove_empty_directories(created)
        raise
    return created


def write_atomically(
    path: Path, content: bytes, *, copy_metadata_from: Path | None = None, mode: int = 0o600
) -> None:
    """Write a file so that other programs read either the old content or the new one.

    Args:
        path: The file. A link would be replaced, so pass its target.
        content: The new content.
        copy_metadata_from: A file to copy the mode and owner from.
        mode: The mode without such a file.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if copy_metadata_from is not None:
            original = copy_metadata_from.stat()
            if hasattr(os, "chown"):
                with contextlib.suppress(PermissionError):  # only a superuser may change the owner
                    os.chown(name, original.st_uid, original.st_gid)
            mode = stat.S_IMODE(original.st_mode)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def create_backup(snapshot: FileSnapshot) -> Path:
    """Copy a file to a new name next to it, without overwriting an earlier backup, and return the path."""
    assert snapshot.raw_bytes is not None  # noqa: S101 - checked by the caller
    number = 0
    while True:
        backup = snapshot.real_path.with_name(
            f"{snapshot.real_path.name}.dockerhub-mcp{f'-{number}' if number else ''}.bak"
        )
        if not backup.exists():
            write_atomically(backup, snapshot.raw_bytes, copy_metadata_from=snapshot.real_path)
            return backup
        number += 1


def remove_file(path: Path, directories: list[str]) -> None:
    """Remove a file, and those of the directories created for it that are empty."""
    path.unlink()
    remove_empty_directories(directories)


def remove_empty_directories(directories: list[str]) -> None:
    """Remove directories, the innermost first, up to one that is not empty."""
    for directory in reversed(directories):
        try:
            Path(directory).rmdir()
        except OSError:
            return

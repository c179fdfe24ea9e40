"""Files of others: read with what is odd about them, written whole or not at all."""

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
    """A file as it is now."""

    path: Path
    """As it was named."""
    real_path: Path
    """What is written to, where links lead."""
    raw_bytes: bytes | None
    """None where there is no file."""
    bom: str = ""
    text: str = ""

    def encode_text(self, text: str) -> bytes:
        """Return the bytes that a new text makes, with the mark at the beginning that was there."""
        return (self.bom + text).encode()


def read_snapshot(path: Path) -> FileSnapshot:
    """Read a file that may not be there.

    Raises:
        SettingsError: It cannot be read, is no text, or must not be written.
    """
    real = Path(os.path.realpath(path))
    try:
        raw = real.read_bytes()
        mode = real.stat().st_mode
    except FileNotFoundError:
        return FileSnapshot(path, real, None)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}. Nothing was changed"
        raise SettingsError(msg) from None
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(real, os.W_OK):
        msg = f"{path} is read-only, and was not touched. Make it writable, or show the entry with --print"
        raise SettingsError(msg)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        msg = (
            f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8, or show the entry with --print"
        )
        raise SettingsError(msg) from None
    bom = BOM if text.startswith(BOM) else ""
    return FileSnapshot(path, real, raw, bom, text.removeprefix(BOM))


def create_parent_directories(path: Path) -> list[str]:
    """Make the directories that a file needs and return those that were not there, the outermost first."""
    missing: list[Path] = []
    parent = path.parent
    while not parent.exists():
        missing.insert(0, parent)
        parent = parent.parent
    made: list[str] = []
    try:
        for directory in missing:
            directory.mkdir()
            made.append(str(directory))
    except OSError:
        remove_empty_directories(made)
        raise
    return made


def write_atomically(
    path: Path, content: bytes, *, copy_metadata_from: Path | None = None, mode: int = 0o600
) -> None:
    """Write a file so that others see the old or the new, whole.

    Args:
        path: Where; a link is replaced, so give what it leads to.
        content: What.
        copy_metadata_from: A file whose mode and owner it gets.
        mode: Its mode otherwise.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if copy_metadata_from is not None:
            was = copy_metadata_from.stat()
            if hasattr(os, "chown"):
                with contextlib.suppress(PermissionError):  # who may not give it away keeps it
                    os.chown(name, was.st_uid, was.st_gid)
            mode = stat.S_IMODE(was.st_mode)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def create_backup(snapshot: FileSnapshot) -> Path:
    """Keep a copy beside a file that no earlier copy is lost for, and return where."""
    assert snapshot.raw_bytes is not None  # noqa: S101 - whoever calls has looked
    number = 0
    while True:
        kept = snapshot.real_path.with_name(
            f"{snapshot.real_path.name}.dockerhub-mcp{f'-{number}' if number else ''}.bak"
        )
        if not kept.exists():
            write_atomically(kept, snapshot.raw_bytes, copy_metadata_from=snapshot.real_path)
            return kept
        number += 1


def remove_file(path: Path, directories: list[str]) -> None:
    """Take a file away, and the directories that were made for it as far as they are empty."""
    path.unlink()
    remove_empty_directories(directories)


def remove_empty_directories(directories: list[str]) -> None:
    """Take directories away, the innermost first, up to one that something is in."""
    for directory in reversed(directories):
        try:
            Path(directory).rmdir()
        except OSError:
            return

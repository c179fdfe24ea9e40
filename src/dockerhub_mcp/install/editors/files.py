"""Read and atomically replace the files of hosts, keeping their byte order mark, mode, owner and links."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dockerhub_mcp.config import SettingsError

BOM = "\ufeff"
_FILE_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_MAX_FILE_BYTES = 64 * 1024**2
_MAX_ATTEMPTS = 20  # of a change to a file that another program keeps changing


class FileChangedError(Exception):
    """A file was changed between reading and replacing it; nothing was written."""


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

    @property
    def shown_path(self) -> str:
        """The path as it was named and, if it leads over a link, the path that is written to."""
        is_link = os.path.abspath(self.path) != str(self.real_path)  # noqa: PTH100 - keeps links
        return f"{self.path} (a link to {self.real_path})" if is_link else str(self.path)

    def encode_text(self, text: str) -> bytes:
        """Return a new text as bytes, with the byte order mark that the file had."""
        return (self.bom + text).encode()

    def is_current(self) -> bool:
        """Return whether the file still has the content that was read, or still does not exist."""
        try:
            return _read_regular_file(self.real_path) == self.raw_bytes
        except FileNotFoundError:
            return self.raw_bytes is None
        except OSError:
            return False


def read_snapshot(path: Path, *, for_writing: bool = True) -> FileSnapshot:
    """Read a file that may not exist.

    Args:
        path: The file.
        for_writing: Whether it is an error if the file cannot be written.

    Raises:
        SettingsError: It is no regular file, cannot be read or written, or is not UTF-8.
    """
    real_path = Path(os.path.realpath(path))
    try:
        check_file_kind(path)
        mode = real_path.stat().st_mode
        raw_bytes = _read_regular_file(real_path)
    except FileNotFoundError:
        return FileSnapshot(path, real_path, None)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}. Nothing was changed"
        raise SettingsError(msg) from None
    is_read_only = not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(
        real_path, os.W_OK
    )
    if for_writing and is_read_only:
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


def check_file_kind(path: Path) -> None:
    """Check that a path names a regular file, or none at all.

    Raises:
        SettingsError: It names something else, which could block or be a program's.
    """
    try:
        mode = path.stat().st_mode  # as it was named: the target of a link in /dev/fd may have no path
    except (OSError, ValueError):  # reported when the file is read
        return
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _FILE_KINDS if is_kind(mode)), "something else")
        msg = f"{path} is {kind}, not a regular file. Nothing was changed"
        raise SettingsError(msg)


def _read_regular_file(path: Path) -> bytes:
    """Return a file's content without waiting for a writer, should a named pipe have taken its place."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - of a descriptor
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "It is not a regular file")
        content = file.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return content


def repeat_until_unchanged(change_file: Callable[[], int], path: Path) -> int:
    """Read, change and replace a file, again if another program changed it meanwhile.

    Args:
        change_file: Does it once, and returns the exit code.
        path: The file, for the error message.

    Raises:
        SettingsError: The file changes all the time.
    """
    for _ in range(_MAX_ATTEMPTS):
        try:
            return change_file()
        except FileChangedError:
            continue
    msg = f"{path} was not touched: another program keeps changing it. Close that program, and try again"
    raise SettingsError(msg)


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


def replace_snapshot(snapshot: FileSnapshot, content: bytes, *, mode: int = 0o600) -> None:
    """Replace a file by new content, unless it has changed since it was read.

    Args:
        snapshot: The file as it was read.
        content: The new content.
        mode: The mode of a file that did not exist.

    Raises:
        FileChangedError: It has changed.
        OSError: It cannot be written.
    """
    path, exists = snapshot.real_path, snapshot.raw_bytes is not None
    try:
        write_atomically(
            path,
            content,
            copy_metadata_from=path if exists else None,
            mode=None if exists else mode,
            expected=snapshot,
        )
    except FileNotFoundError:
        if not snapshot.is_current() or not path.parent.is_dir():
            raise FileChangedError from None
        raise


def write_atomically(
    path: Path,
    content: bytes,
    *,
    copy_metadata_from: Path | None = None,
    mode: int | None = None,
    expected: FileSnapshot | None = None,
) -> None:
    """Write a file so that other programs read either the old content or the new one.

    Args:
        path: The file. A link would be replaced, so pass its target.
        content: The new content.
        copy_metadata_from: A file to copy the owner from, and the mode unless one is given.
        mode: The mode; by default that of the other file, or 0600.
        expected: What must still be there when the file is replaced.

    Raises:
        FileChangedError: Something else is there.
        OSError: The file cannot be written.
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
            mode = stat.S_IMODE(original.st_mode) if mode is None else mode
        Path(name).chmod(0o600 if mode is None else mode)
        if expected is None:
            Path(name).replace(path)
        else:
            _replace_expected(Path(name), expected)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _replace_expected(temporary: Path, expected: FileSnapshot) -> None:
    """Move a temporary file to the path of a file that must not have changed.

    Raises:
        FileChangedError: It has.
    """
    path = expected.real_path
    if not expected.is_current():
        raise FileChangedError
    if expected.raw_bytes is not None:
        temporary.replace(path)
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise FileChangedError from None
    except OSError:  # a file system without hard links
        temporary.replace(path)
    else:
        temporary.unlink()


def remove_snapshot(snapshot: FileSnapshot, directories: list[str]) -> None:
    """Remove a file, and those of the directories created for it that are empty.

    Raises:
        FileChangedError: The file has changed since it was read.
        OSError: It cannot be removed.
    """
    if not snapshot.is_current():
        raise FileChangedError
    remove_file(snapshot.real_path, directories)


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

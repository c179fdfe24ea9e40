"""Record what installations changed, so that removal can restore a file byte for byte."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dockerhub_mcp.install.editors import files

RECORD_FILENAME = "installed.json"


@dataclass(slots=True)
class EntryChange:
    """What the installation of one entry changed in one file.

    Attributes:
        created: Whether it created the file.
        backup: The path of the file's backup; empty without one.
        after: The digest of the file after it; empty if restoring the backup would lose an earlier entry.
        made: The keys that it added to hold entries.
        directories: The directories that it created, the outermost first.
        replaced: The name of the entry of docker/hub-mcp that it replaced; empty without one.
        replaced_backup: The path of the backup that has that entry.
        token_file: The path of the file that its token was moved to; empty without one.
    """

    created: bool = False
    backup: str = ""
    after: str = ""
    made: list[str] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)
    replaced: str = ""
    replaced_backup: str = ""
    token_file: str = ""

    def keep_origin(self, earlier: EntryChange, *, is_own: bool) -> None:
        """Keep how the file was before an earlier installation of the same entry.

        Args:
            earlier: What that installation changed.
            is_own: Whether its entry is still there, with what it replaced.
        """
        self.created, self.made, self.directories = earlier.created, earlier.made, earlier.directories
        if is_own:
            self.replaced, self.replaced_backup = earlier.replaced, earlier.replaced_backup
            self.token_file = earlier.token_file


def compute_digest(raw: bytes) -> str:
    """Return the SHA-256 digest of a file's content."""
    return hashlib.sha256(raw).hexdigest()


@dataclass(slots=True)
class InstallRecord:
    """The recorded changes.

    Attributes:
        directory: The directory of the record.
        changes: The changes, by the file's path and the entry's name.
        created_directories: The directories that were created for the record itself.
    """

    directory: Path
    changes: dict[str, dict[str, EntryChange]]
    created_directories: list[str] = field(default_factory=list)

    @classmethod
    def from_directory(cls, directory: Path) -> InstallRecord:
        """Read the record. One that cannot be read counts as empty: removal then edits the file instead."""
        changes: dict[str, dict[str, EntryChange]] = {}
        created: list[str] = []
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            data: Any = json.loads((directory / RECORD_FILENAME).read_text("utf-8"))
            for path, names in data["files"].items():
                changes[path] = {name: EntryChange(**change) for name, change in names.items()}
            created = data["made"]
        return cls(directory, changes, created)

    def get_change(self, path: Path, name: str) -> EntryChange | None:
        """Return the recorded change for an entry of a file, if there is one."""
        return self.changes.get(str(path), {}).get(name)

    def get_changes(self, path: Path) -> Mapping[str, EntryChange]:
        """Return the recorded changes to a file, by the names of the entries."""
        return self.changes.get(str(path), {})

    def set_change(self, path: Path, name: str, change: EntryChange | None) -> str:
        """Record a change, or remove it with None, and write the record.

        The record is read again first, since another installation may have written it.

        Returns:
            Why the record cannot be written; empty if it is.
        """
        current = InstallRecord.from_directory(self.directory)
        if current.changes:
            self.changes, self.created_directories = current.changes, current.created_directories
        names = self.changes.setdefault(str(path), {})
        names.pop(name, None)
        if change is not None:
            names[name] = change
        if not names:
            del self.changes[str(path)]
        try:
            self._write_file()
        except OSError as error:
            return error.strerror or type(error).__name__
        return ""

    def _write_file(self) -> None:
        record_file = self.directory / RECORD_FILENAME
        if self.changes:
            self.created_directories += files.create_parent_directories(record_file)
            data = {
                path: {name: dataclasses.asdict(change) for name, change in names.items()}
                for path, names in self.changes.items()
            }
            files.write_atomically(
                record_file,
                (json.dumps({"files": data, "made": self.created_directories}, indent=2) + "\n").encode(),
            )
        elif record_file.exists():
            files.remove_file(record_file, self.created_directories)

"""What an installation changed, remembered so that it can be taken back to the byte."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dockerhub_mcp.install.editors import files

RECORD_FILENAME = "installed.json"


@dataclass(slots=True)
class EntryChange:
    """How one entry came into one file."""

    created: bool = False
    """The file was not there before."""
    backup: str = ""
    after: str = ""
    """The digest of the file right after it; empty where going back to the backup would lose something."""
    made: list[str] = field(default_factory=list)
    """What was added to hold entries."""
    directories: list[str] = field(default_factory=list)


def compute_digest(raw: bytes) -> str:
    """Return what tells a file's content apart."""
    return hashlib.sha256(raw).hexdigest()


@dataclass(slots=True)
class InstallRecord:
    """All that was changed, by file and name."""

    directory: Path
    changes: dict[str, dict[str, EntryChange]]
    created_directories: list[str] = field(default_factory=list)
    """Directories that were made for the record itself."""

    @classmethod
    def from_directory(cls, directory: Path) -> InstallRecord:
        """Read what is remembered; what cannot be read is forgotten, and costs only exactness."""
        changes: dict[str, dict[str, EntryChange]] = {}
        made: list[str] = []
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            kept: Any = json.loads((directory / RECORD_FILENAME).read_text("utf-8"))
            for path, names in kept["files"].items():
                changes[path] = {name: EntryChange(**change) for name, change in names.items()}
            made = kept["made"]
        return cls(directory, changes, made)

    def get_change(self, path: Path, name: str) -> EntryChange | None:
        """Return how an entry came into a file, or None."""
        return self.changes.get(str(path), {}).get(name)

    def set_change(self, path: Path, name: str, change: EntryChange | None) -> None:
        """Remember or forget it, on disk too."""
        names = self.changes.setdefault(str(path), {})
        names.pop(name, None)
        if change is not None:
            names[name] = change
        if not names:
            del self.changes[str(path)]
        with contextlib.suppress(OSError):
            self._write_file()

    def _write_file(self) -> None:
        kept = self.directory / RECORD_FILENAME
        if self.changes:
            self.created_directories += files.create_parent_directories(kept)
            plain = {
                path: {name: dataclasses.asdict(change) for name, change in names.items()}
                for path, names in self.changes.items()
            }
            files.write_atomically(
                kept,
                (json.dumps({"files": plain, "made": self.created_directories}, indent=2) + "\n").encode(),
            )
        elif kept.exists():
            files.remove_file(kept, self.created_directories)

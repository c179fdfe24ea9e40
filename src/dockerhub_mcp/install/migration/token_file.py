"""Move a token that was in clear to a file of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.install.editors import files


@dataclass(slots=True)
class TokenFile:
    """A file for a token.

    Attributes:
        path: The file.
        secret: The token.
        directories: The directories that were created for it, the outermost first.
    """

    path: Path
    secret: str = field(repr=False)
    directories: list[str] = field(default_factory=list)

    def check(self) -> bool:
        """Return whether the file has to be created.

        Raises:
            SettingsError: It has another content, or cannot be read.
        """
        files.check_file_kind(self.path)
        try:
            content = self.path.read_text("utf-8", "replace")
        except FileNotFoundError:
            return True
        except OSError as error:
            msg = f"{self.path} cannot be read: {error.strerror}. Nothing was changed"
            raise SettingsError(msg) from None
        if content.strip() != self.secret:
            msg = (
                f"--token-file {self.path} exists and has not the token of the old entry; it is never "
                "overwritten. Name another file; or remove the token from the old entry, to use the one in "
                "the file. Nothing was changed"
            )
            raise SettingsError(msg)
        return False

    def create(self) -> None:
        """Create the file, readable by its owner only.

        Raises:
            SettingsError: It cannot be created, or exists.
        """
        try:
            self.directories = files.create_parent_directories(self.path)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(f"{self.secret}\n")
        except OSError as error:
            msg = f"--token-file {self.path} cannot be created: {error.strerror}. Nothing was changed"
            raise SettingsError(msg) from None

    def remove(self) -> None:
        """Remove the file and its directories again, after the host's file could not be written."""
        files.remove_file(self.path, self.directories)

"""Where a new secret goes: into a file that only its owner can read, rather than into the conversation."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Slot:
    """A file that waits for a secret, made before the secret is, so that it cannot be lost."""

    path: Path

    def fill(self, secret: str) -> None:
        """Write the secret, one line."""
        with self.path.open("w", encoding="utf-8") as file:
            file.write(f"{secret}\n")
            file.flush()
            os.fsync(file.fileno())

    def discard(self) -> None:
        """Remove the file; there was no secret after all."""
        self.path.unlink(missing_ok=True)


def reserve(directory: Path, label: str) -> Slot:
    """Make an empty file of mode 0600 that is named after a label.

    Raises:
        OSError: The directory cannot be written to.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", label).strip("-.")[:60] or "token"
    path = directory / f"{name}-{secrets.token_hex(4)}"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return Slot(path)

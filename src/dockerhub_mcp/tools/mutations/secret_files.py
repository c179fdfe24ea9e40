"""Where a new secret goes: into a file that only its owner can read, rather than into the conversation."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

_RESERVED_BYTES = 1024  # bytes, more than any of Docker's tokens is long


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A file that waits for a secret, made before the secret is, so that it cannot be lost."""

    path: Path

    def write_secret(self, secret: str) -> None:
        """Write the secret over the room that was kept for it, one line.

        Raises:
            OSError: The disk does not take it after all.
        """
        with self.path.open("r+b") as file:
            file.write(f"{secret}\n".encode())
            file.truncate()
            file.flush()
            os.fsync(file.fileno())

    def delete(self) -> None:
        """Remove the file; there was no secret after all."""
        self.path.unlink(missing_ok=True)


def create_secret_file(directory: Path, label: str) -> SecretFile:
    """Make a file of mode 0600 that is named after a label, with room for a secret in it.

    Raises:
        OSError: The directory cannot be written to, or the disk is full.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", label).strip("-.")[:60] or "token"
    path = directory / f"{name}-{secrets.token_hex(4)}"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(fd, b" " * _RESERVED_BYTES)
        os.fsync(fd)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)
    return SecretFile(path)

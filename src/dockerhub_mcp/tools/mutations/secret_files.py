"""Files for new secrets, readable by their owner only, which keep secrets out of the conversation."""

from __future__ import annotations

import errno
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from dockerhub_mcp.hub import HubError

_RESERVED_BYTES = 1024  # longer than any Docker token


class SecretNotStored(HubError):
    """A new secret could not be stored, so it was not created."""


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A file with reserved space for a secret, created before the secret so that it cannot be lost."""

    path: Path

    def write_secret(self, secret: str) -> None:
        """Write the secret as one line over the reserved space.

        Raises:
            OSError: The secret cannot be written.
        """
        with self.path.open("r+b") as file:
            file.write(f"{secret}\n".encode())
            file.truncate()
            file.flush()
            os.fsync(file.fileno())

    def delete(self) -> None:
        """Delete the file, because no secret was created."""
        self.path.unlink(missing_ok=True)


def create_secret_file(directory: Path, label: str) -> SecretFile:
    """Create a file with mode 0600 and reserved space, named after a label.

    Raises:
        OSError: The directory cannot be written to, or the disk is full.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", label).strip("-.")[:60] or "token"
    path = directory / f"{name}-{secrets.token_hex(4)}"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _reserve_space(fd)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)
    return SecretFile(path)


def _reserve_space(fd: int) -> None:
    """Write the reserved space, which a full disk may take in part only."""
    if os.write(fd, b" " * _RESERVED_BYTES) < _RESERVED_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(fd)

"""The audit log: one JSON line for each mutation, with the actor, the change, the time and the outcome.

It contains no secrets and no free text such as descriptions.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class AuditLog:
    """Appends JSON lines to a file that only its owner can read.

    Raises:
        OSError: The file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def append_entry(self, **fields: Any) -> None:
        """Append a line in a single write, so that lines of several servers do not interleave.

        Raises:
            OSError: The line cannot be written.
        """
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"), **fields}
        os.write(self._fd, (json.dumps(line, ensure_ascii=False) + "\n").encode())
        os.fsync(self._fd)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

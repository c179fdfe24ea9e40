"""Secrets from the environment, or from files that may change while the program runs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from dockerhub_mcp.hub.auth.secret_checks import check_secret
from dockerhub_mcp.hub.errors import CredentialError
from dockerhub_mcp.hub.files import (
    FileTimeoutError,
    FileWorker,
    describe_read_error,
    get_file_version,
    is_inherited,
    read_file,
)

logger = logging.getLogger(__name__)

OnRead = Callable[[str], None]
"""Called with each secret as soon as it is read, before it is checked."""

CheckValue = Callable[[str, str], None]
"""Raises a CredentialError for a value that cannot be what it should be, given the name of its source."""


class StaticSecret:
    """A secret given as text."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    def read_text(self) -> str:
        """Return the text without surrounding white space."""
        return self.value.strip()

    async def fetch_text(self) -> str:
        """Return the text without surrounding white space."""
        return self.read_text()

    async def get_version(self) -> object:
        """Return a value that changes with the text."""
        return self.value


class FileSecret:
    """A secret in a file, read again when the file changes.

    Attributes:
        path: The file.
        variable: The environment variable that names it, for error messages.
        check: Raises an error for a text that cannot be used.
        on_read: Called with each text that is read.
    """

    __slots__ = ("_version", "_worker", "check", "on_read", "path", "variable")

    def __init__(
        self, path: Path, variable: str, check: CheckValue = check_secret, on_read: OnRead | None = None
    ) -> None:
        self.path = path
        self.variable = variable
        self.check = check
        self.on_read = on_read
        self._worker = FileWorker()
        self._version: object = None  # when the file was last looked at

    async def fetch_text(self) -> str:
        """Return the text of the file without surrounding white space, without blocking the event loop.

        Raises:
            CredentialError: As `read_text` does, or the file cannot be read in time.
        """
        try:
            return await self._worker.run(self.read_text)
        except FileTimeoutError as error:
            raise self._unreadable_error(error) from None

    def preload(self) -> None:
        """Read the file if it is a regular one, so that `on_read` knows its secret.

        Blocks for two seconds at most. A failure is reported by the call that needs the secret.
        """

        def read_regular_file() -> None:
            if self.path.is_file():
                self.read_text()

        with suppress(FileTimeoutError, CredentialError):
            self._worker.run_blocking(read_regular_file)

    def read_text(self) -> str:
        """Return the text of the file without surrounding white space.

        Raises:
            CredentialError: The file cannot be read or is empty, or its text cannot be used.
        """
        text = self._read_file()
        self.check(text, f"The file that {self.variable} names, {self.path},")
        return text

    def check_content(self) -> None:
        """Check the text of the file; a file that cannot be read yet, or not in time, is no error.

        Raises:
            CredentialError: The text cannot be used.
        """
        try:
            # A pipe of this process is worth the wait: it is read now or never.
            run = self._read_file if is_inherited(self.path) else self._read_file_in_time
            text = run()
        except (CredentialError, FileTimeoutError):
            return
        self.check(text, f"The file that {self.variable} names, {self.path},")

    def _read_file_in_time(self) -> str:
        return self._worker.run_blocking(self._read_file)

    def _read_file(self) -> str:
        try:
            text = read_file(self.path).decode("utf-8-sig").strip()
        except (OSError, ValueError) as error:
            raise self._unreadable_error(error) from None
        if not text:
            what = f"The file that {self.variable} names, {self.path}, is empty."
            raise CredentialError(what, remedy="Write the secret into it, one line.")
        if self.on_read is not None:
            self.on_read(text)
        return text

    def _unreadable_error(self, error: Exception) -> CredentialError:
        reason = describe_read_error(error)
        what = f"The file that {self.variable} names, {self.path}, cannot be read: {reason}."
        return CredentialError(what, remedy="Check the path and its permissions.")

    async def get_version(self) -> object:
        """Return a value that changes when the file is written or replaced; unchanged while it hangs."""
        try:
            self._version = await self._worker.run(partial(get_file_version, self.path))
        except FileTimeoutError as error:
            logger.debug(
                "a file cannot be looked at", extra={"path": str(self.path), "reason": error.strerror}
            )
        return self._version


SecretSource = StaticSecret | FileSecret

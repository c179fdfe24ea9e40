"""Credentials and their sources: the environment, or files that may change while the program runs."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

from dockerhub_mcp.hub.auth.secret_checks import check_header_token, check_name, check_secret
from dockerhub_mcp.hub.errors import CredentialError
from dockerhub_mcp.hub.files import (
    FileTimeoutError,
    FileWorker,
    describe_read_error,
    get_file_version,
    is_inherited,
    read_file,
)

if TYPE_CHECKING:
    from dockerhub_mcp.hub.auth.stored_session import StoredSession

logger = logging.getLogger(__name__)

OnRead = Callable[[str], None]
"""Called with each secret as soon as it is read, before it is checked."""

CheckValue = Callable[[str, str], None]
"""Raises a CredentialError for a value that cannot be what it should be, given the name of its source."""

# The first variable that is set wins; each may be given with the suffix _FILE.
USERNAME_VARIABLES = ("DOCKERHUB_USERNAME", "DOCKER_USERNAME")
SECRET_VARIABLES = ("DOCKERHUB_TOKEN", "HUB_PAT_TOKEN", "DOCKER_PAT", "DOCKER_PASSWORD")
SCIM_TOKEN_VARIABLE = "DOCKERHUB_SCIM_TOKEN"


@dataclass(frozen=True, slots=True)
class StaticSecret:
    """A secret given as text."""

    value: str = field(repr=False)

    def read_text(self) -> str:
        """Return the text without surrounding white space."""
        return self.value.strip()

    async def fetch_text(self) -> str:
        """Return the text without surrounding white space."""
        return self.read_text()

    async def get_version(self) -> object:
        """Return a value that changes with the text."""
        return self.value


@dataclass(slots=True, eq=False)
class _FileAccess:
    """The thread that reads a file, and the version of the file when it was last looked at."""

    worker: FileWorker = field(default_factory=FileWorker)
    version: object = None


@dataclass(frozen=True, slots=True)
class FileSecret:
    """A secret in a file, read again when the file changes.

    Attributes:
        path: The file.
        variable: The environment variable that names it, for error messages.
        check: Raises an error for a text that cannot be used.
        on_read: Called with each text that is read.
    """

    path: Path
    variable: str
    check: CheckValue = field(default=check_secret, compare=False)
    on_read: OnRead | None = field(default=None, compare=False, repr=False)
    _access: _FileAccess = field(default_factory=_FileAccess, init=False, compare=False, repr=False)

    async def fetch_text(self) -> str:
        """Return the text of the file without surrounding white space, without blocking the event loop.

        Raises:
            CredentialError: As `read_text` does, or the file cannot be read in time.
        """
        try:
            return await self._access.worker.run(self.read_text)
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
            self._access.worker.run_blocking(read_regular_file)

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
        return self._access.worker.run_blocking(self._read_file)

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
        access = self._access
        try:
            access.version = await access.worker.run(partial(get_file_version, self.path))
        except FileTimeoutError as error:
            logger.debug(
                "a file cannot be looked at", extra={"path": str(self.path), "reason": error.strerror}
            )
        return access.version


SecretSource = StaticSecret | FileSecret


class CredentialSource(Protocol):
    """A source of credentials, which may have to be looked up and may change."""

    @property
    def source_name(self) -> str:
        """The place that the credentials come from, for messages; never a secret."""

    @property
    def is_docker_login(self) -> bool:
        """Whether `docker login` stores these credentials, and so can correct them."""

    @property
    def is_absent(self) -> bool:
        """Whether the last lookup found no credentials."""

    async def get_version(self) -> object:
        """Return a value that changes when the credentials may have changed.

        It is called before every request, so it must be cheap.
        """

    async def refresh(self, *, force: bool = False) -> object:
        """Look the credentials up where they are stale, and return their version.

        Args:
            force: Look them up even where they are fresh.

        Raises:
            CredentialError: The lookup failed.
        """

    async def username_and_secret(self) -> tuple[str, str]:
        """Return the username and the secret.

        Raises:
            CredentialError: They cannot be read.
        """

    def mark_rejected(self) -> None:
        """Record that the Hub rejected the credentials."""

    def get_session(self) -> StoredSession | None:
        """Return the session that is used in place of the username and secret while it is valid, if any."""

    def reject_session(self, token: str) -> None:
        """Record that the Hub rejected the token of a session."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A username and a secret; for an organization access token the organization's name."""

    name: SecretSource
    secret: SecretSource
    source_name: str = field(default="", compare=False)

    is_docker_login: ClassVar[bool] = False
    is_absent: ClassVar[bool] = False

    @classmethod
    def from_strings(cls, name: str, secret: str) -> Credentials:
        """Create credentials from plain strings."""
        return cls(StaticSecret(name), StaticSecret(secret))

    async def get_version(self) -> object:
        """Return a value that changes with the username or the secret."""
        return await self.name.get_version(), await self.secret.get_version()

    async def refresh(self, *, force: bool = False) -> object:  # noqa: ARG002 - needs no lookup
        """Return the version."""
        return await self.get_version()

    async def username_and_secret(self) -> tuple[str, str]:
        """Return the username and the secret.

        Raises:
            CredentialError: A file cannot be read or is empty.
        """
        return await self.name.fetch_text(), await self.secret.fetch_text()

    def mark_rejected(self) -> None:
        """Do nothing: these credentials change only in the environment or the file."""

    def get_session(self) -> StoredSession | None:
        """Return None: only Docker stores sessions."""
        return None

    def reject_session(self, token: str) -> None:
        """Do nothing: there is no session."""

    def check_content(self) -> None:
        """Check the texts of the files that hold the name and the secret, as far as they can be read.

        Raises:
            CredentialError: A text cannot be used.
        """
        for source in (self.name, self.secret):
            if isinstance(source, FileSecret):
                source.check_content()


def find_credentials(environment: Mapping[str, str], *, on_read: OnRead | None = None) -> Credentials | None:
    """Return the credentials that the environment names, or None.

    Args:
        environment: The environment variables.
        on_read: Called with the secret, each time that it is read.

    Raises:
        CredentialError: A variable is set in both forms or to a value that cannot be used, or only one of
            username and secret is set.
    """
    name = _find_first_secret(environment, USERNAME_VARIABLES, check_name)
    secret = _find_first_secret(environment, SECRET_VARIABLES, check_secret, on_read)
    if name and secret:
        return Credentials(name[1], secret[1], source_name=f"{name[0]} and {secret[0]}")
    if secret:
        what = f"{secret[0]} is set, but no user name is."
        remedy = (
            "Set DOCKERHUB_USERNAME to the Docker ID, or to the organization's name for its access token."
        )
        raise CredentialError(what, remedy=remedy)
    if name and name[0].startswith("DOCKERHUB_"):
        what = f"{name[0]} is set, but no token is."
        raise CredentialError(what, remedy="Set DOCKERHUB_TOKEN or DOCKERHUB_TOKEN_FILE, or unset the name.")
    return None


def find_scim_token(environment: Mapping[str, str], *, on_read: OnRead | None = None) -> SecretSource | None:
    """Return the SCIM token that the environment names, or None.

    Args:
        environment: The environment variables.
        on_read: Called with the token, each time that it is read.

    Raises:
        CredentialError: It is set in both forms, or cannot stand in a header.
    """
    found = _find_first_secret(environment, (SCIM_TOKEN_VARIABLE,), check_header_token, on_read)
    return found[1] if found else None


def _find_first_secret(
    environment: Mapping[str, str],
    names: tuple[str, ...],
    check: CheckValue,
    on_read: OnRead | None = None,
) -> tuple[str, SecretSource] | None:
    for name in names:
        value, path = environment.get(name, "").strip(), environment.get(f"{name}_FILE", "").strip()
        if value and path:
            what = f"{name} and {name}_FILE are both set."
            raise CredentialError(what, remedy="Unset one of them.")
        if value:
            if on_read is not None:
                on_read(value)
            check(value, name)
            return name, StaticSecret(value)
        if path:
            return f"{name}_FILE", FileSecret(expand_home(path), f"{name}_FILE", check, on_read)
    return None


def expand_home(path: str | Path) -> Path:
    """Return a path with its tilde expanded; a tilde of an unknown user is left as it is."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises for an unknown user

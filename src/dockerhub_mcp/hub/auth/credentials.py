"""Where a secret comes from: the environment, or a file that may be replaced while the program runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

from dockerhub_mcp.hub.errors import CredentialError

# The first name that is set wins; each may have _FILE behind it.
USERNAME_VARIABLES = ("DOCKERHUB_USERNAME", "DOCKER_USERNAME")
SECRET_VARIABLES = ("DOCKERHUB_TOKEN", "HUB_PAT_TOKEN", "DOCKER_PAT", "DOCKER_PASSWORD")


@dataclass(frozen=True, slots=True)
class StaticSecret:
    """A text that is known already."""

    value: str = field(repr=False)

    def read_text(self) -> str:
        """Return the text without the white space around it."""
        return self.value.strip()

    def get_version(self) -> object:
        """Return what changes when the text does."""
        return self.value


@dataclass(frozen=True, slots=True)
class FileSecret:
    """A text in a file, read again when the file changes."""

    path: Path
    variable: str

    def read_text(self) -> str:
        """Return the file's text without the white space around it.

        Raises:
            CredentialError: The file cannot be read or is empty.
        """
        try:
            text = self.path.read_text("utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            what = f"The file that {self.variable} names, {self.path}, cannot be read: {reason}."
            raise CredentialError(what, remedy="Check the path and its permissions.") from None
        if not text:
            what = f"The file that {self.variable} names, {self.path}, is empty."
            raise CredentialError(what, remedy="Write the secret into it, one line.")
        return text

    def get_version(self) -> object:
        """Return what changes when the file is written or replaced."""
        return get_file_version(self.path)


SecretSource = StaticSecret | FileSecret


class CredentialSource(Protocol):
    """Who a client is to be, as far as that is known: it may have to be looked for, and may change."""

    @property
    def source_name(self) -> str:
        """Where it comes from, for people; never a secret."""

    @property
    def is_docker_login(self) -> bool:
        """Whether it is what `docker login` leaves behind, and so is mended by that."""

    @property
    def is_absent(self) -> bool:
        """Whether it was looked for and there is none."""

    def get_version(self) -> object:
        """Return what changes when it may have changed; cheap, for it is asked before every call."""

    async def refresh(self, *, force: bool = False) -> object:
        """Look for it, in any case where it is wanted `anew`; return its version.

        Raises:
            CredentialError: It cannot be looked for.
        """

    def username_and_secret(self) -> tuple[str, str]:
        """Return the name and the secret.

        Raises:
            CredentialError: They cannot be read.
        """

    def mark_rejected(self) -> None:
        """Take it that the Hub does not accept it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and a secret; the organization's name where the secret is its access token."""

    name: SecretSource
    secret: SecretSource
    source_name: str = field(default="", compare=False)

    is_docker_login: ClassVar[bool] = False
    is_absent: ClassVar[bool] = False

    @classmethod
    def from_strings(cls, name: str, secret: str) -> Credentials:
        """Make credentials of plain texts."""
        return cls(StaticSecret(name), StaticSecret(secret))

    def get_version(self) -> object:
        """Return what changes when either does."""
        return self.name.get_version(), self.secret.get_version()

    async def refresh(self, *, force: bool = False) -> object:  # noqa: ARG002 - there is nothing to look for
        """Return the version."""
        return self.get_version()

    def username_and_secret(self) -> tuple[str, str]:
        """Return the name and the secret.

        Raises:
            CredentialError: A file cannot be read or is empty.
        """
        return self.name.read_text(), self.secret.read_text()

    def mark_rejected(self) -> None:
        """Do nothing: they are what they are until somebody changes them."""


def find_credentials(environment: Mapping[str, str]) -> Credentials | None:
    """Find the credentials that the environment names, or None.

    Raises:
        CredentialError: A variable is set in both forms, or only one of name and secret is set.
    """
    name = _find_first_secret(environment, USERNAME_VARIABLES)
    secret = _find_first_secret(environment, SECRET_VARIABLES)
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


def find_scim_token(environment: Mapping[str, str]) -> SecretSource | None:
    """Find the SCIM token that the environment names, or None.

    Raises:
        CredentialError: It is set in both forms.
    """
    found = _find_first_secret(environment, ("DOCKERHUB_SCIM_TOKEN",))
    return found[1] if found else None


def _find_first_secret(
    environment: Mapping[str, str], names: tuple[str, ...]
) -> tuple[str, SecretSource] | None:
    for name in names:
        value, path = environment.get(name, "").strip(), environment.get(f"{name}_FILE", "").strip()
        if value and path:
            what = f"{name} and {name}_FILE are both set, and only one can be meant."
            raise CredentialError(what, remedy="Unset one of them.")
        if value:
            return name, StaticSecret(value)
        if path:
            return f"{name}_FILE", FileSecret(expand_home(path), f"{name}_FILE")
    return None


def get_file_version(path: Path) -> object:
    """Return what changes when a file is written or replaced; None where there is none."""
    try:
        stat = os.stat(path)  # noqa: PTH116 - this is asked before every call
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def expand_home(path: str | Path) -> Path:
    """Return a path with the home directory in place of a tilde; a user who does not exist is no error."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser fails there

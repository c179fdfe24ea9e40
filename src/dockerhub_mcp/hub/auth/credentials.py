"""Credentials and their sources: the environment, or files that may change while the program runs."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

from dockerhub_mcp.hub.auth.secret_checks import check_header_token, check_name, check_secret
from dockerhub_mcp.hub.auth.secret_sources import CheckValue, FileSecret, OnRead, SecretSource, StaticSecret
from dockerhub_mcp.hub.errors import CredentialError

if TYPE_CHECKING:
    from dockerhub_mcp.hub.auth.stored_session import StoredSession
    from dockerhub_mcp.hub.redaction import Redactor

logger = logging.getLogger(__name__)

# The first variable that is set wins; each may be given with the suffix _FILE.
USERNAME_VARIABLES = ("DOCKERHUB_USERNAME", "HUB_USERNAME", "DOCKER_USERNAME")
SECRET_VARIABLES = ("DOCKERHUB_TOKEN", "HUB_PAT_TOKEN", "DOCKER_PAT", "DOCKER_PASSWORD")
SCIM_TOKEN_VARIABLE = "DOCKERHUB_SCIM_TOKEN"
_OWN_PREFIX = "DOCKERHUB_"  # of variables that only this program reads; others may be set for other programs
_NAME_REMEDY = (
    "Set DOCKERHUB_USERNAME or --username to the Docker ID, or to the organization's name for its access "
    "token."
)


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

    @property
    def has_secret(self) -> bool:
        """Whether the last lookup found a name and a secret, rather than a session alone."""

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


class Credentials:
    """A username and a secret; for an organization access token the organization's name."""

    __slots__ = ("name", "secret", "source_name")

    is_docker_login: ClassVar[bool] = False
    is_absent: ClassVar[bool] = False
    has_secret: ClassVar[bool] = True

    def __init__(self, name: SecretSource, secret: SecretSource, source_name: str = "") -> None:
        self.name = name
        self.secret = secret
        self.source_name = source_name

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

    A variable of another program that is set without its counterpart names no account; for a secret,
    `find_unnamed_secret` tells so.

    Raises:
        CredentialError: A variable is set in both forms or to a value that cannot be used, or only one of
            username and secret is set in a variable of this program.
    """
    name = _find_first_secret(environment, USERNAME_VARIABLES, check_name)
    secret = _find_first_secret(environment, SECRET_VARIABLES, check_secret, on_read)
    if name and secret:
        return Credentials(name[1], secret[1], source_name=f"{name[0]} and {secret[0]}")
    if secret and secret[0].startswith(_OWN_PREFIX):
        what = f"{secret[0]} is set, but no user name is."
        raise CredentialError(what, remedy=_NAME_REMEDY)
    if name and name[0].startswith(_OWN_PREFIX):
        what = f"{name[0]} is set, but no token is."
        raise CredentialError(what, remedy="Set DOCKERHUB_TOKEN or DOCKERHUB_TOKEN_FILE, or unset the name.")
    return None


def find_unnamed_secret(environment: Mapping[str, str]) -> str:
    """Return the variable of a secret that cannot be used, because no user name is set; empty for none.

    Docker's own server starts so as well, and calls the Hub anonymously.

    Raises:
        CredentialError: As `find_credentials` does.
    """
    if find_credentials(environment) is not None:
        return ""
    found = _find_first_secret(environment, SECRET_VARIABLES, check_secret)
    return found[0] if found else ""


def explain_unnamed_secret(variable: str) -> CredentialError:
    """Return what is wrong with a secret without a user name, and what to do."""
    what = f"{variable} is set, but no user name is, so calls are anonymous."
    return CredentialError(what, remedy=_NAME_REMEDY)


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


async def read_checked_secret(credentials: CredentialSource, redactor: Redactor) -> tuple[str, str]:
    """Return the username and the secret of a source, each of a form that can be sent.

    Args:
        credentials: The source.
        redactor: Learns the secret, before a check fails and is reported.

    Raises:
        CredentialError: They cannot be read, or cannot be sent.
    """
    name, secret = await credentials.username_and_secret()
    redactor.add_secret(secret)
    origin = f" of {credentials.source_name}" if credentials.source_name else ""
    check_name(name, f"The user name{origin}")
    check_secret(secret, f"The secret{origin}")
    return name, secret


def expand_home(path: str | Path) -> Path:
    """Return a path with its tilde expanded; a tilde of an unknown user is left as it is."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises for an unknown user

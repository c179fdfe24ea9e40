"""The login that Docker stores on this machine, as a source of credentials.

The lookup is lazy: no file is read and no helper runs before a call needs an account. Its result is cached,
and refreshed when `config.json` changes, after a few minutes, and soon after the Hub rejected it.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from dockerhub_mcp.hub.auth import credential_helper
from dockerhub_mcp.hub.auth.credential_helper import HelperEnvironment
from dockerhub_mcp.hub.auth.credentials import expand_home
from dockerhub_mcp.hub.auth.docker_config import (
    HelperLookup,
    LoginServer,
    StoredLogin,
    find_login,
    find_session,
)
from dockerhub_mcp.hub.auth.stored_session import StoredSession
from dockerhub_mcp.hub.errors import CredentialError
from dockerhub_mcp.hub.files import (
    FileTimeoutError,
    FileWorker,
    describe_read_error,
    get_file_version,
    read_file,
)

T = TypeVar("T")

logger = logging.getLogger(__name__)

AUTH_CONFIG_VARIABLE = "DOCKER_AUTH_CONFIG"
_MAX_CONFIG_BYTES = 4 * 1024**2

# Seconds until the next lookup, by the result of the last one.
_FOUND_TTL = 300.0  # a helper does not report when a login changes
_MISSING_TTL = 60.0
_ERROR_TTL = 300.0  # a helper that prompts the user must not do so all the time
_CHECK_INTERVAL = 1.0  # seconds between two looks at the file
_REJECTED_TTL = 60.0


@dataclass(frozen=True, slots=True)
class DockerConfig:
    """The configuration in which Docker stores logins.

    Attributes:
        path: The path of `config.json`.
        server: The server to look up.
        helper_environment: The environment to find helpers and run them in.
        auth_config: The text of DOCKER_AUTH_CONFIG, which takes precedence over the file; usually empty.
        helper_timeout: Seconds that a helper may take.
    """

    path: Path
    server: LoginServer
    helper_environment: HelperEnvironment
    auth_config: str = field(default="", repr=False)
    helper_timeout: float = credential_helper.HELPER_TIMEOUT

    @classmethod
    def from_environment(
        cls,
        environment: Mapping[str, str],
        server: LoginServer,
        *,
        helper_timeout: float = credential_helper.HELPER_TIMEOUT,
    ) -> DockerConfig:
        """Return the configuration that the environment selects, as Docker does."""
        directory = environment.get("DOCKER_CONFIG", "").strip() or "~/.docker"
        return cls(
            path=expand_home(directory) / "config.json",
            server=server,
            helper_environment=HelperEnvironment(environment),
            auth_config=environment.get(AUTH_CONFIG_VARIABLE, ""),
            helper_timeout=helper_timeout,
        )

    def get_file_version(self) -> object:
        """Return a value that changes with the file."""
        return get_file_version(self.path)

    def find_login(self) -> StoredLogin | HelperLookup | None:
        """Look the login up in the variable, then in the file.

        Raises:
            CredentialError: One of them cannot be read or used.
        """
        if self.auth_config.strip():
            login = find_login(self.auth_config, self.server, config_name=AUTH_CONFIG_VARIABLE)
            if isinstance(login, StoredLogin):
                return login
        text = self._read_file()
        return None if text is None else find_login(text, self.server, config_name=str(self.path))

    def find_session(self) -> StoredSession | HelperLookup | None:
        """Look the session of a browser login up in the file.

        Raises:
            CredentialError: The file cannot be read or used.
        """
        text = self._read_file()
        return None if text is None else find_session(text, self.server, config_name=str(self.path))

    def _read_file(self) -> str | None:
        try:
            return read_file(self.path, max_bytes=_MAX_CONFIG_BYTES).decode("utf-8-sig")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise self.unreadable_error(error) from None

    def unreadable_error(self, error: Exception) -> CredentialError:
        """Return the error of a file that cannot be read."""
        what = f"Docker's {self.path} cannot be read: {describe_read_error(error)}."
        remedy = "Check its permissions, or leave it out with --no-docker-credentials."
        return CredentialError(what, remedy=remedy)


class DockerLogin:
    """The credentials that Docker stores; absent where it stores none.

    Args:
        config: The configuration to look them up in.
        use_session: Whether to use the session of a browser login, with all rights of the account, while it
            is valid.
        clock: The monotonic clock, in seconds.
    """

    def __init__(
        self,
        config: DockerConfig,
        *,
        use_session: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = config
        self.use_session = use_session
        self._clock = clock
        self._session: StoredSession | None = None
        self._rejected_session: bytes = b""
        self._config_version: object = None
        self._seen_version: object = None  # the last version of the file that could be looked at
        self._seen_at = -math.inf
        self._worker = FileWorker()
        self._expires_at: float | None = None  # None before the first lookup
        self._login: StoredLogin | None = None
        self._error: CredentialError | None = None

    @property
    def is_docker_login(self) -> bool:
        """Whether `docker login` writes the entry; one for a Hub on this machine is written by hand."""
        return self.config.server.is_docker_hub

    @property
    def is_absent(self) -> bool:
        """Whether the last lookup found no login."""
        return self._login is None and self.get_session() is None

    @property
    def has_secret(self) -> bool:
        """Whether the last lookup found a name and a secret, rather than a session alone."""
        return self._login is not None

    @property
    def source_name(self) -> str:
        """The place that the login comes from, for messages."""
        if session := self.get_session():
            return f"the session of Docker's login, kept in {session.location}"
        return f"Docker's login, kept in {self._login.location}" if self._login else "Docker's login"

    @property
    def username(self) -> str:
        """The user name of the session or the login of the last lookup; empty without one."""
        if session := self.get_session():
            return session.name
        return self._login.name if self._login else ""

    async def get_version(self) -> object:
        """Return a value that changes when the login may have changed."""
        version = await self._get_config_version()
        return self._get_login_version() if version == self._config_version else object()

    async def _get_config_version(self, *, force: bool = False) -> object:
        """Return a value that changes with the file; unchanged while it hangs.

        Looking at the file takes a thread, so calls in quick succession look once.
        """
        now = self._clock()
        if not force and now < self._seen_at + _CHECK_INTERVAL:
            return self._seen_version
        try:
            self._seen_version = await self._worker.run(self.config.get_file_version)
            self._seen_at = now
        except FileTimeoutError as error:
            extra = {"path": str(self.config.path), "reason": error.strerror}
            logger.debug("docker's configuration cannot be looked at", extra=extra)
        return self._seen_version

    async def find_login(self) -> StoredLogin | HelperLookup | None:
        """Look the login up in Docker's configuration, without running a helper.

        Raises:
            CredentialError: The configuration cannot be read or used.
        """
        return await self._read_config(self.config.find_login)

    async def _read_config(self, read: Callable[[], T]) -> T:
        try:
            return await self._worker.run(read)
        except FileTimeoutError as error:
            raise self.config.unreadable_error(error) from None

    async def username_and_secret(self) -> tuple[str, str]:
        """Return the username and the secret of the last lookup."""
        assert self._login is not None  # noqa: S101 - callers check is_absent first
        return self._login.name, self._login.secret

    def get_session(self) -> StoredSession | None:
        """Return the session of the last lookup while it is valid; None if it is not to be used."""
        session = self._session
        if session is None or not session.is_valid() or _digest(session.token) == self._rejected_session:
            return None
        return session

    def reject_session(self, token: str) -> None:
        """Use this session no more, and look for another soon."""
        self._rejected_session = _digest(token)
        self.mark_rejected()

    def mark_rejected(self) -> None:
        """Schedule an early lookup, since the login may have been replaced."""
        if self._expires_at is not None:
            self._expires_at = min(self._expires_at, self._clock() + _REJECTED_TTL)

    async def refresh(self, *, force: bool = False) -> object:
        """Look the login up where the cached one is stale, and return its version.

        The version is that of the username and secret, so that a rejected pair is recognized.

        Args:
            force: Look it up even where it is fresh, for an explicit sign-in.

        Raises:
            CredentialError: Docker's configuration cannot be used; cached like a login.
        """
        config_version = await self._get_config_version(force=force)
        if self._session is not None and not self._session.is_valid():
            self._session = None
            self.mark_rejected()  # Docker's command line may renew it
        is_fresh = (
            self._expires_at is not None
            and self._clock() < self._expires_at
            and config_version == self._config_version
        )
        if force or not is_fresh:
            await self._reload_login(config_version)
        if self._error is not None and self.get_session() is None:
            raise self._error.with_traceback(None)
        return self._get_login_version()

    async def _reload_login(self, config_version: object) -> None:
        previous = self._login
        self._session = await self.fetch_session() if self.use_session else None
        try:
            login, failure, ttl = await self._fetch_login(), None, _FOUND_TTL
        except CredentialError as error:
            login, failure, ttl = None, error, _ERROR_TTL
            logger.warning("docker's login cannot be used", extra={"reason": error.what})
        if login is None and failure is None:
            ttl = _MISSING_TTL
        if login is not None and login != previous:
            logger.info("using docker's login", extra={"username": login.name, "kept_in": login.location})
        self._login, self._error, self._config_version = login, failure, config_version
        self._expires_at = self._clock() + ttl

    async def _fetch_login(self) -> StoredLogin | None:
        found = await self.find_login()
        if not isinstance(found, HelperLookup):
            return found
        return await credential_helper.query_helper(
            found, self.config.helper_environment, helper_timeout=self.config.helper_timeout
        )

    async def fetch_session(self) -> StoredSession | None:
        """Look the session of a browser login up; None without one, or where the lookup fails."""
        try:
            found = await self._read_config(self.config.find_session)
            if not isinstance(found, HelperLookup):
                return found
            return await credential_helper.query_helper_for_session(
                found, self.config.helper_environment, helper_timeout=self.config.helper_timeout / 2
            )
        except CredentialError as error:
            logger.debug("docker's session cannot be looked up", extra={"reason": error.what})
            return None

    def _get_login_version(self) -> object:
        login = None if self._login is None else (self._login.name, self._login.secret)
        return login, None if self._session is None else self._session.token


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

"""The login that Docker keeps, as credentials: found when they are first needed, and looked at again.

Nothing is read, and no helper run, before a call needs an account. What was found is remembered; it is looked
for again when `config.json` changes, after some minutes, and soon after the Hub has refused it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread

from dockerhub_mcp.hub.auth import credential_helper
from dockerhub_mcp.hub.auth.credential_helper import HelperEnvironment
from dockerhub_mcp.hub.auth.credentials import expand_home, get_file_version
from dockerhub_mcp.hub.auth.docker_config import HelperLookup, LoginServer, StoredLogin, find_login
from dockerhub_mcp.hub.errors import CredentialError

logger = logging.getLogger(__name__)

AUTH_CONFIG_VARIABLE = "DOCKER_AUTH_CONFIG"
_MAX_CONFIG_BYTES = 4 * 1024**2  # bytes of a config.json
_FOUND_TTL = 300.0  # seconds that a login is taken as it was; a helper does not tell when it changes
_MISSING_TTL = 60.0
_ERROR_TTL = 300.0  # a helper that asks its person must not do so all the time
_REJECTED_TTL = 60.0


@dataclass(frozen=True, slots=True)
class DockerConfig:
    """Where Docker keeps logins.

    Attributes:
        path: The `config.json`.
        auth_config: The text of DOCKER_AUTH_CONFIG, which goes before the file; usually empty.
        server: Whose login is looked for.
        helper_environment: What helpers are found in and run with.
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
        """Return the store that an environment leads to, as it does for Docker itself."""
        directory = environment.get("DOCKER_CONFIG", "").strip() or "~/.docker"
        return cls(
            path=expand_home(directory) / "config.json",
            server=server,
            helper_environment=HelperEnvironment(environment),
            auth_config=environment.get(AUTH_CONFIG_VARIABLE, ""),
            helper_timeout=helper_timeout,
        )

    def get_file_version(self) -> object:
        """Return what changes when the file does."""
        return get_file_version(self.path)

    def find_login(self) -> StoredLogin | HelperLookup | None:
        """Read the variable, then the file.

        Raises:
            CredentialError: One of them cannot be read or used.
        """
        if self.auth_config.strip():
            kept = find_login(self.auth_config, self.server, config_name=AUTH_CONFIG_VARIABLE)
            if isinstance(kept, StoredLogin):
                return kept
        try:
            with self.path.open("rb") as file:
                content = file.read(_MAX_CONFIG_BYTES + 1)
            text = content.decode("utf-8-sig")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            what = f"Docker's {self.path} cannot be read: {reason}."
            remedy = "Check its permissions, or leave it out with --no-docker-credentials."
            raise CredentialError(what, remedy=remedy) from None
        if len(content) > _MAX_CONFIG_BYTES:
            what = f"Docker's {self.path} has more than {_MAX_CONFIG_BYTES // 1024**2} MiB."
            raise CredentialError(what, remedy="Correct it, or leave it out with --no-docker-credentials.")
        return find_login(text, self.server, config_name=str(self.path))


class DockerLogin:
    """Credentials that Docker keeps; nobody's where it keeps none.

    Args:
        config: Where they are.
        clock: The clock, in seconds.
    """

    def __init__(self, config: DockerConfig, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.config = config
        self._clock = clock
        self._config_version: object = None
        self._expires_at: float | None = None  # before the first look
        self._login: StoredLogin | None = None
        self._error: CredentialError | None = None

    @property
    def is_docker_login(self) -> bool:
        """Whether `docker login` writes it; for a Hub on this machine somebody did by hand."""
        return self.config.server.is_docker_hub

    @property
    def is_absent(self) -> bool:
        """Whether no login was found."""
        return self._login is None

    @property
    def source_name(self) -> str:
        """Where the login is from, for people."""
        return f"Docker's login, kept in {self._login.location}" if self._login else "Docker's login"

    def get_version(self) -> object:
        """Return what changes when the login may have changed."""
        return (
            self._get_login_version() if self.config.get_file_version() == self._config_version else object()
        )

    def username_and_secret(self) -> tuple[str, str]:
        """Return the name and the secret that were found last."""
        assert self._login is not None  # noqa: S101 - is_nobody was asked
        return self._login.name, self._login.secret

    def mark_rejected(self) -> None:
        """Take it that the login is not good: look for another before long."""
        if self._expires_at is not None:
            self._expires_at = min(self._expires_at, self._clock() + _REJECTED_TTL)

    async def refresh(self, *, force: bool = False) -> object:
        """Look for the login, unless what is known is fresh; return its version.

        The version is that of the name and secret, so that a pair that was refused is known again.

        Args:
            force: Look in any case: somebody asked to sign in.

        Raises:
            CredentialError: Docker's store cannot be used, now or a moment ago.
        """
        stamp = self.config.get_file_version()
        is_fresh = (
            self._expires_at is not None
            and self._clock() < self._expires_at
            and stamp == self._config_version
        )
        if force or not is_fresh:
            await self._reload_login(stamp)
        if self._error is not None:
            raise self._error.with_traceback(None)
        return self._get_login_version()

    async def _reload_login(self, config_version: object) -> None:
        before = self._login
        try:
            login, trouble, seconds = await self._fetch_login(), None, _FOUND_TTL
        except CredentialError as error:
            login, trouble, seconds = None, error, _ERROR_TTL
            logger.warning("docker's login cannot be used", extra={"reason": error.what})
        if login is None and trouble is None:
            seconds = _MISSING_TTL
        if login is not None and login != before:
            logger.info("using docker's login", extra={"username": login.name, "kept_in": login.location})
        self._login, self._error, self._config_version = login, trouble, config_version
        self._expires_at = self._clock() + seconds

    async def _fetch_login(self) -> StoredLogin | None:
        found = await anyio.to_thread.run_sync(self.config.find_login)
        if not isinstance(found, HelperLookup):
            return found
        return await credential_helper.query_helper(
            found, self.config.helper_environment, helper_timeout=self.config.helper_timeout
        )

    def _get_login_version(self) -> object:
        return None if self._login is None else (self._login.name, self._login.secret)

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
from dockerhub_mcp.hub.auth.credential_helper import Surroundings
from dockerhub_mcp.hub.auth.credentials import expanded, stamp_of
from dockerhub_mcp.hub.auth.docker_config import Ask, Login, Server, look_up
from dockerhub_mcp.hub.errors import CredentialError

logger = logging.getLogger(__name__)

IN_A_VARIABLE = "DOCKER_AUTH_CONFIG"
_LARGEST = 4 * 1024**2  # bytes of a config.json
_FOUND = 300.0  # seconds that a login is taken as it was; a helper does not tell when it changes
_MISSING = 60.0
_BROKEN = 300.0  # a helper that asks its person must not do so all the time
_DOUBTED = 60.0


@dataclass(frozen=True, slots=True)
class Store:
    """Where Docker keeps logins.

    Attributes:
        config: The `config.json`.
        variable: The text of DOCKER_AUTH_CONFIG, which goes before the file; usually empty.
        server: Whose login is looked for.
        surroundings: What helpers are found in and run with.
        deadline: Seconds that a helper may take.
    """

    config: Path
    server: Server
    surroundings: Surroundings
    variable: str = field(default="", repr=False)
    deadline: float = credential_helper.DEADLINE

    @classmethod
    def of(
        cls, variables: Mapping[str, str], server: Server, *, deadline: float = credential_helper.DEADLINE
    ) -> Store:
        """Return the store that an environment leads to, as it does for Docker itself."""
        directory = variables.get("DOCKER_CONFIG", "").strip() or "~/.docker"
        return cls(
            config=expanded(directory) / "config.json",
            server=server,
            surroundings=Surroundings(variables),
            variable=variables.get(IN_A_VARIABLE, ""),
            deadline=deadline,
        )

    def stamp(self) -> object:
        """Return what changes when the file does."""
        return stamp_of(self.config)

    def look_up(self) -> Login | Ask | None:
        """Read the variable, then the file.

        Raises:
            CredentialError: One of them cannot be read or used.
        """
        if self.variable.strip():
            kept = look_up(self.variable, self.server, named=IN_A_VARIABLE)
            if isinstance(kept, Login):
                return kept
        try:
            with self.config.open("rb") as file:
                content = file.read(_LARGEST + 1)
            text = content.decode("utf-8-sig")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            what = f"Docker's {self.config} cannot be read: {reason}."
            remedy = "Check its permissions, or leave it out with --no-docker-credentials."
            raise CredentialError(what, remedy=remedy) from None
        if len(content) > _LARGEST:
            what = f"Docker's {self.config} has more than {_LARGEST // 1024**2} MiB."
            raise CredentialError(what, remedy="Correct it, or leave it out with --no-docker-credentials.")
        return look_up(text, self.server, named=str(self.config))


class DockerLogin:
    """Credentials that Docker keeps; nobody's where it keeps none.

    Args:
        store: Where they are.
        now: The clock, in seconds.
    """

    def __init__(self, store: Store, *, now: Callable[[], float] = time.monotonic) -> None:
        self.store = store
        self._now = now
        self._stamp: object = None
        self._until: float | None = None  # before the first look
        self._login: Login | None = None
        self._trouble: CredentialError | None = None

    @property
    def stored(self) -> bool:
        """Whether `docker login` writes it; for a Hub on this machine somebody did by hand."""
        return self.store.server.is_the_hub

    @property
    def is_nobody(self) -> bool:
        """Whether no login was found."""
        return self._login is None

    @property
    def origin(self) -> str:
        """Where the login is from, for people."""
        return f"Docker's login, kept in {self._login.kept_in}" if self._login else "Docker's login"

    def version(self) -> object:
        """Return what changes when the login may have changed."""
        return self._version() if self.store.stamp() == self._stamp else object()

    def pair(self) -> tuple[str, str]:
        """Return the name and the secret that were found last."""
        assert self._login is not None  # noqa: S101 - is_nobody was asked
        return self._login.name, self._login.secret

    def doubt(self) -> None:
        """Take it that the login is not good: look for another before long."""
        if self._until is not None:
            self._until = min(self._until, self._now() + _DOUBTED)

    async def refresh(self, *, anew: bool = False) -> object:
        """Look for the login, unless what is known is fresh; return its version.

        The version is that of the name and secret, so that a pair that was refused is known again.

        Args:
            anew: Look in any case: somebody asked to sign in.

        Raises:
            CredentialError: Docker's store cannot be used, now or a moment ago.
        """
        stamp = self.store.stamp()
        is_fresh = self._until is not None and self._now() < self._until and stamp == self._stamp
        if anew or not is_fresh:
            await self._look(stamp)
        if self._trouble is not None:
            raise self._trouble.with_traceback(None)
        return self._version()

    async def _look(self, stamp: object) -> None:
        before = self._login
        try:
            login, trouble, seconds = await self._found(), None, _FOUND
        except CredentialError as error:
            login, trouble, seconds = None, error, _BROKEN
            logger.warning("docker's login cannot be used", extra={"reason": error.what})
        if login is None and trouble is None:
            seconds = _MISSING
        if login is not None and login != before:
            logger.info("using docker's login", extra={"username": login.name, "kept_in": login.kept_in})
        self._login, self._trouble, self._stamp = login, trouble, stamp
        self._until = self._now() + seconds

    async def _found(self) -> Login | None:
        found = await anyio.to_thread.run_sync(self.store.look_up)
        if not isinstance(found, Ask):
            return found
        return await credential_helper.ask(found, self.store.surroundings, deadline=self.store.deadline)

    def _version(self) -> object:
        return None if self._login is None else (self._login.name, self._login.secret)

"""From settings to the parts that they describe: tools, ways of writing, clients of the Hub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import httpx2 as httpx

from dockerhub_mcp.config import Settings, SettingsError, credential_environment
from dockerhub_mcp.hub import HUB, Credentials, Hub, HubError
from dockerhub_mcp.hub.auth.credential_helper import DEADLINE
from dockerhub_mcp.hub.auth.credentials import Account, Source, Value, expanded, find, find_scim
from dockerhub_mcp.hub.auth.docker_config import Server
from dockerhub_mcp.hub.auth.docker_login import DockerLogin, Store
from dockerhub_mcp.hub.transport.events import Observe
from dockerhub_mcp.hub.transport.pool import Connections
from dockerhub_mcp.tools.catalog.registry import Registry, UnknownNameError
from dockerhub_mcp.tools.gates import Access
from dockerhub_mcp.tools.mutations.audit_log import Journal
from dockerhub_mcp.tools.mutations.confirmation import Confirm
from dockerhub_mcp.tools.mutations.execute import Writing

if TYPE_CHECKING:
    from dockerhub_mcp.sandbox import Sandbox


def registry_of(settings: Settings) -> Registry:
    """Return the tools that are on.

    Raises:
        SettingsError: A tool or toolset does not exist.
    """
    try:
        return Registry(
            access=Access(settings.access),
            toolsets=settings.toolsets,
            tools=settings.tools,
            exclude_tools=settings.exclude_tools,
        )
    except UnknownNameError as error:
        msg = f"--{error}"
        raise SettingsError(msg) from None


def writing_of(settings: Settings) -> Writing:
    """Return how changes are made.

    Raises:
        SettingsError: A directory or file cannot be used.
    """
    secrets_dir = expanded(settings.secrets_dir).resolve() if settings.secrets_dir else None
    if secrets_dir is not None and not secrets_dir.is_dir():
        msg = f"--secrets-dir names {secrets_dir}, which is no directory; make it first, for its owner only"
        raise SettingsError(msg)
    journal = None
    if settings.audit_log:
        try:
            journal = Journal(expanded(settings.audit_log).resolve())
        except OSError as error:
            msg = f"--audit-log names {settings.audit_log}, which cannot be written: {error.strerror}"
            raise SettingsError(msg) from None
    return Writing(confirm=Confirm(settings.confirm), secrets_dir=secrets_dir, journal=journal)


class Hubs:
    """Makes clients of the Hub that settings name, real or embedded. They share what connections there are.

    Raises:
        SettingsError: The address, the credentials or the identity cannot be used.
    """

    def __init__(
        self, settings: Settings, environment: Mapping[str, str], *, observe: Observe | None = None
    ) -> None:
        self._options: dict[str, Any] = {
            "timeout": settings.timeout,
            "max_concurrency": settings.max_concurrency,
            "observe": observe,
        }
        transport: httpx.AsyncBaseTransport | None = None
        if settings.sandbox:
            sandbox = _sandbox()
            transport = httpx.ASGITransport(app=sandbox.app)
            self._options["base_url"] = "http://localhost"
            self.credentials = _identity(sandbox, settings.sandbox_identity)
            self.scim_token: Source | None = Value(sandbox.scim_token)
        else:
            self._options["base_url"] = settings.api_url
            try:
                found = credential_environment(settings, environment)
                self.credentials, self.scim_token = find(found), find_scim(found)
            except HubError as error:
                raise SettingsError(str(error)) from None
        self.docker = None if self.credentials else docker_login(settings, environment)
        self._connections = Connections(timeout=settings.timeout, transport=transport)
        self.of(None)  # says at once whether the address can be used

    def configured(self, *, fixed: bool = False) -> Hub:
        """Return a client with the configured account; `fixed` where no call may change it."""
        return self._make(self.credentials or self.docker, scim_token=self.scim_token, fixed=fixed)

    def of(self, credentials: Credentials | None) -> Hub:
        """Return a client with another account, or with none; no call may change that."""
        return self._make(credentials, fixed=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connections.aclose()

    def _make(self, credentials: Account | None, **more: Any) -> Hub:
        try:
            return Hub(credentials, connections=self._connections, **self._options, **more)
        except HubError as error:
            raise SettingsError(str(error)) from None


def docker_login(settings: Settings, environment: Mapping[str, str]) -> DockerLogin | None:
    """Return the login that Docker keeps, which nobody has looked for yet; None where it is not to be used.

    A server for many is not meant to act as whoever once logged in on its machine: its account is named.
    """
    if settings.sandbox or settings.transport != "stdio" or not settings.docker_credentials:
        return None
    server = Server.of(settings.api_url, HUB)
    if server is None:
        return None
    deadline = min(DEADLINE, settings.timeout / 3)  # a call that waits for a helper has something left
    return DockerLogin(Store.of(environment, server, deadline=deadline))


def _sandbox() -> Sandbox:
    from dockerhub_mcp.sandbox import Sandbox  # noqa: PLC0415 - sample data that most never need

    return Sandbox()


def _identity(sandbox: Sandbox, name: str) -> Credentials | None:
    """Return the credentials of somebody on the embedded Hub; real ones never come near it."""
    if name == "anonymous":
        return None
    if name not in sandbox.identities:
        msg = f"--sandbox-identity must be anonymous or one of {', '.join(sandbox.identities)}"
        raise SettingsError(msg)
    whom = sandbox.identity(name)
    return Credentials.of(whom.username, whom.secret)

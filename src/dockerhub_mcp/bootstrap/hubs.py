"""From settings to the parts that they describe: tools, ways of writing, clients of the Hub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import httpx2 as httpx

from dockerhub_mcp.config import Settings, SettingsError, build_credential_environment
from dockerhub_mcp.hub import HUB_URL, Credentials, Hub, HubError
from dockerhub_mcp.hub.auth.credential_helper import HELPER_TIMEOUT
from dockerhub_mcp.hub.auth.credentials import (
    CredentialSource,
    SecretSource,
    StaticSecret,
    expand_home,
    find_credentials,
    find_scim_token,
)
from dockerhub_mcp.hub.auth.docker_config import LoginServer
from dockerhub_mcp.hub.auth.docker_login import DockerConfig, DockerLogin
from dockerhub_mcp.hub.transport.events import OnAttempt
from dockerhub_mcp.hub.transport.pool import ConnectionPool
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.cache import ResultCache
from dockerhub_mcp.tools.catalog.registry import Registry, UnknownNameError
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.audit_log import AuditLog
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from dockerhub_mcp.tools.mutations.policy import MutationPolicy
from dockerhub_mcp.tools.results.tool_result import ResultOptions

if TYPE_CHECKING:
    from dockerhub_mcp.sandbox import Sandbox


def build_registry(settings: Settings) -> Registry:
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


def build_mutation_policy(settings: Settings) -> MutationPolicy:
    """Return how changes are made.

    Raises:
        SettingsError: A directory or file cannot be used.
    """
    secrets_dir = expand_home(settings.secrets_dir).resolve() if settings.secrets_dir else None
    if secrets_dir is not None and not secrets_dir.is_dir():
        msg = f"--secrets-dir names {secrets_dir}, which is no directory; make it first, for its owner only"
        raise SettingsError(msg)
    journal = None
    if settings.audit_log:
        try:
            journal = AuditLog(expand_home(settings.audit_log).resolve())
        except OSError as error:
            msg = f"--audit-log names {settings.audit_log}, which cannot be written: {error.strerror}"
            raise SettingsError(msg) from None
    return MutationPolicy(
        confirmation_mode=ConfirmationMode(settings.confirm), secrets_dir=secrets_dir, audit_log=journal
    )


def build_tool_context(settings: Settings, hub: Hub, policy: MutationPolicy) -> ToolContext:
    """Return the context that tools run with, for a Hub client."""
    options = ResultOptions(
        include_structured=settings.results == "both",
        max_bytes=settings.max_result_bytes,
        pagination_timeout=settings.walk_timeout,
    )
    return ToolContext(hub, policy, options, ResultCache(settings.cache_ttl))


class HubFactory:
    """Makes clients of the Hub that settings name, real or embedded. They share what connections there are.

    Raises:
        SettingsError: The address, the credentials or the identity cannot be used.
    """

    def __init__(
        self, settings: Settings, environment: Mapping[str, str], *, on_attempt: OnAttempt | None = None
    ) -> None:
        self._hub_options: dict[str, Any] = {
            "timeout": settings.timeout,
            "max_concurrency": settings.max_concurrency,
            "on_attempt": on_attempt,
        }
        transport: httpx.AsyncBaseTransport | None = None
        if settings.sandbox:
            sandbox = _create_sandbox()
            transport = httpx.ASGITransport(app=sandbox.app)
            self._hub_options["base_url"] = "http://localhost"
            self.credentials = _find_sandbox_credentials(sandbox, settings.sandbox_identity)
            self.scim_token: SecretSource | None = StaticSecret(sandbox.scim_token)
        else:
            self._hub_options["base_url"] = settings.api_url
            try:
                found = build_credential_environment(settings, environment)
                self.credentials, self.scim_token = find_credentials(found), find_scim_token(found)
            except HubError as error:
                raise SettingsError(str(error)) from None
        self.docker_login = None if self.credentials else build_docker_login(settings, environment)
        self._connection_pool = ConnectionPool(timeout=settings.timeout, httpx_transport=transport)
        self.create_hub_for(None)  # says at once whether the address can be used

    def create_hub(self, *, fixed: bool = False) -> Hub:
        """Return a client with the configured account; `fixed` where no call may change it."""
        return self._build_hub(
            self.credentials or self.docker_login, scim_token=self.scim_token, fixed_identity=fixed
        )

    def create_hub_for(self, credentials: Credentials | None) -> Hub:
        """Return a client with another account, or with none; no call may change that."""
        return self._build_hub(credentials, fixed_identity=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connection_pool.aclose()

    def _build_hub(self, credentials: CredentialSource | None, **options: Any) -> Hub:
        try:
            return Hub(credentials, pool=self._connection_pool, **self._hub_options, **options)
        except HubError as error:
            raise SettingsError(str(error)) from None


def build_docker_login(settings: Settings, environment: Mapping[str, str]) -> DockerLogin | None:
    """Return the login that Docker keeps, which nobody has looked for yet; None where it is not to be used.

    A server for many is not meant to act as whoever once logged in on its machine: its account is named.
    """
    if settings.sandbox or settings.transport != "stdio" or not settings.docker_credentials:
        return None
    server = LoginServer.from_base_url(settings.api_url, HUB_URL)
    if server is None:
        return None
    deadline = min(HELPER_TIMEOUT, settings.timeout / 3)  # a call that waits for a helper has something left
    return DockerLogin(DockerConfig.from_environment(environment, server, helper_timeout=deadline))


def _create_sandbox() -> Sandbox:
    from dockerhub_mcp.sandbox import Sandbox  # noqa: PLC0415 - sample data that most never need

    return Sandbox()


def _find_sandbox_credentials(sandbox: Sandbox, name: str) -> Credentials | None:
    """Return the credentials of somebody on the embedded Hub; real ones never come near it."""
    if name == "anonymous":
        return None
    if name not in sandbox.identities:
        msg = f"--sandbox-identity must be anonymous or one of {', '.join(sandbox.identities)}"
        raise SettingsError(msg)
    whom = sandbox.get_identity(name)
    return Credentials.from_strings(whom.username, whom.secret)

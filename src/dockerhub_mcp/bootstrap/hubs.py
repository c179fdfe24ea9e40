"""Build the tools, the mutation policy and the Hub clients that validated settings describe."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from dockerhub_mcp import __version__
from dockerhub_mcp.bootstrap.message_redaction import find_url_passwords
from dockerhub_mcp.bootstrap.registry_settings import SANDBOX_URL, find_registry_address
from dockerhub_mcp.bootstrap.validate import (
    build_credential_environment,
    resolve_audit_log,
    resolve_plans_dir,
)
from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.hub import HUB_URL, Credentials, Hub
from dockerhub_mcp.hub.auth.credentials import (
    CredentialSource,
    expand_home,
    explain_unnamed_secret,
    find_credentials,
    find_scim_token,
    find_unnamed_secret,
)
from dockerhub_mcp.hub.auth.secret_sources import FileSecret, SecretSource, StaticSecret
from dockerhub_mcp.hub.auth.sign_in_errors import SHARED_REFUSAL_ADVICE
from dockerhub_mcp.hub.auth.sign_in_guard import SignInGuard
from dockerhub_mcp.hub.redaction import Redactor
from dockerhub_mcp.hub.transport.events import OnAttempt
from dockerhub_mcp.hub.transport.pool import ConnectionPool
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.cleanup.plans import CleanupPlans
from dockerhub_mcp.tools.context import RegistryFor, ToolContext, no_registry
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from dockerhub_mcp.tools.mutations.policy import MutationPolicy
from dockerhub_mcp.tools.results.tool_result import ResultOptions

if TYPE_CHECKING:
    import httpx2 as httpx

    from dockerhub_mcp.hub.auth.docker_login import DockerLogin
    from dockerhub_mcp.hub.auth.replicas.sign_ins import SharedSignIns
    from dockerhub_mcp.registry import RegistryClient, RegistryServer
    from dockerhub_mcp.sandbox import Sandbox

logger = logging.getLogger(__name__)


def build_registry(settings: Settings) -> Registry:
    """Return the tools that settings enable."""
    return Registry(
        access=Access(settings.access),
        toolsets=settings.toolsets,
        tools=settings.tools,
        exclude_tools=settings.exclude_tools,
        names=settings.names,
    )


def build_mutation_policy(settings: Settings) -> MutationPolicy:
    """Return how mutations are confirmed and recorded, with the audit log opened.

    Raises:
        SettingsError: The audit log cannot be opened.
    """
    audit_log = None
    if settings.audit_log:
        from dockerhub_mcp.tools.mutations.audit_log import AuditLog  # noqa: PLC0415 - few servers need it

        try:
            audit_log = AuditLog(resolve_audit_log(settings))
        except OSError as error:
            msg = f"--audit-log names {settings.audit_log}, which cannot be written: {error.strerror}"
            raise SettingsError(msg) from None
    return MutationPolicy(
        confirmation_mode=ConfirmationMode(settings.confirm),
        secrets_dir=expand_home(settings.secrets_dir).resolve() if settings.secrets_dir else None,
        audit_log=audit_log,
    )


def build_tool_context(
    settings: Settings,
    hub: Hub,
    policy: MutationPolicy,
    registry_for: RegistryFor = no_registry,
    *,
    plans: CleanupPlans | None = None,
) -> ToolContext:
    """Return the context that tools run with.

    Args:
        settings: The settings.
        hub: The Hub client.
        policy: How mutations are carried out.
        registry_for: Returns the registry client with the account of a Hub client.
        plans: The plans of clean-ups; by default kept where the settings say.

    Raises:
        SettingsError: The directory of plans cannot be used.
    """
    options = ResultOptions(
        include_structured=settings.results == "both",
        max_bytes=settings.max_result_bytes,
        pagination_timeout=settings.walk_timeout,
    )
    cache = ResultCache(settings.cache_ttl)
    plans = plans or _build_plans(settings)
    return ToolContext(hub, policy, options, cache, registry_for=registry_for, plans=plans)


def _build_plans(settings: Settings) -> CleanupPlans:
    """Return the plans of clean-ups, in the directory that settings name or in memory.

    Raises:
        SettingsError: Their directory cannot be used.
    """
    if not settings.plans_dir:
        return CleanupPlans()
    from dockerhub_mcp.tools.cleanup.plan_files import PlanDirectory  # noqa: PLC0415 - few servers need it

    try:
        return CleanupPlans(PlanDirectory(resolve_plans_dir(settings)))
    except OSError as error:
        msg = f"--plans-dir names {settings.plans_dir}, which cannot be used: {error.strerror}"
        raise SettingsError(msg) from None


class HubFactory:
    """Creates clients of the configured Hub, real or embedded, that share one connection pool.

    Attributes:
        redactor: Masks the configured secrets, which it learns when they are read, and in log lines those of
            all clients.
        credentials: The configured account; None without one.
        scim_token: The configured SCIM token; None without one.
        docker_login: The login that Docker keeps, not looked up yet; None if it is not to be used.
        unnamed_secret: The variable of a secret that is not used for lack of a user name; empty for none.
    """

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        *,
        on_attempt: OnAttempt | None = None,
        redactor: Redactor | None = None,
        shared_sign_ins: SharedSignIns | None = None,
    ) -> None:
        self.redactor = redactor or Redactor()
        learn = self.redactor.add_secret
        for secret in find_url_passwords(environment):
            learn(secret)
        self._hub_options: dict[str, Any] = {
            "timeout": settings.timeout,
            "max_concurrency": settings.max_concurrency,
            "on_attempt": on_attempt,
            "sign_in_guard": SignInGuard(refusal_advice=SHARED_REFUSAL_ADVICE if shared_sign_ins else ""),
            "shared_sign_ins": shared_sign_ins,
        }
        transport: httpx.AsyncBaseTransport | None = None
        if settings.sandbox:
            import httpx2 as httpx  # noqa: PLC0415 - hosts wait for the start, and only the sandbox needs it

            sandbox = _create_sandbox()
            transport = httpx.ASGITransport(app=sandbox.app)
            self._hub_options["base_url"] = SANDBOX_URL
            self.credentials = _get_sandbox_credentials(sandbox, settings.sandbox_identity)
            self.scim_token: SecretSource | None = StaticSecret(sandbox.scim_token)
            self.unnamed_secret = ""
            learn(sandbox.scim_token)
        else:
            self._hub_options["base_url"] = settings.api_url
            variables = build_credential_environment(settings, environment)
            self.credentials = find_credentials(variables, on_read=learn)
            self.scim_token = find_scim_token(variables, on_read=learn)
            self.unnamed_secret = find_unnamed_secret(variables)
            _read_secret_files(self.credentials, self.scim_token)
        self.docker_login = None if self.credentials else build_docker_login(settings, environment)
        self._connection_pool = ConnectionPool(
            timeout=settings.timeout, httpx_transport=transport, environment=environment
        )
        self._registry_address = find_registry_address(settings)
        self._registry_options: dict[str, Any] = {
            "timeout": settings.timeout,
            "max_concurrency": settings.max_concurrency,
            "user_agent": f"dockerhub-mcp/{__version__}",
            "on_attempt": on_attempt,
            "has_limit_preview": True if settings.sandbox else None,
        }

    @cached_property
    def _registry(self) -> RegistryServer | None:
        """The container registry; None where none may be contacted."""
        if self._registry_address is None:
            return None
        from dockerhub_mcp.registry import RegistryServer  # noqa: PLC0415 - only some tools need the client

        address = self._registry_address
        return RegistryServer(
            self._connection_pool, url=address.url, auth_url=address.auth_url, **self._registry_options
        )

    def registry_for(self, hub: Hub) -> RegistryClient | None:
        """Return the registry client with the account of a Hub client; None where none may be contacted."""
        if self._registry is None:
            return None
        from dockerhub_mcp.registry import RegistryClient  # noqa: PLC0415 - only some tools need the client

        return RegistryClient.for_account(self._registry, hub.account)

    def create_hub(self, *, fixed: bool = False) -> Hub:
        """Return a client with the configured account, and log a warning if its secret cannot be used.

        Args:
            fixed: Whether calls are kept from signing in as another account.
        """
        if self.unnamed_secret:
            logger.warning(str(explain_unnamed_secret(self.unnamed_secret)))
        return self._build_hub(
            self.credentials or self.docker_login, scim_token=self.scim_token, fixed_identity=fixed
        )

    def create_hub_for(self, credentials: Credentials | None) -> Hub:
        """Return a client with another account, or an anonymous one; calls cannot change the account."""
        return self._build_hub(credentials, fixed_identity=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connection_pool.aclose()

    def _build_hub(self, credentials: CredentialSource | None, **options: Any) -> Hub:
        redactor = Redactor(self.redactor)
        return Hub(credentials, pool=self._connection_pool, redactor=redactor, **self._hub_options, **options)


def build_docker_login(settings: Settings, environment: Mapping[str, str]) -> DockerLogin | None:
    """Return Docker's own login, which is looked up when a call needs it; None if it is not to be used.

    Over HTTP it is never used: callers must not act as the user of the server's machine.
    """
    if settings.sandbox or settings.transport != "stdio" or settings.docker_credentials == "off":
        return None
    if find_unnamed_secret(build_credential_environment(settings, environment)):
        return None  # a secret was configured, and another account must not take its place
    # A server with an account, or of another Hub, does without.
    from dockerhub_mcp.hub.auth.docker_config import LoginServer  # noqa: PLC0415

    server = LoginServer.from_base_url(settings.api_url, HUB_URL)
    if server is None:
        return None
    from dockerhub_mcp.hub.auth.credential_helper import HELPER_TIMEOUT  # noqa: PLC0415
    from dockerhub_mcp.hub.auth.docker_login import DockerConfig, DockerLogin  # noqa: PLC0415

    # A call that waits for a credential helper needs time left for its own request.
    helper_timeout = min(HELPER_TIMEOUT, settings.timeout / 3)
    config = DockerConfig.from_environment(environment, server, helper_timeout=helper_timeout)
    return DockerLogin(config, use_session=settings.docker_credentials == "full")


def _read_secret_files(credentials: Credentials | None, scim_token: SecretSource | None) -> None:
    """Read the files of secrets, so that the redactor knows them before the first request.

    Named pipes are left alone: they can be read only once, by the sign-in.
    """
    for source in (credentials.secret if credentials else None, scim_token):
        if isinstance(source, FileSecret):
            source.preload()


def _create_sandbox() -> Sandbox:
    from dockerhub_mcp.sandbox import Sandbox  # noqa: PLC0415 - loads sample data that most servers never need

    return Sandbox()


def _get_sandbox_credentials(sandbox: Sandbox, name: str) -> Credentials | None:
    """Return the sample credentials of an identity; configured ones are never sent to the sandbox."""
    if name == "anonymous":
        return None
    identity = sandbox.get_identity(name)
    return Credentials.from_strings(identity.username, identity.secret)

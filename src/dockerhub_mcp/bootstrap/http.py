"""Serving over HTTP: settings are checked against one another, then put together."""

from __future__ import annotations

import logging
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from dockerhub_mcp.bootstrap.counting import build_metrics
from dockerhub_mcp.bootstrap.http_settings import validate_http_settings
from dockerhub_mcp.bootstrap.hubs import (
    HubFactory,
    build_mutation_policy,
    build_registry,
    build_tool_context,
)
from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.hub.auth.credentials import expand_home
from dockerhub_mcp.hub.redaction import Redactor
from dockerhub_mcp.hub.transport.urls import is_loopback
from dockerhub_mcp.logs import configure_logging
from dockerhub_mcp.server.elicitation import Elicitor
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.server.http.asgi import (
    RESOURCE_METADATA_PATH,
    App,
    HTTPAppConfig,
    create_http_app,
    resolve_request_context,
)
from dockerhub_mcp.server.http.auth.account_pool import AccountPool
from dockerhub_mcp.server.http.auth.gatekeeper import Gatekeeper
from dockerhub_mcp.server.http.auth.oauth import JWTVerifier
from dockerhub_mcp.server.http.auth.static_tokens import StaticTokenVerifier
from dockerhub_mcp.server.http.auth.throttle import Throttle
from dockerhub_mcp.server.http.auth.tool_filter import RequestToolFilter
from dockerhub_mcp.server.http.auth.verifier import Caller, TokenVerifier
from dockerhub_mcp.server.http.middleware.host_check import HostOriginPolicy
from dockerhub_mcp.server.http.readiness import ReadinessCheck
from dockerhub_mcp.server.http.runtime import run
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent
from dockerhub_mcp.server.instructions import build_instructions
from dockerhub_mcp.server.telemetry.instrumentation import Observers
from dockerhub_mcp.server.telemetry.otel_config import (
    attach_telemetry,
    read_exporters,
    select_installed_exporters,
)
from dockerhub_mcp.tools.access import Access

logger = logging.getLogger(__name__)

AUTH_TOKEN_ENV, AUTH_TOKENS_ENV = "DOCKERHUB_MCP_AUTH_TOKEN", "DOCKERHUB_MCP_AUTH_TOKENS"
_MIN_KEY_BYTES = 32  # bytes
_CONFIRMATION_NEEDS_SESSIONS = (
    "Over HTTP, clients of protocol 2025-11-25 and before can be asked only once its owner starts it with "
    "--sessions."
)
_ACCOUNT_IDLE_SECONDS = 900.0  # seconds after which the account of a request is forgotten


def serve_http(settings: Settings, environment: Mapping[str, str]) -> int:
    """Serve many clients over HTTP until a signal comes, and return the exit code.

    Raises:
        SettingsError: Settings that cannot be used, or not together; the message names them.
    """
    validate_http_settings(settings)
    configure_logging(settings.log_level, as_json=settings.log_format == "json", redact=Redactor())
    server = HTTPServerFactory(settings, environment)
    listen = run.ListenConfig(
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        grace_period=settings.grace,
        tls_cert=_expand_optional_path(settings.tls_cert),
        tls_key=_expand_optional_path(settings.tls_key),
        forwarded_allow_ips=settings.forwarded_allow_ips,
    )
    return run.run_http_server(
        listen, server.create_app, announce=server.announce_url, on_worker=server.assign_worker
    )


class HTTPServerFactory:
    """What is made once, before any process is split off; what holds connections is made in each."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self._settings, self._environment = settings, environment
        self._registry = build_registry(settings)
        to_be_asked = "" if settings.sessions or settings.transport == "sse" else _CONFIRMATION_NEEDS_SESSIONS
        self._mutation_policy = replace(build_mutation_policy(settings), confirmation_hint=to_be_asked)
        self._oauth = _build_oauth_verifier(settings)
        self._verifiers: list[TokenVerifier] = [
            *_load_static_tokens(settings, environment),
            *filter(None, [self._oauth]),
        ]
        self._state_key = _load_state_key(settings)
        self._validate_authentication(HubFactory(settings, environment))
        self._exporters = select_installed_exporters(read_exporters(environment))
        self._metrics = build_metrics(settings, environment, requires_authentication=bool(self._verifiers))

    def assign_worker(self, worker: int) -> None:
        """Tell a process which of the workers it is."""
        if self._metrics is not None:
            self._metrics.take(worker)

    def announce_url(self, url: str) -> None:
        """Tell where the server listens, and what a person should know about it."""
        settings = self._settings
        paths = [settings.path] if settings.transport == "http" else []
        paths += ["/sse"] if self._should_serve_sse() else []
        where = " and ".join(url + path for path in paths)
        in_json = settings.log_format == "json"
        if not in_json:
            sys.stderr.write(f"dockerhub-mcp listens at {where}\n")
        logger.info(
            "serving",
            extra={
                "url": url,
                "tools": len(self._registry.tools),
                "identity": settings.identity,
                "workers": settings.workers,
                **({"listens_at": where} if in_json else {}),
            },
        )
        if not is_loopback(settings.host) and not settings.tls_cert and not settings.forwarded_allow_ips:
            logger.warning(
                "tokens travel unencrypted: set --tls-cert and --tls-key, or put a proxy with TLS in front "
                "and name it with --forwarded-allow-ips"
            )

    def create_app(self, drain: ShutdownEvent) -> AbstractAsyncContextManager[App]:
        """Make the application of one process."""
        return self._build_app(drain)

    @asynccontextmanager
    async def _build_app(self, drain: ShutdownEvent) -> AsyncIterator[App]:
        settings = self._settings
        async with AsyncExitStack() as stack:
            observers = self._start_observers(stack)
            observe = observers.on_attempt if observers.registered else None
            hubs = await stack.enter_async_context(
                HubFactory(settings, self._environment, on_attempt=observe)
            )
            if self._oauth is not None:
                stack.push_async_callback(self._oauth.aclose)
            server = build_server(
                resolve_request_context,
                instructions=build_instructions(in_sandbox=settings.sandbox),
                elicitor=Elicitor(self._state_key),
                lists_are_shared=False,
                in_sandbox=settings.sandbox,
                observers=observers,
            )
            own = settings.identity == "server"
            hub = hubs.create_hub(fixed=True) if own else hubs.create_hub_for(None)
            hub.warm_up()
            entrance = Gatekeeper(
                verifiers=self._verifiers,
                anonymous_caller=Caller("", Access(settings.access)),
                challenge=self._build_bearer_challenge(),
                tool_context=build_tool_context(settings, hub, self._mutation_policy),
                account_pool=None if own else self._create_account_pool(hubs),
                tool_filter=RequestToolFilter(self._registry),
                throttle=Throttle(),
            )
            app = create_http_app(
                server,
                self._build_app_config(),
                host_policy=self._build_host_policy(),
                gatekeeper=entrance,
                readiness=ReadinessCheck(hub.check_connection),
                shutdown_event=drain,
                metrics=self._metrics,
            )
            yield await stack.enter_async_context(app)

    def _start_observers(self, stack: AsyncExitStack) -> Observers:
        """Start what watches, in this process: nothing of it would survive being split off."""
        observers = Observers()
        if self._metrics is not None:
            observers.registered.append(self._metrics)
        stack.enter_context(attach_telemetry(self._exporters, observers))
        return observers

    def _create_account_pool(self, hub_factory: HubFactory) -> AccountPool:
        return AccountPool(
            hub_factory.create_hub_for,
            hash_key=self._state_key,
            max_accounts=self._settings.max_identities,
            idle_timeout=_ACCOUNT_IDLE_SECONDS,
        )

    def _build_app_config(self) -> HTTPAppConfig:
        settings = self._settings
        return HTTPAppConfig(
            path=settings.path if settings.transport == "http" else "",
            sse=self._should_serve_sse(),
            sessions=settings.sessions,
            allowed_origins=[origin.lower() for origin in settings.allowed_origins],
            resource_metadata=self._oauth.build_resource_metadata(settings.public_url)
            if self._oauth
            else None,
            max_calls=settings.max_calls,
            max_calls_per_caller=settings.max_calls_per_caller,
            max_sessions=settings.max_sessions,
            session_timeout=settings.session_timeout,
        )

    def _should_serve_sse(self) -> bool:
        """Tell whether the older SSE is served: its messages must reach the process that holds the stream."""
        return self._settings.workers == 1

    def _build_host_policy(self) -> HostOriginPolicy:
        settings = self._settings
        hosts = list(settings.allowed_hosts)
        if settings.host not in {"0.0.0.0", "::", ""}:  # noqa: S104 - it is compared, not bound
            hosts.append(settings.host)
        if settings.public_url:
            hosts.append(urlsplit(settings.public_url).hostname or "")  # clients leave a usual port out
        hosts = [f"[{host}]" if host.count(":") > 1 and host[0] != "[" else host for host in hosts]
        return HostOriginPolicy(hosts, settings.allowed_origins, loopback_only=is_loopback(settings.host))

    def _build_bearer_challenge(self) -> str:
        """Return how to get a token: where the metadata is, for clients that can sign in by themselves."""
        if self._oauth is None:
            return 'realm="dockerhub-mcp"'
        parts = urlsplit(self._settings.public_url)
        return f'resource_metadata="{parts.scheme}://{parts.netloc}{RESOURCE_METADATA_PATH}{parts.path.rstrip("/")}"'

    def _validate_authentication(self, hub_factory: HubFactory) -> None:
        settings = self._settings
        if settings.identity == "request" and hub_factory.credentials is not None and not settings.sandbox:
            msg = (
                "--identity request takes the account of each request, and the server's own would never be "
                "used: unset DOCKERHUB_USERNAME and DOCKERHUB_TOKEN"
            )
            raise SettingsError(msg)
        if self._verifiers or is_loopback(settings.host) or settings.identity == "request":
            return
        msg = (
            f"--host {settings.host} lets other machines in, so callers must be known: set "
            f"--auth-tokens-file, {AUTH_TOKEN_ENV}, --oauth-issuer or --identity request, or use 127.0.0.1"
        )
        raise SettingsError(msg)


def _load_static_tokens(settings: Settings, environment: Mapping[str, str]) -> list[TokenVerifier]:
    found = []
    if settings.auth_tokens_file:
        found.append(StaticTokenVerifier.from_file(expand_home(settings.auth_tokens_file)))
    if text := environment.get(AUTH_TOKENS_ENV, "").strip():
        found.append(StaticTokenVerifier.from_toml(text, AUTH_TOKENS_ENV))
    if token := environment.get(AUTH_TOKEN_ENV, "").strip():
        found.append(StaticTokenVerifier.from_token(token, Access(settings.access), AUTH_TOKEN_ENV))
    if not found:
        return []
    tokens = found[0]
    for other in found[1:]:
        tokens = tokens.merge_with(other)
    return [tokens]


def _build_oauth_verifier(settings: Settings) -> JWTVerifier | None:
    if not settings.oauth_issuer:
        return None
    scopes = {}
    for pair in settings.oauth_scopes:
        access, equals, scope = pair.partition("=")
        if access not in list(Access) or not equals or not scope:
            msg = f"--oauth-scopes must hold pairs such as read=dockerhub:read, not {pair!r}"
            raise SettingsError(msg)
        scopes[Access(access)] = scope
    return JWTVerifier(
        settings.oauth_issuer,
        settings.oauth_audience or settings.public_url,
        jwks_url=settings.oauth_jwks_url,
        scopes=scopes,
    )


def _load_state_key(settings: Settings) -> bytes:
    """Return the key that processes share; made here for those of one machine, which are split off later."""
    if not settings.state_key_file:
        return secrets.token_bytes(_MIN_KEY_BYTES)
    try:
        key = expand_home(settings.state_key_file).read_bytes().strip()
    except OSError as error:
        msg = f"--state-key-file names {settings.state_key_file}, which cannot be read: {error.strerror}"
        raise SettingsError(msg) from None
    if len(key) < _MIN_KEY_BYTES:
        msg = (
            f"--state-key-file must hold {_MIN_KEY_BYTES} bytes or more: openssl rand -hex 32 > "
            f"{settings.state_key_file}"
        )
        raise SettingsError(msg)
    return key


def _expand_optional_path(text: str) -> Path | None:
    return expand_home(text) if text else None

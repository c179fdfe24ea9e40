"""Build the HTTP server that validated settings describe, and run it."""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

from starlette.types import ASGIApp

from dockerhub_mcp.bootstrap.http_access import (
    build_bearer_challenge,
    build_host_policy,
    build_oauth_verifier,
)
from dockerhub_mcp.bootstrap.http_secrets import (
    PEER_AUTH_TOKEN_ENV,
    find_auth_token,
    load_state_keys,
    load_static_tokens,
    read_metrics_token,
)
from dockerhub_mcp.bootstrap.http_settings import check_encryption, expand_optional_path
from dockerhub_mcp.bootstrap.hubs import (
    HubFactory,
    build_mutation_policy,
    build_registry,
    build_tool_context,
)
from dockerhub_mcp.bootstrap.logs_directory import resolve_logs_dir
from dockerhub_mcp.bootstrap.shared_parts import SharedParts
from dockerhub_mcp.bootstrap.store import build_shared_state
from dockerhub_mcp.bootstrap.store_settings import list_url_secrets, read_store_url
from dockerhub_mcp.bootstrap.variables import check_variables
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub.redaction import Redactor
from dockerhub_mcp.logs import configure_logging
from dockerhub_mcp.server.http.app_config import HTTPAppConfig
from dockerhub_mcp.server.http.asgi import create_http_app
from dockerhub_mcp.server.http.auth.account_pool import AccountPool
from dockerhub_mcp.server.http.auth.gatekeeper import Gatekeeper
from dockerhub_mcp.server.http.auth.throttle import Throttle
from dockerhub_mcp.server.http.auth.tool_filter import RequestToolFilter
from dockerhub_mcp.server.http.auth.verifier import Caller, TokenVerifier
from dockerhub_mcp.server.http.endpoints import SSE_PATH
from dockerhub_mcp.server.http.middleware.authentication import resolve_request_context
from dockerhub_mcp.server.http.readiness import ReadinessCheck
from dockerhub_mcp.server.http.runtime import run
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent
from dockerhub_mcp.server.instructions import build_instructions
from dockerhub_mcp.server.plain.dispatcher import PlainDispatcher
from dockerhub_mcp.server.plain.prebuilt import load_prebuilt_results
from dockerhub_mcp.server.telemetry.observers import Observers
from dockerhub_mcp.server.telemetry.otel_config import (
    attach_telemetry,
    read_exporters,
    select_installed_exporters,
)
from dockerhub_mcp.tools.access import Access

if TYPE_CHECKING:
    from dockerhub_mcp.server.telemetry.prometheus import PrometheusMetrics

logger = logging.getLogger(__name__)

_CONFIRMATION_NEEDS_SESSIONS = (
    "Over HTTP, clients of protocol 2025-11-25 and earlier can be asked only if its owner starts it with "
    "--sessions."
)
_ACCOUNT_IDLE_SECONDS = 900.0  # until the account of a request is dropped from memory


def serve_http(settings: Settings, environment: Mapping[str, str], *, log_stream: TextIO) -> int:
    """Serve over HTTP until a signal stops the server, and return the exit code.

    Args:
        settings: Settings without a fatal problem.
        environment: The variables to find credentials, tokens and exporters in.
        log_stream: Where log lines, and the server's address, are written.

    Raises:
        SettingsError: The address cannot be listened on.
    """
    redactor = Redactor()
    configure_logging(
        settings.log_level,
        as_json=settings.log_format == "json",
        redact=redactor.redact_log,
        stream=log_stream,
        directory=resolve_logs_dir(settings),
    )
    server = HTTPServerFactory(settings, environment, log_stream=log_stream, redactor=redactor)
    listen_config = run.ListenConfig(
        host=settings.host,
        port=settings.port,
        drain_delay=settings.drain_delay,
        grace_period=settings.grace,
        tls_cert=expand_optional_path(settings.tls_cert),
        tls_key=expand_optional_path(settings.tls_key),
        forwarded_allow_ips=settings.forwarded_allow_ips,
    )
    return run.run_http_server(listen_config, server.create_app, announce=server.announce_url)


class HTTPServerFactory:
    """Reads what settings name, and builds the application from it.

    Attributes:
        redactor: Masks secrets in log lines; learns those of the server and of its callers.

    Args:
        settings: Settings without a fatal problem.
        environment: The variables to find credentials, tokens and exporters in.
        log_stream: Where the server's address is written; by default standard error.
        redactor: Masks secrets in log lines; learns those of the server and of its callers.
    """

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        *,
        log_stream: TextIO | None = None,
        redactor: Redactor | None = None,
    ) -> None:
        self._settings, self._environment = settings, environment
        self.redactor = redactor or Redactor()
        self._log_stream = log_stream or sys.stderr
        self._registry = build_registry(settings)
        can_ask = settings.sessions or settings.transport == "sse"
        self._mutation_policy = build_mutation_policy(settings)._replace(
            confirmation_hint="" if can_ask else _CONFIRMATION_NEEDS_SESSIONS
        )
        self._oauth = build_oauth_verifier(settings)
        static_tokens = load_static_tokens(settings, environment)
        self._verifiers: list[TokenVerifier] = [
            verifier for verifier in (static_tokens, self._oauth) if verifier is not None
        ]
        self._keys = load_state_keys(settings)
        store_url = read_store_url(settings, environment)
        self._shared = SharedParts(build_shared_state(store_url), self._keys, has_store=bool(store_url))
        self._exporters = select_installed_exporters(read_exporters(environment))
        self._metrics = _build_metrics(settings)
        if self._metrics is not None and self._shared.has_store:
            self._metrics.observe_store(lambda: self._shared.state.is_available)
        self._metrics_token = read_metrics_token(settings, environment)
        auth_token = find_auth_token(environment)[1]
        for secret in (self._metrics_token, auth_token, *list_url_secrets(store_url)):
            self.redactor.add_secret(secret)

    def announce_url(self, url: str) -> None:
        """Log the address that the server listens at, and warnings about the settings."""
        settings = self._settings
        paths = [settings.path] if settings.transport == "http" else []
        paths.append(SSE_PATH)
        addresses = " and ".join(url + path for path in paths)
        logs_json = settings.log_format == "json"
        if not logs_json:
            self._log_stream.write(f"dockerhub-mcp listens at {addresses}\n")
        logger.info(
            "serving",
            extra={
                "url": url,
                "tools": len(self._registry.tool_names),
                "identity": settings.identity,
                **({"listens_at": addresses} if logs_json else {}),
            },
        )
        if settings.port == Settings().port and self._environment.get(PEER_AUTH_TOKEN_ENV, "").strip():
            logger.info(
                "the default port is %s, where docker/hub-mcp has 3000; --port 3000 keeps that one",
                settings.port,
            )
        for problem in (*check_encryption(settings), *check_variables(self._environment)):
            logger.warning(str(problem))

    @asynccontextmanager
    async def create_app(self, shutdown_event: ShutdownEvent) -> AsyncIterator[ASGIApp]:
        """Build the application, and close its connections at the end of the block."""
        settings = self._settings
        async with AsyncExitStack() as stack:
            stack.callback(self._mutation_policy.close)
            await stack.enter_async_context(self._shared)
            observers = self._start_observers(stack)
            on_attempt = observers.on_attempt if observers.registered else None
            hubs = await stack.enter_async_context(
                HubFactory(
                    settings,
                    self._environment,
                    on_attempt=on_attempt,
                    redactor=self.redactor,
                    shared_sign_ins=self._shared.sign_ins,
                )
            )
            if self._oauth is not None:
                stack.push_async_callback(self._oauth.aclose)
            uses_own_account = settings.identity == "server"
            hub = hubs.create_hub(fixed=True) if uses_own_account else hubs.create_hub_for(None)
            hub.warm_up()
            tool_context = build_tool_context(
                settings, hub, self._mutation_policy, hubs.registry_for, plans=self._shared.plans
            )
            gatekeeper = Gatekeeper(
                verifiers=self._verifiers,
                anonymous_caller=Caller("", Access.ADMIN),
                challenge=build_bearer_challenge(settings),
                tool_context=await stack.enter_async_context(self._shared.share_changes(tool_context)),
                account_pool=None if uses_own_account else self._create_account_pool(hubs),
                tool_filter=RequestToolFilter(self._registry),
                throttle=Throttle(),
                shared_failures=self._shared.failures,
            )
            app = create_http_app(
                partial(self._create_sdk_server, observers),
                self._build_app_config(),
                host_policy=build_host_policy(settings),
                gatekeeper=gatekeeper,
                readiness=ReadinessCheck(hub.check_connection),
                shutdown_event=shutdown_event,
                plain=self._create_plain_dispatcher(observers),
                metrics=self._metrics,
                metrics_token=self._metrics_token,
            )
            yield await stack.enter_async_context(app)

    def _create_plain_dispatcher(self, observers: Observers) -> PlainDispatcher:
        prebuilt = load_prebuilt_results(self._settings, self._registry.tool_names, lists_are_shared=False)
        return PlainDispatcher(prebuilt, observers, frozenset(self._registry.all_tool_names))

    def _create_sdk_server(self, observers: Observers) -> Any:
        """Load the SDK and create its server."""
        from dockerhub_mcp.server.elicitation import Elicitor  # noqa: PLC0415 - few requests need the SDK
        from dockerhub_mcp.server.factory import build_server  # noqa: PLC0415 - as above

        settings = self._settings
        return build_server(
            resolve_request_context,
            instructions=build_instructions(
                in_sandbox=settings.sandbox,
                names=settings.names,
                tools=self._registry.tool_names,
            ),
            elicitor=Elicitor(self._keys.keys, used_answers=self._shared.used_answers),
            lists_are_shared=False,
            in_sandbox=settings.sandbox,
            observers=observers,
            names=settings.names,
        )

    def _start_observers(self, stack: AsyncExitStack) -> Observers:
        """Start metrics and OpenTelemetry, as far as settings and variables ask for them."""
        observers = Observers()
        if self._metrics is not None:
            observers.registered.append(self._metrics)
        stack.enter_context(attach_telemetry(self._exporters, observers))
        return observers

    def _create_account_pool(self, hub_factory: HubFactory) -> AccountPool:
        return AccountPool(
            hub_factory.create_hub_for,
            hash_key=self._keys.keys[0],
            max_accounts=self._settings.max_identities,
            idle_timeout=_ACCOUNT_IDLE_SECONDS,
        )

    def _build_app_config(self) -> HTTPAppConfig:
        settings = self._settings
        return HTTPAppConfig(
            path=settings.path if settings.transport == "http" else "",
            sessions=settings.sessions,
            allowed_origins=[origin.lower() for origin in settings.allowed_origins],
            resource_metadata=self._oauth.build_resource_metadata(settings.public_url)
            if self._oauth
            else None,
            public_url=settings.public_url,
            requires_token=bool(self._verifiers) and self._oauth is None,
            max_calls=settings.max_calls,
            max_calls_per_caller=settings.max_calls_per_caller,
            max_sessions=settings.max_sessions,
            max_sessions_per_caller=settings.max_sessions_per_caller,
            session_timeout=settings.session_timeout,
        )


def _build_metrics(settings: Settings) -> PrometheusMetrics | None:
    """Return the metrics to collect; None without `--metrics`."""
    if not settings.metrics:
        return None
    from dockerhub_mcp.server.telemetry.prometheus import PrometheusMetrics  # noqa: PLC0415 - an extra

    return PrometheusMetrics(single_account=settings.identity == "server")

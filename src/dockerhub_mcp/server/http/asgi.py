"""Build the ASGI application: a list of middleware around the endpoints of the MCP server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from dockerhub_mcp.server.http.app_config import HTTPAppConfig, HTTPAppParts
from dockerhub_mcp.server.http.auth.account_pool import AccountPool
from dockerhub_mcp.server.http.auth.gatekeeper import Gatekeeper
from dockerhub_mcp.server.http.deferred_sdk import DeferredSDK, SessionConfig
from dockerhub_mcp.server.http.endpoints import (
    Endpoint,
    describe_legacy_sse,
    describe_streamable_http,
    dispatch_by_path,
)
from dockerhub_mcp.server.http.middleware.authentication import AuthenticationMiddleware
from dockerhub_mcp.server.http.middleware.body_limit import BodyLimitMiddleware
from dockerhub_mcp.server.http.middleware.concurrency_limit import (
    ConcurrencyLimiter,
    ConcurrencyLimitMiddleware,
)
from dockerhub_mcp.server.http.middleware.framing import RequestFramingMiddleware
from dockerhub_mcp.server.http.middleware.health import HealthMiddleware
from dockerhub_mcp.server.http.middleware.host_check import HostCheckMiddleware, HostOriginPolicy
from dockerhub_mcp.server.http.middleware.method_check import MethodCheckMiddleware
from dockerhub_mcp.server.http.middleware.metrics import MetricsMiddleware
from dockerhub_mcp.server.http.middleware.negotiation import NegotiationMiddleware
from dockerhub_mcp.server.http.middleware.path_check import PathCheckMiddleware
from dockerhub_mcp.server.http.middleware.rejections import RejectionMiddleware
from dockerhub_mcp.server.http.middleware.request_id import RequestIDMiddleware
from dockerhub_mcp.server.http.middleware.resource_metadata import ResourceMetadataMiddleware
from dockerhub_mcp.server.http.middleware.session_limit import SessionLimiter, SessionLimitMiddleware
from dockerhub_mcp.server.http.middleware.stream_limit import StreamLimiter, StreamLimitMiddleware
from dockerhub_mcp.server.http.middleware.unexpected_errors import UnexpectedErrorMiddleware
from dockerhub_mcp.server.http.plain_endpoint import PlainEndpoint
from dockerhub_mcp.server.http.readiness import ReadinessCheck
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent
from dockerhub_mcp.server.plain.dispatcher import PlainDispatcher

if TYPE_CHECKING:  # the SDK is loaded when it is needed; the metrics need an extra
    from mcp.server.lowlevel import Server

    from dockerhub_mcp.server.telemetry.prometheus import PrometheusMetrics

_FLUSH_DELAY = 0.1  # seconds for the last responses to leave over a stream before it ends
_EVICTION_INTERVAL = 60.0  # seconds between two removals of idle accounts


@asynccontextmanager
async def create_http_app(
    create_server: Callable[[], Server[Any]],
    config: HTTPAppConfig,
    *,
    host_policy: HostOriginPolicy,
    gatekeeper: Gatekeeper,
    readiness: ReadinessCheck,
    shutdown_event: ShutdownEvent,
    plain: PlainDispatcher | None = None,
    metrics: PrometheusMetrics | None = None,
    metrics_token: str = "",
    on_shutdown: Sequence[Callable[[], None]] = (),
) -> AsyncIterator[ASGIApp]:
    """Create the application, and run its background tasks until the block ends.

    Args:
        create_server: Creates the MCP server, which must resolve request contexts with
            `resolve_request_context`. Called once, when a request needs the SDK.
        config: Paths and limits.
        host_policy: Checks the Host and Origin headers.
        gatekeeper: Authenticates requests.
        readiness: Checks whether the Hub can be reached.
        shutdown_event: Announces that the server drains or stops.
        plain: Answers plain requests; None to pass all to the SDK.
        metrics: Metrics to count into and to serve at `/metrics`.
        metrics_token: The bearer token required to read them; empty for none.
        on_shutdown: Called when the server stops, to end calls that would last for ever.
    """
    call_limiter = _create_call_limiter(config)
    session_config = SessionConfig(
        sessions=config.sessions,
        max_sessions=config.max_sessions,
        session_timeout=config.session_timeout,
    )
    sdk = DeferredSDK(create_server, session_config, call_limiter)
    limits = {
        "max_per_caller": config.max_sessions_per_caller,
        "max_per_address": max(1, config.max_sessions // 2),
    }
    parts = HTTPAppParts(
        host_policy=host_policy,
        gatekeeper=gatekeeper,
        readiness=readiness,
        shutdown_event=shutdown_event,
        metrics=metrics,
        metrics_token=metrics_token,
        call_limiter=call_limiter,
        stream_limiter=StreamLimiter(config.max_sessions, **limits),
        session_limiter=SessionLimiter(
            **limits,
            is_open=sdk.is_open_session,
            is_full=lambda: sdk.open_sessions >= config.max_sessions,
        )
        if config.sessions and config.path
        else None,
    )
    endpoints = describe_legacy_sse(sdk.open_stream, sdk.post_message)
    if config.path:
        app = sdk.streamable_http
        if plain is not None:
            app = PlainEndpoint(plain, app, sessions=config.sessions)
        endpoints = {config.path: describe_streamable_http(app, sessions=config.sessions), **endpoints}
    accounts = gatekeeper.account_pool
    if metrics is not None:
        metrics.observe_open_resources(
            sessions=lambda: sdk.open_sessions,
            streams=lambda: parts.stream_limiter.open_streams,
            accounts=lambda: 0 if accounts is None else len(accounts),
        )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sdk.run)
        tasks.start_soon(_close_streams_when_stopping, parts, on_shutdown)
        if accounts is not None:
            tasks.start_soon(_evict_idle_accounts, accounts)
        yield wrap_app(dispatch_by_path(endpoints), list_middleware(config, parts, endpoints))
        tasks.cancel_scope.cancel()


def list_middleware(
    config: HTTPAppConfig, parts: HTTPAppParts, endpoints: Mapping[str, Endpoint]
) -> list[Middleware]:
    """Return the middleware that each request passes, outermost first.

    The order decides which rejection a client sees, and what an unauthenticated client can learn.
    """
    metrics = parts.metrics
    on_rejection = None if metrics is None else metrics.record_rejection
    rejections = Middleware(RejectionMiddleware, on_rejection=on_rejection, paths=list(endpoints))
    return [
        Middleware(RequestIDMiddleware),
        Middleware(UnexpectedErrorMiddleware),
        rejections,
        Middleware(RequestFramingMiddleware),
        Middleware(HealthMiddleware, readiness=parts.readiness, shutdown_event=parts.shutdown_event),
        *_list_metrics_middleware(parts),
        *_list_card_middleware(config),
        Middleware(HostCheckMiddleware, policy=parts.host_policy),
        *_list_cors_middleware(config, rejections),
        *_list_oauth_middleware(config),
        Middleware(PathCheckMiddleware, endpoints=endpoints),
        Middleware(AuthenticationMiddleware, gatekeeper=parts.gatekeeper),
        Middleware(MethodCheckMiddleware, endpoints=endpoints),
        Middleware(
            BodyLimitMiddleware,
            upload_limiter=_create_call_limiter(config),
            body_timeout=config.body_timeout,
        ),
        Middleware(NegotiationMiddleware, path=config.path),
        Middleware(ConcurrencyLimitMiddleware, limiter=parts.call_limiter),
        Middleware(StreamLimitMiddleware, limiter=parts.stream_limiter),
        *_list_session_middleware(config, parts),
    ]


def wrap_app(app: ASGIApp, middleware: Sequence[Middleware]) -> ASGIApp:
    """Return the application inside the middleware, of which the first is the outermost."""
    for cls, args, kwargs in reversed(middleware):
        app = cls(app, *args, **kwargs)
    return app


def _list_metrics_middleware(parts: HTTPAppParts) -> list[Middleware]:
    if parts.metrics is None:
        return []
    return [
        Middleware(
            MetricsMiddleware,
            metrics=parts.metrics,
            token=parts.metrics_token,
            host_policy=parts.host_policy,
        )
    ]


def _list_cors_middleware(config: HTTPAppConfig, rejections: Middleware) -> list[Middleware]:
    if not config.allowed_origins:
        return []
    from starlette.middleware.cors import CORSMiddleware  # noqa: PLC0415 - few servers need it

    cors = Middleware(
        CORSMiddleware,
        allow_origins=config.allowed_origins,
        allow_methods=("GET", "POST", "DELETE"),
        allow_headers=("*",),
        expose_headers=("Mcp-Session-Id", "WWW-Authenticate", "Retry-After"),
    )
    return [cors, rejections]  # inside CORS, so that a page can read why its request was rejected


def _list_card_middleware(config: HTTPAppConfig) -> list[Middleware]:
    if not config.public_url or not config.path:
        return []
    from dockerhub_mcp.server.http.middleware.server_card import ServerCardMiddleware  # noqa: PLC0415 - as above

    return [
        Middleware(
            ServerCardMiddleware,
            path=config.path,
            public_url=config.public_url,
            requires_token=config.requires_token,
        )
    ]


def _list_oauth_middleware(config: HTTPAppConfig) -> list[Middleware]:
    if config.resource_metadata is None:
        return []
    return [Middleware(ResourceMetadataMiddleware, metadata=config.resource_metadata)]


def _list_session_middleware(config: HTTPAppConfig, parts: HTTPAppParts) -> list[Middleware]:
    if parts.session_limiter is None:
        return []
    return [Middleware(SessionLimitMiddleware, limiter=parts.session_limiter, path=config.path)]


def _create_call_limiter(config: HTTPAppConfig) -> ConcurrencyLimiter:
    return ConcurrencyLimiter(max_calls=config.max_calls, max_calls_per_key=config.max_calls_per_caller)


async def _close_streams_when_stopping(
    parts: HTTPAppParts, on_shutdown: Sequence[Callable[[], None]]
) -> None:
    """End the open streams once the server stops and no call is under way, which may still use one."""
    await parts.shutdown_event.wait_until_stopping()
    for end in on_shutdown:
        end()
    while True:
        await parts.call_limiter.wait_until_idle()
        await anyio.sleep(_FLUSH_DELAY)
        if not parts.call_limiter.active_calls:
            parts.stream_limiter.closing.set()
            return


async def _evict_idle_accounts(accounts: AccountPool) -> None:
    while True:
        await anyio.sleep(_EVICTION_INTERVAL)
        accounts.evict_expired()

"""The ASGI application: what a request passes on its way to the MCP server.

Health first, since probes know neither names nor tokens. Then the name and the page that the request comes
by, the path, who calls, how much is under way, and the body; only then the SDK.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import anyio
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.lowlevel import Server
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.http.auth.gatekeeper import AuthenticatedRequest, Gatekeeper
from dockerhub_mcp.server.http.endpoints import (
    LIMIT_KEY,
    MESSAGES_PATH,
    BodyLimiter,
    LegacySSE,
    StreamableHTTPEndpoint,
    StreamLimiter,
)
from dockerhub_mcp.server.http.middleware.body_limit import ClientDisconnectedError
from dockerhub_mcp.server.http.middleware.concurrency_limit import ConcurrencyLimiter
from dockerhub_mcp.server.http.middleware.host_check import HostOriginPolicy
from dockerhub_mcp.server.http.readiness import ReadinessCheck
from dockerhub_mcp.server.http.responses import HTTPRejection, send_json
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent
from dockerhub_mcp.server.telemetry.instrumentation import REQUEST_SCOPE_KEY
from dockerhub_mcp.server.telemetry.prometheus import IDENTITIES, METRICS_PATH, SESSIONS, STREAMS, Metrics
from dockerhub_mcp.tools.request_context import RequestState, reset_current_request, set_current_request

logger = logging.getLogger(__name__)

App = ASGIApp
"""What serves requests: an ASGI application."""

SSE_PATH = "/sse"
RESOURCE_METADATA_PATH = "/.well-known/oauth-protected-resource"
_CONTEXT_KEY = "dockerhub_mcp.service"
_CONNECTION_CLOSE = {"connection": "close"}
_FLUSH_DELAY = 0.1  # seconds for the last answers to leave by a stream before it ends


def resolve_request_context(ctx: Any) -> RequestContext:
    """Return what a request over HTTP is served with, as the entrance settled it."""
    service: RequestContext = ctx.request.scope[_CONTEXT_KEY]
    return service


@dataclass(frozen=True, kw_only=True, slots=True)
class HTTPAppConfig:
    """What the HTTP side is made of.

    Attributes:
        path: Where streamable HTTP is; empty for nowhere.
        sse: Whether the older SSE is served too.
        sessions: Whether clients of 2025-11-25 and before have sessions.
        allowed_origins: Web pages that may call.
        resource_metadata: The document about how to get a token (RFC 9728).
        max_calls: Calls at once.
        max_calls_per_caller: Calls of one caller at once.
        max_sessions: Sessions at once, and standing streams.
        session_timeout: Seconds after which a quiet session ends.
        body_timeout: Seconds for a client to send the body of a request.
    """

    path: str = "/mcp"
    sse: bool = True
    sessions: bool = False
    allowed_origins: Sequence[str] = ()
    resource_metadata: dict[str, Any] | None = None
    max_calls: int = 256
    max_calls_per_caller: int = 128
    max_sessions: int = 1000
    session_timeout: float = 1800.0
    body_timeout: float = 30.0


@asynccontextmanager
async def create_http_app(
    server: Server[Any],
    config: HTTPAppConfig,
    *,
    host_policy: HostOriginPolicy,
    gatekeeper: Gatekeeper,
    readiness: ReadinessCheck,
    shutdown_event: ShutdownEvent,
    metrics: Metrics | None = None,
    on_shutdown: Sequence[Callable[[], None]] = (),
) -> AsyncIterator[ASGIApp]:
    """Make the application, and keep what it needs while it runs.

    Args:
        server: Made by `build` with `service_of`, or by `assemble`.
        config: What it is made of.
        host_policy: Checks Host and Origin.
        gatekeeper: Lets callers in.
        readiness: What `/readyz` tells.
        shutdown_event: Tells when the server is about to stop.
        metrics: Counts, and tells the numbers.
        on_shutdown: Called then, to end what would go on for ever.
    """
    gate = ConcurrencyLimiter(max_calls=config.max_calls, max_calls_per_key=config.max_calls_per_caller)
    standing = StreamLimiter(config.max_sessions)
    intake = BodyLimiter(gate, body_timeout=config.body_timeout)
    streamable = StreamableHTTPEndpoint(
        server,
        intake,
        standing,
        sessions=config.sessions,
        max_sessions=config.max_sessions,
        session_timeout=config.session_timeout,
    )
    routes: dict[str, ASGIApp] = {}
    if config.path:
        routes[config.path] = streamable
    if config.sse:
        older = LegacySSE(server, gate, intake, standing)
        routes |= {SSE_PATH: older.handle_sse, MESSAGES_PATH: older.handle_post_message}

    async def close_streams_on_shutdown() -> None:
        await shutdown_event.wait()
        for end in on_shutdown:
            end()
        while True:
            await gate.wait_until_idle()
            await anyio.sleep(_FLUSH_DELAY)
            if not gate.active_calls:
                standing.closing.set()
                return

    async def evict_idle_accounts() -> None:
        while gatekeeper.account_pool is not None:
            await anyio.sleep(60)
            gatekeeper.account_pool.evict_expired()

    async with streamable.session_manager.run(), anyio.create_task_group() as tasks:
        tasks.start_soon(close_streams_on_shutdown)
        tasks.start_soon(evict_idle_accounts)
        if metrics is not None:
            accounts = gatekeeper.account_pool
            tasks.start_soon(
                metrics.watch,
                {
                    SESSIONS: lambda: streamable.open_sessions,
                    STREAMS: lambda: standing.open_streams,
                    IDENTITIES: lambda: 0 if accounts is None else len(accounts),
                },
            )
        yield _HTTPApplication(
            config,
            routes,
            host_policy=host_policy,
            gatekeeper=gatekeeper,
            readiness=readiness,
            shutdown_event=shutdown_event,
            metrics=metrics,
        )
        tasks.cancel_scope.cancel()


class _HTTPApplication:
    def __init__(
        self,
        config: HTTPAppConfig,
        routes: dict[str, ASGIApp],
        *,
        host_policy: HostOriginPolicy,
        gatekeeper: Gatekeeper,
        readiness: ReadinessCheck,
        shutdown_event: ShutdownEvent,
        metrics: Metrics | None = None,
    ) -> None:
        self._config, self._host_policy, self._gatekeeper = config, host_policy, gatekeeper
        self._readiness, self._shutdown_event, self._metrics = readiness, shutdown_event, metrics
        self._routes = {path: AuthContextMiddleware(app) for path, app in routes.items()}
        self._metadata_paths: set[str] = set()
        if config.resource_metadata is not None:  # at the root too, where older clients look for it
            self._metadata_paths = {
                RESOURCE_METADATA_PATH,
                RESOURCE_METADATA_PATH + urlsplit(config.resource_metadata["resource"]).path.rstrip("/"),
            }
        self._app: ASGIApp = self._route_request
        if config.allowed_origins:
            self._app = CORSMiddleware(
                self._route_request,
                allow_origins=config.allowed_origins,
                allow_methods=("GET", "POST", "DELETE"),
                allow_headers=("*",),
                expose_headers=("Mcp-Session-Id", "WWW-Authenticate", "Retry-After"),
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # no WebSocket, and no lifespan: the application is entered as a context
        request = scope[REQUEST_SCOPE_KEY] = RequestState()
        token = set_current_request(request)
        try:
            await self._handle_request(request, scope, receive, send)
        finally:
            reset_current_request(token)

    async def _handle_request(
        self, request: RequestState, scope: Scope, receive: Receive, send: Send
    ) -> None:
        begun = False

        async def send_tracked(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            if not _has_unambiguous_framing(scope):
                refusal = HTTPRejection(
                    400, "Content-Length and Transfer-Encoding exclude one another.", _CONNECTION_CLOSE
                )
                await self._send_rejection(refusal, scope, send_tracked)
                return
            if scope["path"] in {"/healthz", "/readyz"}:
                await self._handle_health(scope, send_tracked)
                return
            try:
                if self._metrics is not None and scope["path"] == METRICS_PATH:
                    await self._metrics.handle_scrape(scope, send_tracked, self._host_policy)
                    return
                self._host_policy.check_headers(Headers(scope=scope))
            except HTTPRejection as refusal:
                await self._send_rejection(refusal, scope, send_tracked)
                return
            await self._app(scope, receive, send_tracked)
        except ClientDisconnectedError:
            logger.debug("a client hung up")
        except Exception:
            logger.exception("a request failed", extra={"request_id": request.id})
            if begun:
                raise  # the answer is broken off, and the client should see that
            msg = f"The server has a fault of its own; its log tells more under {request.id}."
            await HTTPRejection(500, msg).send_response(send)

    async def _route_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["path"] in self._metadata_paths:
                _require_get(scope)
                await send_json(send, 200, self._config.resource_metadata)
                return
            app = self._find_app(scope["path"])
            client = scope.get("client")
            admitted = await self._gatekeeper.authenticate_request(
                Headers(scope=scope), client[0] if client else ""
            )
            await app(_build_authenticated_scope(scope, admitted), receive, send)
        except HTTPRejection as refusal:
            await self._send_rejection(refusal, scope, send)

    async def _send_rejection(self, rejection: HTTPRejection, scope: Scope, send: Send) -> None:
        client = scope.get("client")
        if self._metrics is not None:
            self._metrics.record_rejection(rejection.status)
        logger.info("refused", extra={"status": rejection.status, "address": client[0] if client else ""})
        await rejection.send_response(send)

    async def _handle_health(self, scope: Scope, send: Send) -> None:
        try:
            _require_get(scope)
        except HTTPRejection as refusal:
            await refusal.send_response(send)
            return
        trouble = ""
        if scope["path"] == "/readyz":
            trouble = (
                "the server is about to stop"
                if self._shutdown_event.has_started
                else await self._readiness.get_failure_reason()
            )
        body = {"status": "not ready", "reason": trouble} if trouble else {"status": "ok"}
        await send_json(send, 503 if trouble else 200, body)

    def _find_app(self, path: str) -> ASGIApp:
        if path not in self._routes:
            offered = " and ".join(known for known in self._routes if known != MESSAGES_PATH)
            msg = f"There is nothing here. MCP is at {offered}."
            raise HTTPRejection(404, msg)
        return self._routes[path]


def _has_unambiguous_framing(scope: Scope) -> bool:
    """Tell whether the end of the request is where a proxy in front sees it too (RFC 9112, 6.1)."""
    return not {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}


def _require_get(scope: Scope) -> None:
    if scope["method"] not in {"GET", "HEAD"}:
        raise HTTPRejection(405, "Only GET.", {"allow": "GET, HEAD"})


def _build_authenticated_scope(scope: Scope, authenticated: AuthenticatedRequest) -> Scope:
    """Return the scope with what the entrance settled; the SDK keeps sessions apart by the user in it."""
    caller = authenticated.caller
    token = AccessToken(
        token="",  # the SDK needs none, and what is not there cannot leak
        client_id=caller.name or "local",
        scopes=[],
        subject=f"{caller.subject} {authenticated.account_key}".strip() or None,
        claims={"iss": caller.issuer} if caller.issuer else None,
    )
    return {
        **scope,
        _CONTEXT_KEY: authenticated.context,
        LIMIT_KEY: authenticated.limit_key,
        "user": AuthenticatedUser(token),
    }

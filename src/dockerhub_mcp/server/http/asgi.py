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

from dockerhub_mcp.server.factory import Service
from dockerhub_mcp.server.http.auth.gatekeeper import Admitted, Entrance
from dockerhub_mcp.server.http.endpoints import MESSAGES, WHO, Intake, OlderSSE, Standing, StreamableHTTP
from dockerhub_mcp.server.http.middleware.body_limit import ClientGoneError
from dockerhub_mcp.server.http.middleware.concurrency_limit import Gate
from dockerhub_mcp.server.http.middleware.host_check import Front
from dockerhub_mcp.server.http.readiness import Readiness
from dockerhub_mcp.server.http.responses import Refusal, answer_json
from dockerhub_mcp.server.http.runtime.shutdown import Drain
from dockerhub_mcp.server.telemetry.instrumentation import REQUEST
from dockerhub_mcp.server.telemetry.prometheus import IDENTITIES, METRICS, SESSIONS, STREAMS, Metrics
from dockerhub_mcp.tools.request_context import Request, enter, leave

logger = logging.getLogger(__name__)

App = ASGIApp
"""What serves requests: an ASGI application."""

SSE = "/sse"
METADATA = "/.well-known/oauth-protected-resource"
_SERVICE = "dockerhub_mcp.service"
_CLOSE = {"connection": "close"}
_FLUSH = 0.1  # seconds for the last answers to leave by a stream before it ends


def service_of(ctx: Any) -> Service:
    """Return what a request over HTTP is served with, as the entrance settled it."""
    service: Service = ctx.request.scope[_SERVICE]
    return service


@dataclass(frozen=True, kw_only=True, slots=True)
class Web:
    """What the HTTP side is made of.

    Attributes:
        path: Where streamable HTTP is; empty for nowhere.
        sse: Whether the older SSE is served too.
        sessions: Whether clients of 2025-11-25 and before have sessions.
        origins: Web pages that may call.
        metadata: The document about how to get a token (RFC 9728).
        max_calls: Calls at once.
        max_calls_per_caller: Calls of one caller at once.
        max_sessions: Sessions at once, and standing streams.
        session_timeout: Seconds after which a quiet session ends.
        body_within: Seconds for a client to send the body of a request.
    """

    path: str = "/mcp"
    sse: bool = True
    sessions: bool = False
    origins: Sequence[str] = ()
    metadata: dict[str, Any] | None = None
    max_calls: int = 256
    max_calls_per_caller: int = 128
    max_sessions: int = 1000
    session_timeout: float = 1800.0
    body_within: float = 30.0


@asynccontextmanager
async def web_app(
    server: Server[Any],
    web: Web,
    *,
    front: Front,
    entrance: Entrance,
    readiness: Readiness,
    drain: Drain,
    metrics: Metrics | None = None,
    on_drain: Sequence[Callable[[], None]] = (),
) -> AsyncIterator[ASGIApp]:
    """Make the application, and keep what it needs while it runs.

    Args:
        server: Made by `build` with `service_of`, or by `assemble`.
        web: What it is made of.
        front: Checks Host and Origin.
        entrance: Lets callers in.
        readiness: What `/readyz` tells.
        drain: Tells when the server is about to stop.
        metrics: Counts, and tells the numbers.
        on_drain: Called then, to end what would go on for ever.
    """
    gate = Gate(most=web.max_calls, each=web.max_calls_per_caller)
    standing = Standing(web.max_sessions)
    intake = Intake(gate, body_within=web.body_within)
    streamable = StreamableHTTP(
        server,
        intake,
        standing,
        sessions=web.sessions,
        max_sessions=web.max_sessions,
        session_timeout=web.session_timeout,
    )
    routes: dict[str, ASGIApp] = {}
    if web.path:
        routes[web.path] = streamable
    if web.sse:
        older = OlderSSE(server, gate, intake, standing)
        routes |= {SSE: older.stream, MESSAGES: older.message}

    async def finish() -> None:
        await drain.wait()
        for end in on_drain:
            end()
        while True:
            await gate.empty()
            await anyio.sleep(_FLUSH)
            if not gate.calls:
                standing.over.set()
                return

    async def sweep() -> None:
        while entrance.identities is not None:
            await anyio.sleep(60)
            entrance.identities.sweep()

    async with streamable.manager.run(), anyio.create_task_group() as tasks:
        tasks.start_soon(finish)
        tasks.start_soon(sweep)
        if metrics is not None:
            accounts = entrance.identities
            tasks.start_soon(
                metrics.watch,
                {
                    SESSIONS: lambda: streamable.open_sessions,
                    STREAMS: lambda: standing.open,
                    IDENTITIES: lambda: 0 if accounts is None else len(accounts),
                },
            )
        yield _Application(
            web, routes, front=front, entrance=entrance, readiness=readiness, drain=drain, metrics=metrics
        )
        tasks.cancel_scope.cancel()


class _Application:
    def __init__(
        self,
        web: Web,
        routes: dict[str, ASGIApp],
        *,
        front: Front,
        entrance: Entrance,
        readiness: Readiness,
        drain: Drain,
        metrics: Metrics | None = None,
    ) -> None:
        self._web, self._front, self._entrance = web, front, entrance
        self._readiness, self._drain, self._metrics = readiness, drain, metrics
        self._routes = {path: AuthContextMiddleware(app) for path, app in routes.items()}
        self._metadata_at: set[str] = set()
        if web.metadata is not None:  # at the root too, where older clients look for it
            self._metadata_at = {METADATA, METADATA + urlsplit(web.metadata["resource"]).path.rstrip("/")}
        self._inner: ASGIApp = self._route
        if web.origins:
            self._inner = CORSMiddleware(
                self._route,
                allow_origins=web.origins,
                allow_methods=("GET", "POST", "DELETE"),
                allow_headers=("*",),
                expose_headers=("Mcp-Session-Id", "WWW-Authenticate", "Retry-After"),
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # no WebSocket, and no lifespan: the application is entered as a context
        request = scope[REQUEST] = Request()
        token = enter(request)
        try:
            await self._serve(request, scope, receive, send)
        finally:
            leave(token)

    async def _serve(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            if not _is_unambiguous(scope):
                refusal = Refusal(400, "Content-Length and Transfer-Encoding exclude one another.", _CLOSE)
                await self._refuse(refusal, scope, watched)
                return
            if scope["path"] in {"/healthz", "/readyz"}:
                await self._health(scope, watched)
                return
            try:
                if self._metrics is not None and scope["path"] == METRICS:
                    await self._metrics.answer(scope, watched, self._front)
                    return
                self._front.check(Headers(scope=scope))
            except Refusal as refusal:
                await self._refuse(refusal, scope, watched)
                return
            await self._inner(scope, receive, watched)
        except ClientGoneError:
            logger.debug("a client hung up")
        except Exception:
            logger.exception("a request failed", extra={"request_id": request.id})
            if begun:
                raise  # the answer is broken off, and the client should see that
            msg = f"The server has a fault of its own; its log tells more under {request.id}."
            await Refusal(500, msg).answer(send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["path"] in self._metadata_at:
                _only_get(scope)
                await answer_json(send, 200, self._web.metadata)
                return
            app = self._app_at(scope["path"])
            client = scope.get("client")
            admitted = await self._entrance.admit(Headers(scope=scope), client[0] if client else "")
            await app(_with(scope, admitted), receive, send)
        except Refusal as refusal:
            await self._refuse(refusal, scope, send)

    async def _refuse(self, refusal: Refusal, scope: Scope, send: Send) -> None:
        client = scope.get("client")
        if self._metrics is not None:
            self._metrics.refused(refusal.status)
        logger.info("refused", extra={"status": refusal.status, "address": client[0] if client else ""})
        await refusal.answer(send)

    async def _health(self, scope: Scope, send: Send) -> None:
        try:
            _only_get(scope)
        except Refusal as refusal:
            await refusal.answer(send)
            return
        trouble = ""
        if scope["path"] == "/readyz":
            trouble = "the server is about to stop" if self._drain.begun else await self._readiness.trouble()
        body = {"status": "not ready", "reason": trouble} if trouble else {"status": "ok"}
        await answer_json(send, 503 if trouble else 200, body)

    def _app_at(self, path: str) -> ASGIApp:
        if path not in self._routes:
            offered = " and ".join(known for known in self._routes if known != MESSAGES)
            msg = f"There is nothing here. MCP is at {offered}."
            raise Refusal(404, msg)
        return self._routes[path]


def _is_unambiguous(scope: Scope) -> bool:
    """Tell whether the end of the request is where a proxy in front sees it too (RFC 9112, 6.1)."""
    return not {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}


def _only_get(scope: Scope) -> None:
    if scope["method"] not in {"GET", "HEAD"}:
        raise Refusal(405, "Only GET.", {"allow": "GET, HEAD"})


def _with(scope: Scope, admitted: Admitted) -> Scope:
    """Return the scope with what the entrance settled; the SDK keeps sessions apart by the user in it."""
    caller = admitted.caller
    token = AccessToken(
        token="",  # the SDK needs none, and what is not there cannot leak
        client_id=caller.name or "local",
        scopes=[],
        subject=f"{caller.subject} {admitted.account}".strip() or None,
        claims={"iss": caller.issuer} if caller.issuer else None,
    )
    return {**scope, _SERVICE: admitted.service, WHO: admitted.who, "user": AuthenticatedUser(token)}

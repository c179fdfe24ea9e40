"""Connect the MCP server to HTTP: streamable HTTP, and the deprecated HTTP+SSE transport."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.sse import SseServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.http.middleware.body_limit import MAX_BODY_BYTES
from dockerhub_mcp.server.http.middleware.concurrency_limit import ConcurrencyLimiter
from dockerhub_mcp.server.http.scope_keys import LIMIT_KEY

SSE_PATH, MESSAGES_PATH = "/sse", "/messages/"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The application at one path.

    Attributes:
        app: Serves requests that have passed all middleware.
        methods: The HTTP methods that it supports.
        method_hint: The error message for another method.
    """

    app: ASGIApp
    methods: tuple[str, ...]
    method_hint: str


def dispatch_by_path(endpoints: Mapping[str, Endpoint]) -> ASGIApp:
    """Return the innermost application, which passes each request to the endpoint of its path."""

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await endpoints[scope["path"]].app(scope, receive, send)

    return dispatch


class StreamableHTTP:
    """The streamable HTTP transport, for all protocol versions that the SDK supports.

    Args:
        server: The MCP server.
        sessions: Whether clients of protocol 2025-11-25 and earlier get sessions.
        max_sessions: The most sessions at a time.
        session_timeout: Seconds of inactivity after which a session ends.
    """

    def __init__(
        self, server: Server[Any], *, sessions: bool, max_sessions: int, session_timeout: float
    ) -> None:
        self._sessions = sessions
        self.session_manager = StreamableHTTPSessionManager(
            server,
            stateless=not sessions,
            max_request_body_size=MAX_BODY_BYTES,
            max_sessions=max_sessions,
            session_idle_timeout=session_timeout,
        )

    @property
    def open_sessions(self) -> int:
        """The number of sessions; the SDK has no public name for it."""
        return len(self.session_manager._server_instances)  # noqa: SLF001

    def is_open_session(self, session_id: str) -> bool:
        """Return whether a session is open."""
        return session_id in self.session_manager._server_instances  # noqa: SLF001 - as above

    def as_endpoint(self) -> Endpoint:
        """Return the endpoint; GET and DELETE belong to sessions."""
        app = self.session_manager.asgi_app
        if self._sessions:
            return Endpoint(app, ("GET", "POST", "DELETE"), "Only GET, POST and DELETE.")
        return Endpoint(
            app,
            ("POST",),
            "Only POST: this server keeps no sessions (--sessions), so there is no stream to open or end.",
        )


class LegacySSE:
    """The HTTP+SSE transport of protocol 2024-11-05: a stream, and a path to post messages to.

    An inactive session is not ended: its client holds the stream open, and would not reconnect by itself.

    Args:
        server: The MCP server; a middleware is added to it.
        call_limiter: Counts the calls of SSE sessions.
    """

    def __init__(self, server: Server[Any], call_limiter: ConcurrencyLimiter) -> None:
        self._server, self._call_limiter = server, call_limiter
        self._transport = SseServerTransport(MESSAGES_PATH, max_request_body_size=MAX_BODY_BYTES)
        server.middleware.append(self._track_session_call)

    def as_endpoints(self) -> dict[str, Endpoint]:
        """Return both endpoints by path."""
        return {
            SSE_PATH: Endpoint(
                self._run_session,
                ("GET",),
                "Only GET: this is the stream of the HTTP+SSE transport; streamable HTTP has its own path.",
            ),
            MESSAGES_PATH: Endpoint(
                self._transport.handle_post_message,
                ("POST",),
                "Only POST: this path receives messages of the HTTP+SSE transport.",
            ),
        }

    async def _run_session(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._transport.connect_sse(scope, receive, send) as (inbound, outbound):
            await self._server.run(inbound, outbound, self._server.create_initialization_options())

    async def _track_session_call(
        self, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        """Count a call of an SSE session until it ends; its POST is answered long before."""
        scope = getattr(ctx.request, "scope", {})
        if scope.get("path") != MESSAGES_PATH:
            return await call_next(ctx)
        with self._call_limiter.track_call(scope[LIMIT_KEY]):
            return await call_next(ctx)

"""Connect the SDK's server to HTTP: streamable HTTP, and the deprecated HTTP+SSE transport.

Importing this module loads the SDK.
"""

from __future__ import annotations

from typing import Any

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.sse import SseServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.http.auth.gatekeeper import AuthenticatedRequest
from dockerhub_mcp.server.http.endpoints import MESSAGES_PATH
from dockerhub_mcp.server.http.middleware.body_limit import MAX_BODY_BYTES
from dockerhub_mcp.server.http.middleware.concurrency_limit import ConcurrencyLimiter
from dockerhub_mcp.server.http.scope_keys import AUTHENTICATED_KEY, LIMIT_KEY


class SDKEndpoints:
    """The SDK's transports as ASGI applications.

    Args:
        server: The MCP server; a middleware is added to it.
        sessions: Whether clients of protocol 2025-11-25 and earlier get sessions.
        max_sessions: The most sessions at a time.
        session_timeout: Seconds of inactivity after which a session ends.
        call_limiter: Counts the calls of HTTP+SSE.

    Attributes:
        session_manager: Serves streamable HTTP while its `run()` is entered.
        streamable_http: The streamable HTTP transport, for all protocol versions that the SDK supports.
        open_stream: The stream of HTTP+SSE.
        post_message: The path to post messages of HTTP+SSE to.
    """

    def __init__(
        self,
        server: Server[Any],
        *,
        sessions: bool,
        max_sessions: int,
        session_timeout: float,
        call_limiter: ConcurrencyLimiter,
    ) -> None:
        self.session_manager = StreamableHTTPSessionManager(
            server,
            stateless=not sessions,
            max_request_body_size=MAX_BODY_BYTES,
            max_sessions=max_sessions,
            session_idle_timeout=session_timeout,
        )
        legacy_sse = _LegacySSE(server, call_limiter)
        self.streamable_http = _add_user(self.session_manager.asgi_app)
        self.open_stream = _add_user(legacy_sse.open_stream)
        self.post_message = _add_user(legacy_sse.post_message)

    @property
    def open_sessions(self) -> int:
        """The number of sessions; the SDK has no public name for it."""
        return len(self.session_manager._server_instances)  # noqa: SLF001

    def is_open_session(self, session_id: str) -> bool:
        """Return whether a session is open."""
        return session_id in self.session_manager._server_instances  # noqa: SLF001 - as above


class _LegacySSE:
    """The HTTP+SSE transport of protocol 2024-11-05: a stream, and a path to post messages to.

    An inactive session is not ended: its client holds the stream open, and would not reconnect by itself.
    """

    def __init__(self, server: Server[Any], call_limiter: ConcurrencyLimiter) -> None:
        self._server, self._call_limiter = server, call_limiter
        self._transport = SseServerTransport(MESSAGES_PATH, max_request_body_size=MAX_BODY_BYTES)
        self.post_message: ASGIApp = self._transport.handle_post_message
        server.middleware.append(self._track_session_call)

    async def open_stream(self, scope: Scope, receive: Receive, send: Send) -> None:
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


def _add_user(app: ASGIApp) -> ASGIApp:
    """Return an application in which the SDK finds the user that owns its sessions."""
    app_with_context = AuthContextMiddleware(app)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        user = _create_user(scope[AUTHENTICATED_KEY])
        await app_with_context({**scope, "user": user}, receive, send)

    return serve


def _create_user(authenticated: AuthenticatedRequest) -> AuthenticatedUser:
    """Return the user that owns the SDK's sessions: the caller together with the Docker account."""
    caller = authenticated.caller
    return AuthenticatedUser(
        AccessToken(
            token="",  # the SDK does not need it, and an absent token cannot leak
            client_id=caller.name or "local",
            scopes=[],
            subject=f"{caller.subject} {authenticated.account_key}".strip() or None,
            claims={"iss": caller.issuer} if caller.issuer else None,
        )
    )

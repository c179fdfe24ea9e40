"""Give each HTTP request an id."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.telemetry.observers import REQUEST_SCOPE_KEY
from dockerhub_mcp.tools.request_context import RequestState, reset_current_request, set_current_request


class RequestIDMiddleware:
    """Sets the current `RequestState` while a request is served, so that log lines carry its id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve an HTTP request; ignore WebSockets and lifespan events, which this server does not use."""
        if scope["type"] != "http":
            return
        request = scope[REQUEST_SCOPE_KEY] = RequestState()
        token = set_current_request(request)
        try:
            await self._app(scope, receive, send)
        finally:
            reset_current_request(token)

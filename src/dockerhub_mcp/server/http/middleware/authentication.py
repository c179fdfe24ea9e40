"""Authenticate requests."""

from __future__ import annotations

from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.http.auth.gatekeeper import Gatekeeper
from dockerhub_mcp.server.http.headers import get_headers
from dockerhub_mcp.server.http.scope_keys import AUTHENTICATED_KEY, CONNECTION_KEY, CONTEXT_KEY, LIMIT_KEY


class AuthenticationMiddleware:
    """Authenticates each request, and puts the result, its context and its limit key into the scope."""

    def __init__(self, app: ASGIApp, *, gatekeeper: Gatekeeper) -> None:
        self._app, self._gatekeeper = app, gatekeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            HTTPRejection: The request is not authenticated, or not allowed.
        """
        address = (scope.get("client") or ("",))[0]
        authenticated = await self._gatekeeper.authenticate_request(get_headers(scope), address)
        limit_key = authenticated.limit_key
        connection = scope.get("state", {}).get(CONNECTION_KEY)
        if connection is not None:
            connection.mark_authenticated(limit_key)
        added = {
            AUTHENTICATED_KEY: authenticated,
            CONTEXT_KEY: authenticated.context,
            LIMIT_KEY: limit_key,
        }
        await self._app({**scope, **added}, receive, send)


def resolve_request_context(ctx: Any) -> RequestContext:
    """Return the context that authentication put into the scope of the SDK's current request."""
    context: RequestContext = ctx.request.scope[CONTEXT_KEY]
    return context

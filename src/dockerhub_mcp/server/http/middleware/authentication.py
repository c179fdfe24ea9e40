"""Authenticate requests."""

from __future__ import annotations

from typing import Any

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.http.auth.gatekeeper import AuthenticatedRequest, Gatekeeper
from dockerhub_mcp.server.http.scope_keys import CONNECTION_KEY, CONTEXT_KEY, LIMIT_KEY


class AuthenticationMiddleware:
    """Authenticates each request, and puts its context, user and limit key into the scope."""

    def __init__(self, app: ASGIApp, *, gatekeeper: Gatekeeper) -> None:
        self._app, self._gatekeeper = app, gatekeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            HTTPRejection: The request is not authenticated, or not allowed.
        """
        address = (scope.get("client") or ("",))[0]
        authenticated = await self._gatekeeper.authenticate_request(Headers(scope=scope), address)
        connection = scope.get("state", {}).get(CONNECTION_KEY)
        if connection is not None:
            connection.mark_authenticated(authenticated.limit_key)
        added = {
            CONTEXT_KEY: authenticated.context,
            LIMIT_KEY: authenticated.limit_key,
            "user": _create_user(authenticated),
        }
        await self._app({**scope, **added}, receive, send)


def resolve_request_context(ctx: Any) -> RequestContext:
    """Return the context that authentication put into the scope of the SDK's current request."""
    context: RequestContext = ctx.request.scope[CONTEXT_KEY]
    return context


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

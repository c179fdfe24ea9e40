"""Reject HTTP methods that an endpoint does not support."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.http.endpoints import Endpoint
from dockerhub_mcp.server.http.responses import HTTPRejection


class MethodCheckMiddleware:
    """Rejects a method that the endpoint of the request's path does not list."""

    def __init__(self, app: ASGIApp, *, endpoints: Mapping[str, Endpoint]) -> None:
        self._app, self._endpoints = app, endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            HTTPRejection: 405, with the supported methods.
        """
        endpoint = self._endpoints[scope["path"]]
        if scope["method"] not in endpoint.methods:
            raise HTTPRejection(405, endpoint.method_hint, {"allow": ", ".join(endpoint.methods)})
        await self._app(scope, receive, send)

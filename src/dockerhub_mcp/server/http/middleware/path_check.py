"""Find the endpoint of a path before authentication, and reject unknown paths."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.http.endpoints import MESSAGES_PATH, Endpoint
from dockerhub_mcp.server.http.responses import HTTPRejection


class PathCheckMiddleware:
    """Rejects requests for paths that no endpoint has, with or without a slash at the end."""

    def __init__(self, app: ASGIApp, *, endpoints: Mapping[str, Endpoint]) -> None:
        self._app, self._endpoints = app, endpoints
        self._paths = {path.removesuffix("/"): path for path in endpoints if path != MESSAGES_PATH}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            HTTPRejection: 404; the message names the paths of MCP.
        """
        path = scope["path"]
        if path not in self._endpoints:
            path = self._paths.get(path.removesuffix("/"), "")
        if not path:
            offered = " and ".join(path for path in self._endpoints if path != MESSAGES_PATH)
            msg = f"There is nothing here. MCP is at {offered}."
            raise HTTPRejection(404, msg)
        await self._app(scope if path == scope["path"] else {**scope, "path": path}, receive, send)

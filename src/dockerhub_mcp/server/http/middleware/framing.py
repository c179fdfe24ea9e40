"""Reject requests with an ambiguous end, which a proxy could see elsewhere (request smuggling)."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.http.headers import get_headers
from dockerhub_mcp.server.http.responses import HTTPRejection


class RequestFramingMiddleware:
    """Rejects a request that has both Content-Length and Transfer-Encoding (RFC 9112, section 6.1)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            HTTPRejection: 400; the connection is closed, because what follows on it may be smuggled.
        """
        headers = get_headers(scope)
        if "transfer-encoding" in headers and "content-length" in headers:
            msg = "Content-Length and Transfer-Encoding exclude one another."
            raise HTTPRejection(400, msg, {"connection": "close"})
        await self._app(scope, receive, send)

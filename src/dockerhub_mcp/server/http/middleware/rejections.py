"""Turn rejections raised by inner middleware into responses."""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.http.responses import HTTPRejection

logger = logging.getLogger(__name__)


class RejectionMiddleware:
    """Sends, logs and counts each `HTTPRejection`.

    Args:
        app: The next application.
        on_rejection: Called with the HTTP status of each rejection; None to count nothing.
    """

    def __init__(self, app: ASGIApp, *, on_rejection: Callable[[int], None] | None = None) -> None:
        self._app, self._on_rejection = app, on_rejection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        try:
            await self._app(scope, receive, send)
        except HTTPRejection as rejection:
            if self._on_rejection is not None:
                self._on_rejection(rejection.status)
            address = (scope.get("client") or ("",))[0]
            logger.info("rejected", extra={"status": rejection.status, "address": address})
            await rejection.send_response(send)

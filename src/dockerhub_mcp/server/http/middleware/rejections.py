"""Turn rejections raised by inner middleware into responses."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.server.http.responses import HTTPRejection

logger = logging.getLogger(__name__)

_MAX_LOGGED_TEXT = 100  # characters


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
            log_rejection(rejection, scope)
            await rejection.send_response(send)


def log_rejection(rejection: HTTPRejection, scope: Scope) -> None:
    """Log what was asked for, by which address, and why it was rejected.

    The query is left out: clients may put secrets into it.
    """
    fields: dict[str, Any] = {
        "status": rejection.status,
        "method": to_single_line(scope["method"], _MAX_LOGGED_TEXT),
        "path": to_single_line(scope["path"], _MAX_LOGGED_TEXT),
        "address": (scope.get("client") or ("",))[0],
        "reason": to_single_line(rejection.message),
        **{name: to_single_line(value, _MAX_LOGGED_TEXT) for name, value in rejection.log_fields.items()},
    }
    logger.info("rejected", extra=fields)

"""Turn rejections raised by inner middleware into responses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.server.http.responses import HTTPRejection

logger = logging.getLogger(__name__)

_MAX_LOGGED_TEXT = 100  # characters
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_PATH_WORDS = frozenset(
    {
        "mcp",
        "sse",
        "messages",
        "healthz",
        "readyz",
        "metrics",
        "server-card",
        ".well-known",
        "ai-catalog.json",
        "oauth-protected-resource",
        "oauth-authorization-server",
        "openid-configuration",
        "authorize",
        "register",
        "token",
        "v1",
    }
)
"""What paths of this server and of those that clients try consist of, which is no secret."""


class RejectionMiddleware:
    """Sends, logs and counts each `HTTPRejection`.

    Args:
        app: The next application.
        on_rejection: Called with the HTTP status of each rejection; None to count nothing.
        paths: The paths of this server, which log lines may name.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        on_rejection: Callable[[int], None] | None = None,
        paths: Iterable[str] = (),
    ) -> None:
        self._app, self._on_rejection = app, on_rejection
        self._path_words = _PATH_WORDS.union(*(path.split("/") for path in paths))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        try:
            await self._app(scope, receive, send)
        except HTTPRejection as rejection:
            if self._on_rejection is not None:
                self._on_rejection(rejection.status)
            log_rejection(rejection, scope, self._path_words)
            await rejection.send_response(send)


def log_rejection(rejection: HTTPRejection, scope: Scope, path_words: Collection[str] = _PATH_WORDS) -> None:
    """Log what was asked for, by which address, and why it was rejected.

    Clients may put secrets into paths and queries: parts of a path other than the given ones are shown as
    `*`, and the query is left out.
    """
    method = scope["method"]
    segments = [word if not word or word in path_words else "*" for word in scope["path"].split("/")]
    fields: dict[str, Any] = {
        "status": rejection.status,
        "method": method if method in _METHODS else "other",
        "path": to_single_line("/".join(segments), _MAX_LOGGED_TEXT),
        "address": (scope.get("client") or ("",))[0],
        "reason": to_single_line(rejection.message),
        **{name: to_single_line(value, _MAX_LOGGED_TEXT) for name, value in rejection.log_fields.items()},
    }
    logger.info("rejected", extra=fields)

"""Publish the OAuth protected resource metadata (RFC 9728)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.http.responses import require_get, send_json

RESOURCE_METADATA_PATH = "/.well-known/oauth-protected-resource"


class ResourceMetadataMiddleware:
    """Serves the metadata without authentication, because clients read it to find the authorization server.

    Args:
        app: The next application.
        metadata: The document; its `resource` is the server's public URL.
    """

    def __init__(self, app: ASGIApp, *, metadata: dict[str, Any]) -> None:
        self._app, self._metadata = app, metadata
        resource_path = urlsplit(metadata["resource"]).path.rstrip("/")
        # RFC 9728 appends the resource's path; older clients look at the root.
        self._paths = {RESOURCE_METADATA_PATH, RESOURCE_METADATA_PATH + resource_path}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the metadata, or pass the request on.

        Raises:
            HTTPRejection: 405 for another method than GET.
        """
        if scope["path"] not in self._paths:
            await self._app(scope, receive, send)
            return
        require_get(scope)
        await send_json(send, 200, self._metadata)

"""Publish the server card of a public server, and the catalog that lists it (SEP-2127).

Everything that this extension of MCP defines is in this module, because its texts still change.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp import __version__
from dockerhub_mcp.server.http.responses import require_get, send_json
from dockerhub_mcp.server.icons import ICONS
from dockerhub_mcp.server.protocol import KNOWN_VERSIONS

CATALOG_PATH = "/.well-known/ai-catalog.json"
CARD_SUFFIX = "/server-card"
_CARD_TYPE = "application/mcp-server-card+json"
_CATALOG_TYPE = "application/ai-catalog+json"
_SCHEMA = "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json"
_SERVER_NAME = "dockerhub-mcp"
_TITLE = "Docker Hub"
_HEADERS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET",
    "access-control-allow-headers": "Content-Type",
    "cache-control": "public, max-age=3600",
}


def build_server_card(public_url: str, *, requires_token: bool) -> dict[str, Any]:
    """Return the card: what the server is, and how to connect to it.

    Args:
        public_url: The URL of the MCP endpoint as clients know it.
        requires_token: Whether a client must be configured with a token. With OAuth, it finds its own.
    """
    remote: dict[str, Any] = {
        "type": "streamable-http",
        "url": public_url,
        "supportedProtocolVersions": list(KNOWN_VERSIONS),
    }
    if requires_token:
        remote["headers"] = [
            {
                "name": "Authorization",
                "description": "Bearer, a space, and the token that the server's owner gave you.",
                "isRequired": True,
                "isSecret": True,
            }
        ]
    return {
        "$schema": _SCHEMA,
        "name": f"{_reverse_domain(public_url)}/{_SERVER_NAME}",
        "version": __version__,
        "title": _TITLE,
        "description": "The Docker Hub API for agents.",
        "icons": ICONS,
        "remotes": [remote],
    }


def build_catalog(public_url: str) -> dict[str, Any]:
    """Return the catalog of the host, which lists the card of this server."""
    host = urlsplit(public_url).hostname or ""
    entry = {
        "identifier": f"urn:air:{host}:{_SERVER_NAME}",
        "displayName": _TITLE,
        "type": _CARD_TYPE,
        "url": public_url.rstrip("/") + CARD_SUFFIX,
    }
    return {"specVersion": "1.0", "entries": [entry]}


class ServerCardMiddleware:
    """Serves the card and the catalog to anyone, web pages included, as their specification requires.

    Args:
        app: The next application.
        path: The path of streamable HTTP.
        public_url: Its URL as clients know it.
        requires_token: Whether a client must be configured with a token.
    """

    def __init__(self, app: ASGIApp, *, path: str, public_url: str, requires_token: bool) -> None:
        self._app = app
        build_card = cache(partial(build_server_card, public_url, requires_token=requires_token))
        self._documents: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
            path.rstrip("/") + CARD_SUFFIX: (_CARD_TYPE, build_card),
            CATALOG_PATH: (_CATALOG_TYPE, partial(build_catalog, public_url)),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a document, or pass the request on.

        Raises:
            HTTPRejection: 405 for another method than GET.
        """
        found = self._documents.get(scope["path"])
        if found is None:
            await self._app(scope, receive, send)
            return
        media_type, build_document = found
        if scope["method"] != "OPTIONS":  # a preflight request gets the same headers
            require_get(scope)
        await send_json(send, 200, build_document(), {"content-type": media_type, **_HEADERS})


def _reverse_domain(url: str) -> str:
    """Return the host of a URL with its labels reversed, such as `com.example.mcp`."""
    host = urlsplit(url).hostname or ""
    try:
        name = str(ip_address(host))
    except ValueError:
        name = ".".join(reversed(host.split(".")))
    return re.sub(r"[^a-zA-Z0-9.-]", "-", name)

"""Negotiate the protocol version and the type of the response, where the SDK is stricter than necessary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mcp_types as types
from mcp.server.streamable_http import check_accept_headers
from mcp_types.version import KNOWN_PROTOCOL_VERSIONS
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.server.http.responses import HTTPRejection
from dockerhub_mcp.server.http.scope_keys import MESSAGE_KEY

_ACCEPT, _VERSION = "accept", "mcp-protocol-version"
_BOTH_TYPES = "application/json, text/event-stream"
_MAX_VERSION_CHARS = 40


class NegotiationMiddleware:
    """Prepares the headers of requests to streamable HTTP.

    A request without `Accept` takes any type (RFC 9110, section 12.5.1). An `initialize` with an unknown
    version in its header is negotiated as one with an unknown version in its body.

    Args:
        app: The next application.
        path: The path of streamable HTTP.
    """

    def __init__(self, app: ASGIApp, *, path: str) -> None:
        self._app, self._path = app, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            HTTPRejection: 400 for an unknown protocol version, 406 for types that the server cannot send.
        """
        if scope["path"] == self._path:
            scope = {**scope, "headers": list(scope["headers"])}
            _prepare_version(scope, scope.get(MESSAGE_KEY, {}))
            _prepare_accept(scope)
        await self._app(scope, receive, send)


def _prepare_version(scope: Scope, message: Mapping[str, Any]) -> None:
    """Remove the unknown version of an `initialize`, which agrees on one by its body.

    Raises:
        HTTPRejection: 400 for another message. The SDK rejects messages that name their version themselves.
    """
    version = Headers(scope=scope).get(_VERSION)
    if version is None or version in KNOWN_PROTOCOL_VERSIONS or _names_version(message):
        return
    if message.get("method") == "initialize":
        del MutableHeaders(scope=scope)[_VERSION]
        return
    shown = to_single_line(version, _MAX_VERSION_CHARS)
    msg = f"The protocol version {shown!r} is not supported; use one of {', '.join(KNOWN_PROTOCOL_VERSIONS)}."
    raise HTTPRejection(
        400,
        msg,
        code=types.UNSUPPORTED_PROTOCOL_VERSION,
        data={"supported": list(KNOWN_PROTOCOL_VERSIONS), "requested": shown},
        request_id=message.get("id") if "method" in message else None,
    )


def _names_version(message: Mapping[str, Any]) -> bool:
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    return isinstance(meta, dict) and types.PROTOCOL_VERSION_META_KEY in meta


def _prepare_accept(scope: Scope) -> None:
    """Merge the `Accept` headers of a request, and add one where there is no type in any.

    Raises:
        HTTPRejection: 406.
    """
    if scope["method"] not in {"GET", "POST"}:
        return
    headers = MutableHeaders(scope=scope)
    headers[_ACCEPT] = ", ".join(filter(None, map(str.strip, headers.getlist(_ACCEPT)))) or _BOTH_TYPES
    takes_json, takes_stream = check_accept_headers(Request(scope))
    if not takes_stream or (scope["method"] == "POST" and not takes_json):
        wanted = _BOTH_TYPES if scope["method"] == "POST" else "text/event-stream"
        msg = f"Not acceptable: Accept must include {wanted}; leave it out to accept anything."
        raise HTTPRejection(406, msg)

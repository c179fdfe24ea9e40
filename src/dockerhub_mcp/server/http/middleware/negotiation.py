"""Negotiate the protocol version and the type of the response, where the SDK is stricter than necessary."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.server.http.headers import get_headers, replace_header
from dockerhub_mcp.server.http.responses import HTTPRejection
from dockerhub_mcp.server.http.scope_keys import MESSAGE_KEY
from dockerhub_mcp.server.protocol import KNOWN_VERSIONS, UNSUPPORTED_VERSION, VERSION_KEY

_ACCEPT, _VERSION = "accept", "mcp-protocol-version"
_BOTH_TYPES = "application/json, text/event-stream"
_MAX_VERSION_CHARS = 40
_MAX_REMEMBERED_CHARS = 200  # of an `Accept` header of which the meaning is remembered


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
            scope = _prepare_accept(_prepare_version(scope))
        await self._app(scope, receive, send)


def _prepare_version(scope: Scope) -> Scope:
    """Remove the unknown version of an `initialize`, which agrees on one by its body.

    Raises:
        HTTPRejection: 400 for another message. The SDK rejects messages that name their version themselves.
    """
    version = get_headers(scope).get(_VERSION)
    if version is None or version in KNOWN_VERSIONS:
        return scope
    message = scope.get(MESSAGE_KEY, {})
    if _names_version(message):
        return scope
    if message.get("method") == "initialize":
        return replace_header(scope, _VERSION, None)
    shown = to_single_line(version, _MAX_VERSION_CHARS)
    msg = f"The protocol version {shown!r} is not supported; use one of {', '.join(KNOWN_VERSIONS)}."
    raise HTTPRejection(
        400,
        msg,
        code=UNSUPPORTED_VERSION,
        data={"supported": list(KNOWN_VERSIONS), "requested": shown},
        request_id=message.get("id") if "method" in message else None,
    )


def _names_version(message: Mapping[str, Any]) -> bool:
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    return isinstance(meta, dict) and VERSION_KEY in meta


def _prepare_accept(scope: Scope) -> Scope:
    """Merge the `Accept` headers of a request, and add one where there is no type in any.

    Raises:
        HTTPRejection: 406.
    """
    method = scope["method"]
    if method not in {"GET", "POST"}:
        return scope
    values = get_headers(scope).get_all(_ACCEPT)
    accept = ", ".join(filter(None, map(str.strip, values))) or _BOTH_TYPES
    if values != [accept]:
        scope = replace_header(scope, _ACCEPT, accept)
    takes_json, takes_stream = find_accepted_types(accept)
    if not takes_stream or (method == "POST" and not takes_json):
        wanted = _BOTH_TYPES if method == "POST" else "text/event-stream"
        msg = f"Not acceptable: Accept must include {wanted}; leave it out to accept anything."
        raise HTTPRejection(406, msg)
    return scope


def find_accepted_types(accept: str) -> tuple[bool, bool]:
    """Return whether an `Accept` header includes JSON, and whether it includes event streams.

    As for the SDK, a type counts with any weight, even zero.
    """
    if len(accept) > _MAX_REMEMBERED_CHARS:
        return _parse_accept(accept)
    return _parse_short_accept(accept)


def _parse_accept(accept: str) -> tuple[bool, bool]:
    types = {item.partition(";")[0].strip().lower() for item in accept.split(",")}
    return (
        not types.isdisjoint({"*/*", "application/*", "application/json"}),
        not types.isdisjoint({"*/*", "text/*", "text/event-stream"}),
    )


_parse_short_accept = lru_cache(maxsize=64)(_parse_accept)

"""Answer plain requests to streamable HTTP without the SDK, and pass all others to it."""

from __future__ import annotations

from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.http.headers import RequestHeaders, get_headers
from dockerhub_mcp.server.http.plain_response import PlainExchange, send_plain_response
from dockerhub_mcp.server.http.scope_keys import BODY_KEY, CONNECTION_KEY, CONTEXT_KEY, MESSAGE_KEY
from dockerhub_mcp.server.json_rpc import is_nested_deeply
from dockerhub_mcp.server.plain.dispatcher import Origin, PlainCall, PlainDispatcher
from dockerhub_mcp.server.plain.requests import (
    CALL_TOOL,
    LEGACY,
    MODERN,
    PlainRequest,
    is_plain_id,
    is_plain_notification,
    parse_request,
)
from dockerhub_mcp.server.protocol import (
    CANCELLED,
    DEFAULT_VERSION,
    HANDSHAKE_VERSIONS,
    INITIALIZED,
    MODERN_VERSION,
)
from dockerhub_mcp.server.telemetry.observers import REQUEST_SCOPE_KEY

_VERSION, _METHOD, _NAME = "mcp-protocol-version", "mcp-method", "mcp-name"
_SINGLE_HEADERS = (_VERSION, _METHOD, _NAME, "content-type", "content-length")
_PARAMETER_PREFIX = "mcp-param-"
_ENCODED_PREFIX = "=?"  # of a header value in base64, which the SDK decodes


class PlainEndpoint:
    """Serves streamable HTTP.

    A request is answered here only if its headers and its body agree in every detail. The SDK gets all
    others, unchanged, and remains the authority on what is wrong with a request. The usual notifications of
    clients with a handshake are accepted here too, or the SDK would be loaded for each of these clients.

    Args:
        dispatcher: Answers plain requests.
        sdk: The SDK's endpoint.
        sessions: Whether clients of protocol 2025-11-25 and earlier get sessions, which the SDK keeps.
    """

    def __init__(self, dispatcher: PlainDispatcher, sdk: ASGIApp, *, sessions: bool) -> None:
        self._dispatcher, self._sdk, self._sessions = dispatcher, sdk, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        version = self._find_plain_version(scope) if scope["method"] == "POST" else None
        request = None if version is None else self._parse_request(scope, version)
        context: RequestContext = scope[CONTEXT_KEY]
        if request is None or not self._dispatcher.accepts(request, context):
            if version is not None and _is_usual_notification(scope[MESSAGE_KEY], version):
                await self._accept_notification(scope, version, send)
            else:
                await self._sdk(scope, receive, send)
            return
        origin = Origin(context, scope[REQUEST_SCOPE_KEY], dict(scope["headers"]))
        connection = scope.get("state", {}).get(CONNECTION_KEY)
        begun = self._dispatcher.begin(request, origin)
        if isinstance(begun, PlainCall):
            await PlainExchange(begun, receive, send, connection).run()
        else:
            await send_plain_response(send, request, begun, connection)

    async def _accept_notification(self, scope: Scope, version: str, send: Send) -> None:
        """Accept a notification, which changes nothing where the server keeps no session of its client."""
        message = scope[MESSAGE_KEY]
        self._dispatcher.observe_notification(
            message["method"],
            message.get("params", {}),
            scope[REQUEST_SCOPE_KEY],
            version,
            http_headers=dict(scope["headers"]),
        )
        headers = [(b"content-type", b"application/json"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _find_plain_version(self, scope: Scope) -> str | None:
        """Return the protocol version that the headers name; None if they or the body are unusual."""
        headers = get_headers(scope)
        version = headers.get(_VERSION, DEFAULT_VERSION)
        if version != MODERN_VERSION and (self._sessions or version not in HANDSHAKE_VERSIONS):
            return None
        if not _has_plain_headers(headers) or is_nested_deeply(scope[BODY_KEY], scope[MESSAGE_KEY]):
            return None
        return version

    def _parse_request(self, scope: Scope, version: str) -> PlainRequest | None:
        """Return the request if it is plain, and its headers agree with it."""
        is_modern = version == MODERN_VERSION
        request = parse_request(
            scope[MESSAGE_KEY],
            legacy_version="" if is_modern else version,
            known_versions=self._dispatcher.versions,
        )
        if request is None or request.generation != (MODERN if is_modern else LEGACY):
            return None
        if is_modern and not _matches_routing_headers(request, get_headers(scope)):
            return None
        return request


def _is_usual_notification(message: dict[str, Any], version: str) -> bool:
    """Return whether a message is a usual notification of a client with a handshake."""
    if version == MODERN_VERSION or not is_plain_notification(message):
        return False
    params = message.get("params", {})
    if message.get("method") == INITIALIZED:
        return not params
    return (
        message.get("method") == CANCELLED
        and {"requestId"} <= params.keys() <= {"requestId", "reason"}
        and is_plain_id(params["requestId"])
        and isinstance(params.get("reason", ""), str)
    )


def _has_plain_headers(headers: RequestHeaders) -> bool:
    """Return whether the headers that both generations need are as usual; the middleware checked `Accept`."""
    if any(name in headers.repeated for name in _SINGLE_HEADERS if headers.repeated):
        return False
    return headers.get("content-type", "").partition(";")[0].strip() == "application/json"


def _matches_routing_headers(request: PlainRequest, headers: RequestHeaders) -> bool:
    """Return whether the headers of 2026-07-28 that repeat parts of the body agree with it."""
    name = headers.get(_NAME)
    expected = request.params["name"] if request.method == CALL_TOOL else None
    return (
        headers.get(_METHOD) == request.method
        and name == expected
        and not (name or "").startswith(_ENCODED_PREFIX)
        and not any(each.startswith(_PARAMETER_PREFIX) for each in headers)
    )

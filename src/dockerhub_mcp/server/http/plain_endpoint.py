"""Answer plain requests to streamable HTTP without the SDK, and pass all others to it."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.http.headers import RequestHeaders, get_headers
from dockerhub_mcp.server.http.plain_response import PlainExchange, send_plain_response
from dockerhub_mcp.server.http.protocol import DEFAULT_VERSION, ENVELOPE_VERSION, HANDSHAKE_VERSIONS
from dockerhub_mcp.server.http.scope_keys import BODY_KEY, CONNECTION_KEY, CONTEXT_KEY, MESSAGE_KEY
from dockerhub_mcp.server.plain.dispatcher import Origin, PlainCall, PlainDispatcher
from dockerhub_mcp.server.plain.requests import CALL_TOOL, LEGACY, MODERN, PlainRequest, parse_request
from dockerhub_mcp.server.telemetry.observers import REQUEST_SCOPE_KEY

_VERSION, _METHOD, _NAME = "mcp-protocol-version", "mcp-method", "mcp-name"
_SINGLE_HEADERS = (_VERSION, _METHOD, _NAME, "content-type", "content-length")
_PARAMETER_PREFIX = "mcp-param-"
_ENCODED_PREFIX = "=?"  # of a header value in base64, which the SDK decodes
_MAX_BRACKETS = 150  # the SDK refuses some messages that are nested deeper


class PlainEndpoint:
    """Serves streamable HTTP.

    A request is answered here only if its headers and its body agree in every detail. The SDK gets all
    others, unchanged, and remains the authority on what is wrong with a request.

    Args:
        dispatcher: Answers plain requests.
        sdk: The SDK's endpoint.
        sessions: Whether clients of protocol 2025-11-25 and earlier get sessions, which the SDK keeps.
    """

    def __init__(self, dispatcher: PlainDispatcher, sdk: ASGIApp, *, sessions: bool) -> None:
        self._dispatcher, self._sdk, self._sessions = dispatcher, sdk, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        request = self._parse_request(scope) if scope["method"] == "POST" else None
        context: RequestContext = scope[CONTEXT_KEY]
        if request is None or not self._dispatcher.accepts(request, context):
            await self._sdk(scope, receive, send)
            return
        origin = Origin(context, scope[REQUEST_SCOPE_KEY], dict(scope["headers"]))
        connection = scope.get("state", {}).get(CONNECTION_KEY)
        begun = self._dispatcher.begin(request, origin)
        if isinstance(begun, PlainCall):
            await PlainExchange(begun, receive, send, connection).run()
        else:
            await send_plain_response(send, request, begun, connection)

    def _parse_request(self, scope: Scope) -> PlainRequest | None:
        """Return the request if it is plain, headers included."""
        headers, body = get_headers(scope), scope[BODY_KEY]
        version = headers.get(_VERSION, DEFAULT_VERSION)
        is_modern = version == ENVELOPE_VERSION
        if not is_modern and (self._sessions or version not in HANDSHAKE_VERSIONS):
            return None
        if not _has_plain_headers(headers) or body.count(b"{") + body.count(b"[") > _MAX_BRACKETS:
            return None
        request = parse_request(
            scope[MESSAGE_KEY],
            legacy_version="" if is_modern else version,
            known_versions=self._dispatcher.versions,
        )
        if request is None or request.generation != (MODERN if is_modern else LEGACY):
            return None
        if is_modern and not _matches_routing_headers(request, headers):
            return None
        return request


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

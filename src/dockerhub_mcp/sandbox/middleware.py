"""The middleware in front of all Hub routes: it authenticates, records, applies faults and rate limits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlencode

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dockerhub_mcp.sandbox.auth import ANONYMOUS, BearerTokenIssuer, SandboxCaller
from dockerhub_mcp.sandbox.errors import SandboxHTTPError
from dockerhub_mcp.sandbox.faults import DroppedConnectionError, Fault, Faults
from dockerhub_mcp.sandbox.limits import RateLimits
from dockerhub_mcp.sandbox.registry.paths import is_registry_path
from dockerhub_mcp.sandbox.registry.tag_editor import TagEditor, UnknownTagError
from dockerhub_mcp.sandbox.registry.tokens import InvalidTokenError, RegistryTokenIssuer
from dockerhub_mcp.sandbox.request_log import RecordedRequest, RequestLog

HUB_PATH_PREFIXES = ("/v2", "/api/search", "/v1/graphql", "/v1/search")
JSON_MEDIA_TYPE = re.compile(r"application/(.+\+)?(json|prettyjws)")
AUTH_SCHEMES = ("Bearer", "JWT", "Basic")
# A code point that is never assigned to a character, so no name on the Hub contains it.
ENCODED_SLASH = "\ufdd0"


@dataclass(frozen=True)
class SandboxMiddleware:
    """An ASGI middleware for requests to the Hub and the registry; others pass through unchanged.

    Requests to the registry have tokens and limits of their own, which its application checks.
    """

    app: ASGIApp
    registry_app: ASGIApp
    token_issuer: BearerTokenIssuer
    registry_token_issuer: RegistryTokenIssuer
    faults: Faults
    rate_limits: RateLimits
    request_log: RequestLog
    tag_editor: TagEditor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request.

        Raises:
            DroppedConnectionError: A fault drops the connection.
        """
        if scope["type"] != "http" or not (is_hub_path(scope["path"]) or is_registry_path(scope["path"])):
            await self.app(scope, receive, send)
            return
        caller, fault = self._inspect_request(scope)
        if fault is None:
            await self._forward_request(scope, receive, send, caller)
            return
        await self._apply_fault(scope, receive, send, caller, fault)

    async def _apply_fault(
        self, scope: Scope, receive: Receive, send: Send, caller: SandboxCaller | None, fault: Fault
    ) -> None:
        recorder = _ResponseRecorder()
        try:
            self.tag_editor.apply(fault.push_tags, fault.remove_tags)
        except UnknownTagError as error:
            await JSONResponse({"message": str(error)}, 400)(scope, receive, send)
            return
        if fault.query:
            scope["query_string"] = _change_query(scope["query_string"], fault.query)
        if fault.carry_out:
            await self._forward_request(scope, receive, recorder, caller)
        await anyio.sleep(fault.latency)
        if fault.drop:
            msg = "connection reset by peer"
            raise DroppedConnectionError(msg)
        if fault.has_response:
            status, headers, body = fault.build_response()
            if scope["method"] == "HEAD" and body:
                # Like any other response to HEAD, this one has only the headers of its body.
                headers["Content-Length"], body = str(len(body)), b""
            await Response(body, status, headers)(scope, receive, send)
            return
        if not fault.carry_out:
            await self._forward_request(scope, receive, recorder, caller)
        await recorder.send_rewritten(send, fault)

    def _inspect_request(self, scope: Scope) -> tuple[SandboxCaller | None, Fault | None]:
        """Record a request and prepare its scope for routing. Return its caller and its fault."""
        authorization = Headers(scope=scope).get("authorization")
        path = _get_raw_path(scope)
        query = scope["query_string"].decode("latin-1")
        is_registry = is_registry_path(path)
        caller = None if is_registry else self._identify_caller(authorization)
        user = self._identify_registry_user(authorization) if is_registry else caller and caller.name
        request = RecordedRequest(
            scope["method"], path, query, user or None, _get_auth_scheme(authorization), is_registry
        )
        self.request_log.record(request)
        fault = self.faults.consume_match(scope["method"], f"{path}?{query}" if query else path)
        scope["path"] = _decode_path(path)
        scope["state"] = {
            **scope.get("state", {}),
            "caller": caller,
            "is_registry": is_registry,
            "flip_ordering": fault is not None and fault.flip_ordering,
        }
        return caller, fault

    def _identify_caller(self, authorization: str | None) -> SandboxCaller | None:
        try:
            return self.token_issuer.authenticate(authorization)
        except SandboxHTTPError:
            return None

    def _identify_registry_user(self, authorization: str | None) -> str | None:
        try:
            return self.registry_token_issuer.verify_token((authorization or "").partition(" ")[2]).account
        except InvalidTokenError:
            return None

    async def _forward_request(
        self, scope: Scope, receive: Receive, send: Send, caller: SandboxCaller | None
    ) -> None:
        if scope["state"]["is_registry"]:
            await self.registry_app(scope, receive, send)
            return
        try:
            limit_status = self.rate_limits.count_request(caller or ANONYMOUS)
        except SandboxHTTPError as error:
            client = scope.get("client")
            headers = error.headers | ({"X-RateLimit-Ip": client[0]} if client else {})
            await JSONResponse(error.body, error.status, headers)(scope, receive, send)
            return

        async def send_with_rate_limit_headers(message: Message) -> None:
            if message["type"] == "http.response.start" and limit_status is not None:
                MutableHeaders(scope=message).update(limit_status.as_headers())
            await send(message)

        await self.app(scope, receive, send_with_rate_limit_headers)


class _ResponseRecorder:
    """Collect a response, which can then be sent with the changes of a fault."""

    def __init__(self) -> None:
        self._response_start: Message = {}
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._response_start = message
        else:
            self._body += message.get("body", b"")

    async def send_rewritten(self, send: Send, fault: Fault) -> None:
        """Send the response with the changes of a fault."""
        headers = MutableHeaders(scope=self._response_start)
        body = self._body
        if body and JSON_MEDIA_TYPE.fullmatch(headers.get("content-type", "")):
            body = fault.rewrite_body(body)
            headers["content-length"] = str(len(body))
        headers.update(fault.headers)
        await send(self._response_start)
        await send({"type": "http.response.body", "body": body})


def is_hub_path(path: str) -> bool:
    """Return whether a path belongs to the API of the Hub."""
    return any(path == prefix or path.startswith(prefix + "/") for prefix in HUB_PATH_PREFIXES)


def _get_auth_scheme(authorization: str | None) -> str | None:
    if authorization is None:
        return None
    given = authorization.partition(" ")[0].lower()
    return next((known for known in AUTH_SCHEMES if known.lower() == given), "other")


def _decode_path(raw_path: str) -> str:
    """Return the path for routing. An encoded slash belongs to a name and must not separate segments."""
    return "/".join(unquote(segment).replace("/", ENCODED_SLASH) for segment in raw_path.split("/"))


def _change_query(query_string: bytes, changes: Mapping[str, str | None]) -> bytes:
    given = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    parameters: dict[str, str | None] = {**dict(given), **changes}
    return urlencode({name: value for name, value in parameters.items() if value is not None}).encode()


def _get_raw_path(scope: Scope) -> str:
    raw_path: bytes | None = scope.get("raw_path")
    return raw_path.partition(b"?")[0].decode("latin-1") if raw_path is not None else str(scope["path"])

"""What every request to the Hub passes first: the record, the faults, the limits."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dockerhub_mcp.sandbox.auth import ANONYMOUS, BearerTokenIssuer, SandboxCaller
from dockerhub_mcp.sandbox.errors import SandboxHTTPError
from dockerhub_mcp.sandbox.faults import DroppedConnectionError, Fault, Faults
from dockerhub_mcp.sandbox.limits import RateLimits

HUB_PATH_PREFIXES = ("/v2", "/api/search", "/v1/graphql")
JSON_MEDIA_TYPES = {"application/json", "application/scim+json"}
AUTH_SCHEMES = ("Bearer", "JWT", "Basic")
ENCODED_SLASH = "\ufdd0"  # no character, so no name on the Hub has it


@dataclass(frozen=True)
class RecordedRequest:
    """A request as it is remembered: who and what, never a secret or a body."""

    method: str
    path: str
    """The path as it was sent, with its percent signs."""
    query: str
    user: str | None
    auth_scheme: str | None
    """The scheme of the Authorization header, or "other" when it is none that is known."""


@dataclass(frozen=True)
class SandboxMiddleware:
    """The ASGI application around the routes."""

    app: ASGIApp
    token_issuer: BearerTokenIssuer
    faults: Faults
    rate_limits: RateLimits
    record_request: Callable[[RecordedRequest], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse to."""
        if scope["type"] != "http" or not _is_hub_path(scope["path"]):
            await self.app(scope, receive, send)
            return
        caller, scheme = self._identify_caller(Headers(scope=scope).get("authorization"))
        path = _raw_path(scope)
        query = scope["query_string"].decode("latin-1")
        user = caller.name if caller and caller.name else None
        self.record_request(RecordedRequest(scope["method"], path, query, user, scheme))
        fault = self.faults.consume_match(scope["method"], f"{path}?{query}" if query else path)
        scope["path"] = _decode_path(path)
        scope["state"] = {
            **scope.get("state", {}),
            "caller": caller,
            "flip_ordering": fault is not None and fault.flip_ordering,
        }
        if fault is None:
            await self._forward_request(scope, receive, send, caller)
            return
        await anyio.sleep(fault.latency)
        if fault.drop:
            msg = "the sandbox was told to drop this connection"
            raise DroppedConnectionError(msg)
        if fault.has_response:
            status, headers, body = fault.build_response()
            await Response(body, status, headers)(scope, receive, send)
            return
        changed = _BodyRewriter(send, fault) if fault.has_body_rewrite else send
        await self._forward_request(scope, receive, changed, caller)

    def _identify_caller(self, authorization: str | None) -> tuple[SandboxCaller | None, str | None]:
        scheme = None
        if authorization is not None:
            word = authorization.partition(" ")[0].lower()
            scheme = next((known for known in AUTH_SCHEMES if known.lower() == word), "other")
        try:
            return self.token_issuer.authenticate(authorization), scheme
        except SandboxHTTPError:
            return None, scheme

    async def _forward_request(
        self, scope: Scope, receive: Receive, send: Send, caller: SandboxCaller | None
    ) -> None:
        try:
            allowance = self.rate_limits.count_request(caller or ANONYMOUS)
        except SandboxHTTPError as refused:
            await JSONResponse(refused.body, refused.status, refused.headers)(scope, receive, send)
            return

        async def send_with_rate_limit_headers(message: Message) -> None:
            if message["type"] == "http.response.start" and allowance is not None:
                MutableHeaders(scope=message).update(allowance.as_headers())
            await send(message)

        await self.app(scope, receive, send_with_rate_limit_headers)


class _BodyRewriter:
    """Holds an answer back until it is complete, and sends it changed."""

    def __init__(self, send: Send, fault: Fault) -> None:
        self._send = send
        self._fault = fault
        self._response_start: Message = {}
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._response_start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        headers = MutableHeaders(scope=self._response_start)
        if self._body and headers.get("content-type") in JSON_MEDIA_TYPES:
            self._body = self._fault.rewrite_body(self._body)
            headers["content-length"] = str(len(self._body))
        await self._send(self._response_start)
        await self._send({"type": "http.response.body", "body": self._body})


def _is_hub_path(path: str) -> bool:
    return any(path == prefix or path.startswith(prefix + "/") for prefix in HUB_PATH_PREFIXES)


def _decode_path(raw_path: str) -> str:
    """The path for routing: a slash that was sent encoded is part of a name and parts nothing."""
    return "/".join(unquote(segment).replace("/", ENCODED_SLASH) for segment in raw_path.split("/"))


def _raw_path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    return raw.partition(b"?")[0].decode("latin-1") if raw is not None else str(scope["path"])

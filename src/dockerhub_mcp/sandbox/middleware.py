"""What every request to the Hub passes first: the record, the faults, the limits."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dockerhub_mcp.sandbox.auth import ANONYMOUS, Bearers, Caller
from dockerhub_mcp.sandbox.errors import RefusalError
from dockerhub_mcp.sandbox.faults import DroppedConnectionError, Fault, Faults
from dockerhub_mcp.sandbox.limits import RateLimits

PREFIXES = ("/v2", "/api/search", "/v1/graphql")
JSON = {"application/json", "application/scim+json"}
SCHEMES = ("Bearer", "JWT", "Basic")
ENCODED_SLASH = "\ufdd0"  # no character, so no name on the Hub has it


@dataclass(frozen=True)
class RequestSeen:
    """A request as it is remembered: who and what, never a secret or a body."""

    method: str
    path: str
    """The path as it was sent, with its percent signs."""
    query: str
    user: str | None
    scheme: str | None
    """The scheme of the Authorization header, or "other" when it is none that is known."""


@dataclass(frozen=True)
class Front:
    """The ASGI application around the routes."""

    inner: ASGIApp
    bearers: Bearers
    faults: Faults
    limits: RateLimits
    remember: Callable[[RequestSeen], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse to."""
        if scope["type"] != "http" or not _is_hub(scope["path"]):
            await self.inner(scope, receive, send)
            return
        caller, scheme = self._caller(Headers(scope=scope).get("authorization"))
        path = _raw_path(scope)
        query = scope["query_string"].decode("latin-1")
        user = caller.name if caller and caller.name else None
        self.remember(RequestSeen(scope["method"], path, query, user, scheme))
        fault = self.faults.take(scope["method"], f"{path}?{query}" if query else path)
        scope["path"] = _routed(path)
        scope["state"] = {
            **scope.get("state", {}),
            "caller": caller,
            "flip_ordering": fault is not None and fault.flip_ordering,
        }
        if fault is None:
            await self._pass_on(scope, receive, send, caller)
            return
        await anyio.sleep(fault.latency)
        if fault.drop:
            msg = "the sandbox was told to drop this connection"
            raise DroppedConnectionError(msg)
        if fault.answers:
            status, headers, body = fault.answer()
            await Response(body, status, headers)(scope, receive, send)
            return
        changed = _Rewritten(send, fault) if fault.rewrites else send
        await self._pass_on(scope, receive, changed, caller)

    def _caller(self, header: str | None) -> tuple[Caller | None, str | None]:
        scheme = None
        if header is not None:
            word = header.partition(" ")[0].lower()
            scheme = next((known for known in SCHEMES if known.lower() == word), "other")
        try:
            return self.bearers.caller(header), scheme
        except RefusalError:
            return None, scheme

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, caller: Caller | None) -> None:
        try:
            allowance = self.limits.count(caller or ANONYMOUS)
        except RefusalError as refused:
            await JSONResponse(refused.body, refused.status, refused.headers)(scope, receive, send)
            return

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start" and allowance is not None:
                MutableHeaders(scope=message).update(allowance.headers())
            await send(message)

        await self.inner(scope, receive, send_with_limits)


class _Rewritten:
    """Holds an answer back until it is complete, and sends it changed."""

    def __init__(self, send: Send, fault: Fault) -> None:
        self._send = send
        self._fault = fault
        self._start: Message = {}
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        headers = MutableHeaders(scope=self._start)
        if self._body and headers.get("content-type") in JSON:
            self._body = self._fault.rewrite(self._body)
            headers["content-length"] = str(len(self._body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": self._body})


def _is_hub(path: str) -> bool:
    return any(path == prefix or path.startswith(prefix + "/") for prefix in PREFIXES)


def _routed(raw_path: str) -> str:
    """The path for routing: a slash that was sent encoded is part of a name and parts nothing."""
    return "/".join(unquote(segment).replace("/", ENCODED_SLASH) for segment in raw_path.split("/"))


def _raw_path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    return raw.partition(b"?")[0].decode("latin-1") if raw is not None else str(scope["path"])

"""Read request bodies within limits of size and time, and parse them as JSON-RPC."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dockerhub_mcp.hub.durations import format_seconds
from dockerhub_mcp.server.http.headers import RequestHeaders, get_headers
from dockerhub_mcp.server.http.middleware.concurrency_limit import ConcurrencyLimiter
from dockerhub_mcp.server.http.responses import HTTPRejection
from dockerhub_mcp.server.http.runtime.connection_limit import ConnectionState
from dockerhub_mcp.server.http.scope_keys import BODY_KEY, CONNECTION_KEY, LIMIT_KEY, MESSAGE_KEY
from dockerhub_mcp.server.json_rpc import (
    HalfCharacterError,
    describe_invalid_message,
    is_request_id,
    parse_json,
)
from dockerhub_mcp.server.protocol import PARSE_ERROR

MAX_BODY_BYTES = 1024 * 1024  # the longest text that the Hub accepts is about 25 kB
# A larger body is read and discarded up to this size: many clients read a response only after they have sent
# everything, and would see a broken connection instead of the rejection.
_MAX_DISCARDED_BYTES = 16 * MAX_BODY_BYTES
_CONNECTION_CLOSE = {"connection": "close"}


class ClientDisconnectedError(Exception):
    """The client closed the connection before it had sent the whole request."""


class BodyLimitMiddleware:
    """Reads and checks the body of each POST before the application starts.

    Args:
        app: The next application; it receives the body in one message, and in the scope both the body and the
            parsed JSON-RPC message.
        upload_limiter: Limits the bodies that are read at the same time.
        body_timeout: Seconds for a client to send the whole body.
    """

    def __init__(self, app: ASGIApp, *, upload_limiter: ConcurrencyLimiter, body_timeout: float) -> None:
        self._app, self._upload_limiter, self._body_timeout = app, upload_limiter, body_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            HTTPRejection: 400, 408, 413 or 415 for an unacceptable body; 429 or 503 for too many at once.
            ClientDisconnectedError: The client closed the connection.
        """
        if scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        limit_key, headers = scope[LIMIT_KEY], get_headers(scope)
        self._upload_limiter.require_capacity(limit_key)
        with self._upload_limiter.track_call(limit_key):
            if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                msg = "Content-Type must be application/json."
                raise HTTPRejection(415, msg)
            body = await self._read_body(scope, receive, headers.get("content-length", ""))
        added = {BODY_KEY: body, MESSAGE_KEY: _parse_message(body, headers)}
        await self._app({**scope, **added}, _replay_body(body, receive), send)

    async def _read_body(self, scope: Scope, receive: Receive, content_length: str) -> bytes:
        """Return the whole body.

        Raises:
            HTTPRejection: 413 for a body over 1 MiB, 408 for one that does not arrive in time.
            ClientDisconnectedError: The client closed the connection.
        """
        if content_length.isdecimal() and int(content_length) > _MAX_DISCARDED_BYTES:
            raise _content_too_large_error()
        body = _Body(receive)
        connection: ConnectionState | None = scope.get("state", {}).get(CONNECTION_KEY)
        timed_out = False
        if connection is not None and connection.has_whole_body is not None and connection.has_whole_body():
            await body.receive_all()  # takes no time
        else:
            try:
                async with asyncio.timeout(self._body_timeout):
                    await body.receive_all()
            except TimeoutError:
                timed_out = True
        if body.size > MAX_BODY_BYTES:
            raise _content_too_large_error()
        if timed_out:
            msg = f"The request did not arrive within {format_seconds(self._body_timeout)}."
            raise HTTPRejection(408, msg, _CONNECTION_CLOSE)
        return b"".join(body.chunks)


class _Body:
    """The part of a body that has been received.

    Attributes:
        chunks: The first MiB of it.
        size: The length of all of it, in bytes.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.chunks: list[bytes] = []
        self.size = 0

    async def receive_all(self) -> None:
        """Receive the body to its end, or until it is too long even to be discarded.

        Raises:
            ClientDisconnectedError: The client closed the connection.
        """
        more_body = True
        while more_body and self.size <= _MAX_DISCARDED_BYTES:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnectedError
            chunk = message.get("body", b"")
            self.size += len(chunk)
            if self.size <= MAX_BODY_BYTES:
                self.chunks.append(chunk)
            more_body = message.get("more_body", False)


def _parse_message(body: bytes, headers: RequestHeaders) -> dict[str, Any]:
    """Return the JSON-RPC message; the SDK would quote its validator's errors for a malformed one.

    Raises:
        HTTPRejection: 400, or 415 for a body that is compressed.
    """
    try:
        data = parse_json(body)
    except HalfCharacterError as error:
        msg = f"The body is not JSON that can be read: {error}."
        raise HTTPRejection(400, msg, code=PARSE_ERROR, request_id=error.request_id) from None
    except (ValueError, RecursionError):
        if headers.get("content-encoding", "identity") != "identity":
            msg = "Content-Encoding is not supported: send the body as it is."
            raise HTTPRejection(415, msg, {"accept-encoding": "identity"}) from None
        msg = "The body is not JSON."
        raise HTTPRejection(400, msg, code=PARSE_ERROR) from None
    if not isinstance(data, dict) or data.get("jsonrpc") != "2.0" or not _is_jsonrpc_message(data):
        msg = describe_invalid_message(data)
        raise HTTPRejection(400, f"{msg[:1].upper()}{msg[1:]}.")
    return data


def _is_jsonrpc_message(data: dict[str, Any]) -> bool:
    has_valid_id = is_request_id(data.get("id", 0))
    if "method" in data:
        return has_valid_id and isinstance(data["method"], str) and isinstance(data.get("params", {}), dict)
    return has_valid_id and "id" in data and ("result" in data) != ("error" in data)


def _replay_body(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that yields the body first, then the original's messages."""
    replayed = False

    async def receive_replayed() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_replayed


def _content_too_large_error() -> HTTPRejection:
    return HTTPRejection(
        413,
        f"The request is larger than {MAX_BODY_BYTES // 1024} KiB, which no call needs.",
        _CONNECTION_CLOSE,
    )

"""Taking in the body of a request: bounded in size and in time."""

from __future__ import annotations

import json
from typing import Any

import anyio
import mcp_types as types
from starlette.types import Message, Receive

from dockerhub_mcp.server.http.responses import HTTPRejection

MAX_BODY_BYTES = 1024 * 1024  # bytes; the longest text that the Hub takes is some 25 kB
# What is beyond that is read and thrown away, up to here: many a client looks for an answer only once it has
# sent everything, and would see a broken connection instead.
_MAX_DISCARDED_BYTES = 16 * MAX_BODY_BYTES
_CONNECTION_CLOSE = {"connection": "close"}


class ClientDisconnectedError(Exception):
    """The client hung up before it had sent its request."""


async def read_body(receive: Receive, content_length: str | None, *, body_timeout: float) -> bytes:
    """Return the whole body.

    Args:
        receive: Where it comes from.
        content_length: The Content-Length header.
        body_timeout: Seconds for all of it.

    Raises:
        Refusal: 413 for a body over 1 MiB, 408 for one that does not arrive in time.
        ClientGoneError: The client hung up.
    """
    if (
        content_length is not None
        and content_length.isdecimal()
        and int(content_length) > _MAX_DISCARDED_BYTES
    ):
        raise _content_too_large_error()
    parts = bytearray()
    size = 0
    with anyio.move_on_after(body_timeout) as scope:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnectedError
            part = message.get("body", b"")
            size += len(part)
            if size <= MAX_BODY_BYTES:
                parts += part
            if not message.get("more_body", False) or size > _MAX_DISCARDED_BYTES:
                break
    if size > MAX_BODY_BYTES:
        raise _content_too_large_error()
    if scope.cancelled_caught:
        msg = f"The request did not arrive within {body_timeout:g} s."
        raise HTTPRejection(408, msg, _CONNECTION_CLOSE)
    return bytes(parts)


def parse_message(body: bytes) -> dict[str, Any]:
    """Return a JSON-RPC message, and refuse what is none: the SDK would too, with its validator's notes.

    Raises:
        Refusal: 400, saying what is wrong.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        msg = "The body is not JSON."
        raise HTTPRejection(400, msg, code=types.PARSE_ERROR) from None
    if isinstance(data, list):
        msg = "Batches are not part of this protocol: send one message at a time."
        raise HTTPRejection(400, msg)
    if not isinstance(data, dict) or data.get("jsonrpc") != "2.0" or not _is_jsonrpc_message(data):
        msg = "This is not a JSON-RPC 2.0 message."
        raise HTTPRejection(400, msg)
    return data


def _is_jsonrpc_message(data: dict[str, Any]) -> bool:
    has_good_id = isinstance(data.get("id", 0), str | int) and not isinstance(data.get("id"), bool)
    if "method" in data:
        return has_good_id and isinstance(data["method"], str) and isinstance(data.get("params", {}), dict)
    return has_good_id and "id" in data and ("result" in data) != ("error" in data)


def replay_body(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives the body first, then what comes after it."""
    given = False

    async def receive_replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_replayed


def _content_too_large_error() -> HTTPRejection:
    return HTTPRejection(
        413,
        f"The request is larger than {MAX_BODY_BYTES // 1024} KiB, which no call needs.",
        _CONNECTION_CLOSE,
    )

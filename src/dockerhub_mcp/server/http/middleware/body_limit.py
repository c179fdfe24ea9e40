"""Taking in the body of a request: bounded in size and in time."""

from __future__ import annotations

import json
from typing import Any

import anyio
import mcp_types as types
from starlette.types import Message, Receive

from dockerhub_mcp.server.http.responses import Refusal

LARGEST = 1024 * 1024  # bytes; the longest text that the Hub takes is some 25 kB
# What is beyond that is read and thrown away, up to here: many a client looks for an answer only once it has
# sent everything, and would see a broken connection instead.
_DISCARDED = 16 * LARGEST
_CLOSE = {"connection": "close"}


class ClientGoneError(Exception):
    """The client hung up before it had sent its request."""


async def take_body(receive: Receive, declared: str | None, *, within: float) -> bytes:
    """Return the whole body.

    Args:
        receive: Where it comes from.
        declared: The Content-Length header.
        within: Seconds for all of it.

    Raises:
        Refusal: 413 for a body over 1 MiB, 408 for one that does not arrive in time.
        ClientGoneError: The client hung up.
    """
    if declared is not None and declared.isdecimal() and int(declared) > _DISCARDED:
        raise _too_large()
    parts = bytearray()
    size = 0
    with anyio.move_on_after(within) as scope:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            part = message.get("body", b"")
            size += len(part)
            if size <= LARGEST:
                parts += part
            if not message.get("more_body", False) or size > _DISCARDED:
                break
    if size > LARGEST:
        raise _too_large()
    if scope.cancelled_caught:
        msg = f"The request did not arrive within {within:g} s."
        raise Refusal(408, msg, _CLOSE)
    return bytes(parts)


def check_message(body: bytes) -> dict[str, Any]:
    """Return a JSON-RPC message, and refuse what is none: the SDK would too, with its validator's notes.

    Raises:
        Refusal: 400, saying what is wrong.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        msg = "The body is not JSON."
        raise Refusal(400, msg, code=types.PARSE_ERROR) from None
    if isinstance(data, list):
        msg = "Batches are not part of this protocol: send one message at a time."
        raise Refusal(400, msg)
    if not isinstance(data, dict) or data.get("jsonrpc") != "2.0" or not _is_message(data):
        msg = "This is not a JSON-RPC 2.0 message."
        raise Refusal(400, msg)
    return data


def _is_message(data: dict[str, Any]) -> bool:
    has_good_id = isinstance(data.get("id", 0), str | int) and not isinstance(data.get("id"), bool)
    if "method" in data:
        return has_good_id and isinstance(data["method"], str) and isinstance(data.get("params", {}), dict)
    return has_good_id and "id" in data and ("result" in data) != ("error" in data)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives the body first, then what comes after it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _too_large() -> Refusal:
    return Refusal(413, f"The request is larger than {LARGEST // 1024} KiB, which no call needs.", _CLOSE)

"""JSON-RPC messages as bytes: parsing that accepts no more than the SDK does, and ids of requests.

Needs the standard library alone: requests over stdio are read with it before anything else is loaded.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

_MAX_DEPTH = 150  # the SDK refuses messages that are nested deeper
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89abAB]|\\u[dD][c-fC-F]")
_BYTE_ORDER_MARK = "\ufeff"


class HalfCharacterError(ValueError):
    """A JSON text contains one half of a surrogate pair, as left where a text was cut inside a character.

    Attributes:
        request_id: The id of the request, if it has one that a response can carry.
    """

    def __init__(self, value: Any) -> None:
        super().__init__("a text in it has half a character, such as \\ud83d alone")
        request_id = value.get("id") if isinstance(value, dict) and "method" in value else None
        self.request_id: str | int | None = request_id if _can_be_answered(request_id) else None


def parse_json(content: bytes) -> Any:
    """Return the value of a JSON text in UTF-8 without a byte order mark.

    Raises:
        HalfCharacterError: It contains half of a surrogate pair.
        ValueError: It is something else: other bytes, NaN or Infinity.
        RecursionError: It is nested too deeply.
    """
    text = content.decode("utf-8")
    if text.startswith(_BYTE_ORDER_MARK):
        msg = "it begins with a byte order mark"
        raise ValueError(msg)
    value = _DECODER.decode(text)
    if _ESCAPED_SURROGATE.search(text) and not _is_encodable(value):
        raise HalfCharacterError(value)
    return value


def parse_shallow_json(content: bytes) -> Any:
    """Return the value of a JSON text as `parse_json` does, unless it is nested deeply.

    Raises:
        ValueError: It is no such text.
    """
    try:
        value = parse_json(content)
    except RecursionError as error:
        raise ValueError(str(error)) from None
    if is_nested_deeply(content, value):
        msg = "it is nested too deeply"
        raise ValueError(msg)
    return value


def is_request_id(value: Any) -> bool:
    """Return whether the specification allows a value as the id of a request: a text or an integer."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def describe_invalid_message(data: Any) -> str:
    """Return why a JSON value that the SDK refused is not a JSON-RPC message."""
    if isinstance(data, list):
        return "batches are not part of this protocol: send one message at a time"
    reason = ""
    if isinstance(data, dict) and data.get("jsonrpc") == "2.0":
        if "id" in data and not is_request_id(data["id"]):
            reason = ": the id must be a text or an integer"
        elif isinstance(data.get("method"), str) and not isinstance(data.get("params", {}), dict):
            reason = ": params must be an object"
    return f"this is not a JSON-RPC 2.0 message{reason}"


def is_nested_deeply(content: bytes, value: Any) -> bool:
    """Return whether a JSON text, given with its value, is nested more deeply than the SDK accepts."""
    if content.count(b"[") + content.count(b"{") <= _MAX_DEPTH:
        return False
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def _can_be_answered(request_id: Any) -> bool:
    return is_request_id(request_id) and _is_encodable(request_id)


def _is_encodable(value: Any) -> bool:
    """Return whether a value of a JSON text can be written in UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _reject_constant(name: str) -> NoReturn:
    msg = f"{name} is not part of JSON"
    raise ValueError(msg)


_DECODER = json.JSONDecoder(parse_constant=_reject_constant)

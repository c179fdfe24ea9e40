"""Read JSON of publishers: every value of a wrong type is a `ValueError` that says where it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from dockerhub_mcp.hub.models.timestamp import is_never, to_utc
from dockerhub_mcp.registry.parsing.large_json import LARGE_BYTES, ItemReducer, decode_in_steps
from dockerhub_mcp.registry.references import is_digest

_MAX_SIZE = 2**63 - 1  # bytes; registries store sizes in 64 bits
_MAX_ITEMS = 20_000  # of a list or an object; no image comes near


def decode_object(content: bytes, reducers: Mapping[str, ItemReducer] | None = None) -> dict[str, Any]:
    """Decode a JSON object; a large one in small steps, to be called in a thread.

    Args:
        content: The JSON text.
        reducers: By the name of a list, what is kept of each of its items where the content is large.

    Raises:
        ValueError: The content is not JSON, is nested too deeply, or is no object.
    """
    try:
        if len(content) > LARGE_BYTES:
            data = decode_in_steps(content, reducers)
        else:
            data = from_json(content, allow_inf_nan=False)
    except (ValueError, RecursionError):
        msg = "the answer is not JSON that can be read"
        raise ValueError(msg) from None
    return require_object(data, "the answer")


def require_object(value: Any, where: str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        ValueError: The value is something else, or too large.
    """
    if not isinstance(value, dict):
        msg = f"{where} is no JSON object"
        raise ValueError(msg)  # noqa: TRY004 - of the data, not of the program
    _check_length(value, where)
    return value


def get_object(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the object under a key; an empty one where it is missing or null."""
    value = data.get(key)
    return {} if value is None else require_object(value, key)


def get_list(data: Mapping[str, Any], key: str) -> list[Any]:
    """Return the list under a key; an empty one where it is missing or null."""
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        msg = f"{key} is no list"
        raise ValueError(msg)  # noqa: TRY004
    _check_length(value, key)
    return value


def get_text(data: Mapping[str, Any], key: str) -> str:
    """Return the text under a key; an empty one where it is missing or null."""
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        msg = f"{key} is no text"
        raise ValueError(msg)  # noqa: TRY004
    return value


def get_texts(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return the list of texts under a key; an empty one where it is missing or null."""
    values = get_list(data, key)
    if not all(isinstance(value, str) for value in values):
        msg = f"{key} holds something else than texts"
        raise ValueError(msg)
    return tuple(values)


def get_text_map(data: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return the object under a key, which holds texts only; an empty one where it is missing or null."""
    values = get_object(data, key)
    if not all(isinstance(value, str) for value in values.values()):
        msg = f"{key} holds something else than texts"
        raise ValueError(msg)
    return values


def get_digest(data: Mapping[str, Any], key: str) -> str:
    """Return the digest under a key."""
    value = get_text(data, key)
    if not is_digest(value):
        msg = f"{key} is no digest"
        raise ValueError(msg)
    return value


def get_size(data: Mapping[str, Any], key: str) -> int:
    """Return the size under a key, in bytes."""
    value = data.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_SIZE:
        msg = f"{key} is no size"
        raise ValueError(msg)
    return value


def get_flag(data: Mapping[str, Any], key: str) -> bool:
    """Return the boolean under a key; False where it is missing or null."""
    value = data.get(key)
    if value is not None and not isinstance(value, bool):
        msg = f"{key} is neither true nor false"
        raise ValueError(msg)
    return bool(value)


def get_time(data: Mapping[str, Any], key: str) -> datetime | None:
    """Return the time under a key in UTC; None where it is missing, or is the zero value of Go."""
    text = get_text(data, key).strip()
    if not text:
        return None
    try:
        found = to_utc(datetime.fromisoformat(text))
    except ValueError:
        msg = f"{key} is no time"
        raise ValueError(msg) from None
    return None if is_never(found) else found


def _check_length(value: dict[str, Any] | list[Any], where: str) -> None:
    if len(value) > _MAX_ITEMS:
        msg = f"{where} has more than {_MAX_ITEMS:,} items"
        raise ValueError(msg)

"""Convert the replies of the store, and refuse those that its commands never have.

A connection that has lost its order, a proxy, or another kind of server may send any reply; callers must not
meet values of the wrong type, nor take one for success.
"""

from __future__ import annotations

from typing import Any, TypeVar

from redis.exceptions import InvalidResponse

from dockerhub_mcp.shared.state import Entry

T = TypeVar("T")
_MICROSECONDS = 1_000_000


def check_done(reply: Any) -> None:
    """Check the reply to a change that always succeeds.

    Raises:
        InvalidResponse: As with all functions of this module, it is no reply of such a command.
    """
    if reply is not True and reply != b"OK":
        raise InvalidResponse


def to_claim(reply: Any) -> bool:
    """Return whether a key was set that must not have had a value."""
    if reply is None:
        return False
    check_done(reply)
    return True


def to_count(reply: Any) -> int:
    """Return a number."""
    return _require(reply, int)


def to_flag(reply: Any) -> bool:
    """Return whether a number is 1; the other is 0."""
    if reply not in (0, 1):
        raise InvalidResponse
    return _require(reply, int) == 1


def to_wait(reply: Any) -> float:
    """Return microseconds in seconds; 0.0 for none."""
    return 0.0 if reply is None else _require(reply, int) / _MICROSECONDS


def to_entry(reply: Any) -> Entry | None:
    """Return a value with the milliseconds until it expires; None without one."""
    if len(_require(reply, list)) != 2:  # noqa: PLR2004
        raise InvalidResponse
    value, milliseconds = reply
    return None if value is None else Entry(_require(value, bytes), _require(milliseconds, int) / 1000)


def to_generation(reply: Any) -> str:
    """Return a random value and the identifier of the server's process, which may be empty."""
    value, separator, process = _require(reply, bytes).decode("ascii").partition("-")
    if not separator or not f"{value}{process}".isalnum():
        raise InvalidResponse
    return f"{value}-{process}"


def to_list(reply: Any) -> list[bytes]:
    """Return the values of a list."""
    return [_require(each, bytes) for each in _require(reply, list)]


def to_version(reply: Any) -> str:
    """Return the name and the version of the server, from what it says about itself."""
    facts = _require(reply, dict)
    if "valkey_version" in facts:
        return f"Valkey {facts['valkey_version']}"
    if "redis_version" not in facts:
        raise InvalidResponse
    return f"Redis {facts['redis_version']}"


def _require(value: Any, expected: type[T]) -> T:
    if not isinstance(value, expected):
        raise InvalidResponse
    return value

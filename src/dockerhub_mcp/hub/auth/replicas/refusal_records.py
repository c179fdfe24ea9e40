"""Records of refused sign-ins for other processes: compact JSON without the secret."""

from __future__ import annotations

import json
import math
from typing import Any

from dockerhub_mcp.hub.auth.sign_in_guard import Refusal
from dockerhub_mcp.hub.errors import (
    SecondFactorRequired,
    SignInError,
    SignInLocked,
    SignInRefused,
    SignInUnavailable,
)

_ERRORS: dict[str, type[SignInError]] = {
    error.__name__: error for error in (SecondFactorRequired, SignInLocked, SignInRefused, SignInUnavailable)
}
_LASTING = SecondFactorRequired, SignInRefused
_TEXTS = "what", "why", "remedy", "hub_message"
_LASTING_SECONDS = 86_400.0  # a refused secret; afterwards a process that does not remember it tries it once
_COUNTER_SECONDS = 7200.0  # the counters of a pause outlast it, so that the next one is longer
_MAX_COUNT = 1000


def encode_refusal(refusal: Refusal) -> tuple[bytes, float]:
    """Return the record of a refusal, and the seconds for which to keep it."""
    error = refusal.error
    record = {
        "error": type(error).__name__,
        **dict(zip(_TEXTS, (error.what, error.why, error.advice, error.hub_message), strict=True)),
        "outages": refusal.outages,
        "others": refusal.others,
    }
    if isinstance(error, SignInLocked):
        seconds = refusal.seconds
    else:
        seconds = _LASTING_SECONDS if math.isinf(refusal.seconds) else refusal.seconds + _COUNTER_SECONDS
    return json.dumps(record, separators=(",", ":")).encode(), seconds


def decode_refusal(record: bytes, seconds_left: float) -> Refusal | None:
    """Return the refusal of a record; None for a damaged one, or one of an unknown kind.

    Args:
        record: The record.
        seconds_left: The seconds until the record expires.
    """
    try:
        content = json.loads(record)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    error_type = _ERRORS.get(str(content.get("error")))
    texts = {name: text for name in _TEXTS if isinstance(text := content.get(name), str)}
    outages, others = _read_count(content.get("outages")), _read_count(content.get("others"))
    if error_type is None or len(texts) < len(_TEXTS) or outages is None or others is None:
        return None
    what, why, remedy, hub_message = texts.values()
    error = error_type(what, why=why, remedy=remedy, hub_message=hub_message)
    if error_type is SignInLocked:
        return Refusal(error, seconds_left)
    if isinstance(error, _LASTING):
        return Refusal(error, math.inf, age=max(0.0, _LASTING_SECONDS - seconds_left))
    return Refusal(error, seconds_left - _COUNTER_SECONDS, 0.0, outages, others)


def _read_count(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT
    return value if is_count else None

"""Parse the value of one setting."""

from __future__ import annotations

import dataclasses
from typing import Any

ON_WORDS, OFF_WORDS = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def parse_value(setting: dataclasses.Field[Any], value: Any, source: str) -> Any:
    """Return the value of a setting, of the type of its default.

    Args:
        setting: The setting; `config` describes its metadata.
        value: The value that was given, as text or of the right type already.
        source: The option or variable that it comes from, for error messages.

    Raises:
        ValueError: The setting cannot have this value; the message is one line.
    """
    data, default = setting.metadata, setting.default
    word = str(value).lower()
    if word in ON_WORDS | OFF_WORDS and (isinstance(default, bool) or "switch" in data):
        return data.get("switch", (False, True))[word in ON_WORDS]
    if isinstance(default, bool):
        msg = f"{source} must be true or false, not {value!r}"
        raise ValueError(msg)  # noqa: TRY004 - of the text, not of the type
    if isinstance(default, tuple):
        names = tuple(part for part in str(value).replace(" ", "").split(",") if part)
        if not names:
            msg = f"{source} names nothing; leave it out to set no limit"
            raise ValueError(msg)
        return names
    if isinstance(default, int | float):
        return _parse_number(type(default), value, source, data["low"], data["high"])
    if "choices" in data and word not in data["choices"]:
        msg = f"{source} must be one of {', '.join(data['choices'])}, not {value!r}"
        raise ValueError(msg)
    return word if "choices" in data else str(value)


def _parse_number(number_type: type, value: Any, source: str, minimum: float, maximum: float) -> Any:
    try:
        number = number_type(value)
    except ValueError:
        number = None
    if number is None or not minimum <= number <= maximum:
        limits = f"{_format_limit(minimum)} to {_format_limit(maximum)}"
        msg = f"{source} must be a number from {limits}, not {value!r}"
        raise ValueError(msg)
    return number


def _format_limit(limit: float) -> str:
    """Return a number as it can be given, such as `10000000` or `0.1`."""
    return str(int(limit)) if limit == int(limit) else str(limit)

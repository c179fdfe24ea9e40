"""Durations as messages show them."""

from __future__ import annotations

_WHOLE_SECONDS = 10
_SHORTEST_SHOWN = 0.001
_SECONDS_PER_MINUTE = 60
_SECONDS_PER_HOUR = 3600


def format_seconds(seconds: float) -> str:
    """Return a duration such as `30 s` or `1.7 s`, rounded to what a reader needs.

    Args:
        seconds: The duration; below ten seconds two digits are shown, otherwise whole seconds.
    """
    if 0 < seconds < _SHORTEST_SHOWN:
        return f"less than {_SHORTEST_SHOWN} s"
    return f"{seconds:.0f} s" if seconds >= _WHOLE_SECONDS else f"{seconds:.2g} s"


def format_window(seconds: int) -> str:
    """Return the length of a window in the largest unit that fits, such as `6 h`, `90 min` or `100 s`."""
    if seconds % _SECONDS_PER_HOUR == 0:
        return f"{seconds // _SECONDS_PER_HOUR} h"
    return f"{seconds} s" if seconds % _SECONDS_PER_MINUTE else f"{seconds // _SECONDS_PER_MINUTE} min"

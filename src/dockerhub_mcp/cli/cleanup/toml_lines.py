"""Find the line of a TOML document that defines a key, for messages."""

from __future__ import annotations

import tomllib
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any


def find_line(text: str, path: Sequence[str]) -> int:
    """Return the number of the line on which the statement that defines a key begins, from 1.

    Args:
        text: A valid document that has the key.
        path: The names of the tables and of the key.
    """
    lines = text.split("\n")
    # Up to this number of lines, and on to the end of the statement that they end in, the key is defined.
    number = bisect_left(
        range(len(lines) + 1), 1, key=lambda count: int(_contains(_parse_start(lines, count), path))
    )
    while number < len(lines) and lines[number - 1].strip()[:1] in {"", "#"}:
        number += 1
    return number


def _parse_start(lines: Sequence[str], count: int) -> dict[str, Any]:
    """Parse some lines, and those after them that belong to the same statement."""
    for end in range(count, len(lines)):
        try:
            return tomllib.loads("\n".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue
    return tomllib.loads("\n".join(lines))


def _contains(tables: Any, path: Sequence[str]) -> bool:
    for name in path:
        if not isinstance(tables, dict) or name not in tables:
            return False
        tables = tables[name]
    return True

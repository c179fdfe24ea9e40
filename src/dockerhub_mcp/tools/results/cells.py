"""The texts of table cells, one at a time or of a whole column."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dockerhub_mcp.hub.models import Display
from dockerhub_mcp.hub.models.timestamp import NEVER
from dockerhub_mcp.tools.results.projected_values import is_empty
from dockerhub_mcp.tools.results.sanitize import inline
from dockerhub_mcp.tools.results.values import (
    MAX_CELL_CHARS,
    MAX_NAME_CHARS,
    NEVER_TEXT,
    format_full,
    format_short,
)

_BARE_WORDS = re.compile(r"[\w.@/+:\n-]*")


class RenderedCell(str):
    """A value that is the text of its table cell already."""

    __slots__ = ()


def render_cell(value: Any, display: Display | None, untruncated: bool) -> str:
    """Return a value as the text of a table cell."""
    if is_empty(value) or isinstance(value, RenderedCell):
        return value or ""
    return (
        format_full(value, display, untruncated=untruncated)
        if untruncated or display is Display.DIGEST
        else format_short(value, display)
    )


def render_cells(values: Sequence[Any], display: Display | None, untruncated: bool) -> list[str]:
    """Return the values of a column as the texts of its cells, as `render_cell` does."""
    kinds, is_whole = set(map(type, values)) - {type(None)}, untruncated or display is Display.DIGEST
    if kinds == {str}:
        max_chars = MAX_CELL_CHARS if display is Display.TEXT else MAX_NAME_CHARS
        return inline_all(values, 0 if is_whole else max_chars)
    if len(kinds) == 1 and not is_whole:
        if datetime in kinds and display is not Display.DATETIME:
            return [
                ""
                if value is None
                else value.date().isoformat()  # as `format_short` does, which takes three times as long
                if value.year != NEVER.year
                else NEVER_TEXT
                for value in values
            ]
        if int in kinds:
            texts = {value: format_short(value, display) for value in set(values) if value is not None}
            return [texts.get(value, "") for value in values]
    return [render_cell(value, display, untruncated) for value in values]


def inline_all(texts: Sequence[str | None], max_chars: int) -> list[str]:
    """Return texts for use within lines, as `inline` does; empty ones stay empty."""
    words, limit = [text or "" for text in texts], max_chars or sys.maxsize
    joined = "\n".join(words)
    if (
        joined.isascii()
        and joined.count("\n") < max(1, len(words))
        and max(map(len, words), default=0) <= limit
        and _BARE_WORDS.fullmatch(joined)
    ):
        return words  # as most columns: single plain words, which are not changed
    return [inline(word, max_chars) if word else "" for word in words]

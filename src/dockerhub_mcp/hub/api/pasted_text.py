"""Remove what users paste around a name: quotation marks, back-ticks, and the command in front of it."""

from __future__ import annotations

import re

_MARKS = {"`": "`", '"': '"', "'": "'", "“": "”", "„": "“", "\u2018": "\u2019", "«": "»"}
"""Quotation marks, each with the one that closes it."""

_MAX_LAYERS = 4
_PULL = re.compile(
    r"^(?:\$\s+)?(?:sudo\s+)?(?:docker|podman|nerdctl)\s+(?:image\s+)?pull\s+(?:(?:-q|--quiet)\s+)?(\S+)$"
)
_FROM = re.compile(r"^FROM\s+(\S+)(?:\s+AS\s+\S+)?$", re.IGNORECASE)


def strip_quotes(text: str) -> str:
    """Return a text without spaces and quotation marks around it."""
    text = text.strip()
    if text[:1] not in _MARKS:
        return text
    for _ in range(_MAX_LAYERS):
        if len(text) <= 2 or _MARKS.get(text[0]) != text[-1]:  # noqa: PLR2004 - two marks and nothing else
            return text
        text = text.strip(text[0] + text[-1]).strip()
    return text


def extract_reference(text: str) -> str:
    """Return the image reference in a pasted text, such as the one in a `docker pull` command."""
    text = strip_quotes(text)
    if len(text.split()) < 2:  # noqa: PLR2004 - a command has several words
        return text
    found = _PULL.match(text) or _FROM.match(text)
    return strip_quotes(found[1]) if found else text

"""The troubleshooting page: each heading quotes a message, which is provoked and shown below it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

from devtools.generate.pages.http_errors import HTTP_ERRORS
from devtools.generate.pages.login_errors import LOGIN_ERRORS
from devtools.generate.pages.network_errors import NETWORK_ERRORS
from devtools.generate.pages.provoke import Provoke
from devtools.generate.pages.startup_errors import STARTUP_ERRORS
from devtools.generate.pages.tool_errors import TOOL_ERRORS

ERRORS: Mapping[str, Provoke] = {
    **TOOL_ERRORS,
    **NETWORK_ERRORS,
    **LOGIN_ERRORS,
    **STARTUP_ERRORS,
    **HTTP_ERRORS,
}
_SHOWN_LINES = 6
_ENTRY = re.compile(r"^### `([^\n]+)`\n(?:(?!^#|^```).*\n)*^```text\n((?:(?!```).*\n)*)^```$", re.MULTILINE)


async def fill_page(page: str) -> str:
    """Return the page with the current message below each heading.

    Raises:
        ValueError: A heading is not part of its message, nothing provokes it, or a message has no heading.
    """
    entries = list(_ENTRY.finditer(page))
    headings = [entry[1] for entry in entries]
    for heading in headings:
        if heading not in ERRORS:
            msg = f"nothing provokes the message {heading!r}; add it to one of the modules of ERRORS"
            raise ValueError(msg)
    if missing := sorted(set(ERRORS) - set(headings)):
        msg = f"the page lacks a heading with a block of text: {', '.join(missing)}"
        raise ValueError(msg)
    texts = await asyncio.gather(*(ERRORS[heading]() for heading in headings))
    parts, end = [], 0
    for entry, text in zip(entries, texts, strict=True):
        if entry[1] not in text:
            msg = f"{entry[1]!r} is a heading, but the message is: {text}"
            raise ValueError(msg)
        parts += [page[end : entry.start(2)], _shorten(text.strip()), "\n"]
        end = entry.end(2)
    return "".join([*parts, page[end:]])


def _shorten(text: str) -> str:
    """Return the first lines of a message, which say what it is about."""
    lines = text.split("\n")
    return "\n".join(lines if len(lines) <= _SHOWN_LINES else [*lines[:_SHOWN_LINES], "..."])

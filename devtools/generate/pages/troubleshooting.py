"""Blocks of text on a page that a run fills in: what an error says, what a call is answered with."""

from __future__ import annotations

import asyncio
import json
import re

from docs.make.logins import KEPT
from docs.make.marks import fenced
from docs.make.refusals import REFUSED
from docs.make.stage import stage
from docs.make.troubles import TOLD

TROUBLES = TOLD | KEPT | REFUSED
_SHOWN = 6
"""Lines of a text that are shown under its heading."""
_TROUBLE = re.compile(r"^### `([^\n]+)`\n(?:(?!^#|^```).*\n)*^```text\n((?:(?!```).*\n)*)^```$", re.MULTILINE)
_CALL = re.compile(
    r"^```json\n(\{\"name\": (?:(?!^```).*\n)+)^```\n\n^```text\n((?:(?!```).*\n)*)^```$", re.MULTILINE
)
_SECTION = re.compile(r"^(?=## )", re.MULTILINE)


async def troubles(page: str) -> str:
    """Return the page on trouble with what the program says today under each heading.

    Raises:
        ValueError: A heading that is in no text, that nothing makes happen, or that has no place for a text.
    """
    places = list(_TROUBLE.finditer(page))
    headings = [found[1] for found in places]
    for heading in headings:
        if heading not in TROUBLES:
            msg = f"nothing makes {heading!r} happen; add it to TOLD, KEPT or REFUSED"
            raise ValueError(msg)
    if missing := sorted(set(TROUBLES) - set(headings)):
        msg = f"the page on trouble lacks a heading with a block of text: {', '.join(missing)}"
        raise ValueError(msg)
    texts = await asyncio.gather(*(TROUBLES[heading]() for heading in headings))
    parts, end = [], 0
    for found, text in zip(places, texts, strict=True):
        if found[1] not in text:
            msg = f"{found[1]!r} is a heading, but the program says: {text}"
            raise ValueError(msg)
        parts += [page[end : found.start(2)], _short(text.strip()), "\n"]
        end = found.end(2)
    return "".join([*parts, page[end:]])


async def recipes(page: str) -> str:
    """Return a page with the answer behind each call; the calls of a section follow one another.

    Raises:
        ValueError: A call fails.
    """
    return "".join([await _section(section) for section in _SECTION.split(page)])


async def _section(section: str) -> str:
    parts, end = [], 0
    async with stage("owner") as on:
        for found in _CALL.finditer(section):
            call = json.loads(found[1])
            said = await on.call(call["name"], call["arguments"])
            if said.is_error:
                msg = f"{call['name']} fails: {said.text}"
                raise ValueError(msg)
            asked = [f"(The person is asked: {text} The answer is yes.)\n" for text in said.asked]
            block = fenced("".join([*asked, said.text])).split("\n", 1)[1].rsplit("\n", 2)[0]
            parts += [section[end : found.start(2)], block, "\n"]
            end = found.end(2)
    return "".join([*parts, section[end:]])


def _short(text: str) -> str:
    """Return the beginning of a text; what it is about stands in its first lines."""
    lines = text.split("\n")
    return "\n".join(lines if len(lines) <= _SHOWN else [*lines[:_SHOWN], "..."])

"""Changes in a TOML text: one table of it is added, changed or taken away; the rest is left as it is."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dockerhub_mcp.install.editors.jsonc import Unreadable

Key = tuple[str, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"[ \t]*")
_STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
_PLACE = re.compile(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)


@dataclass(slots=True)
class Statement:
    """A header or an assignment; `end` is behind its line, comment and all."""

    start: int
    solid: int
    """Where what is no comment and no white space ends."""
    end: int
    key: Key
    header: bool
    table: Key
    """The table that it begins, or stands in."""


def parse(text: str) -> dict[str, Any]:
    """Read a document.

    Raises:
        Unreadable: It is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.match(str(error))
        if found is None:  # a later version may say it in another way
            raise Unreadable(str(error), text, len(text)) from None
        what, line, column = found.groups()
        if line is None:
            raise Unreadable(what, text, len(text)) from None
        start = sum(len(one) for one in text.splitlines(keepends=True)[: int(line) - 1])
        raise Unreadable(what, text, start + int(column) - 1) from None


def statements(text: str) -> Iterator[Statement]:
    """Tell where everything in a document that is well-formed stands."""
    at, table = 0, Key()
    while at < len(text):
        at = _BLANK.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing too
        if text[at : at + 1] in "#\r\n":  # at the end there is nothing, which is in everything
            at = _end_of_line(text, at)
            continue
        start, header = at, text[at] == "["
        if header:
            at += 2 if text.startswith("[[", at) else 1
        key, at = _key(text, at)
        solid, end = _ends(text, at)
        if header:
            table = key
        yield Statement(start, solid, end, key, header, table)
        at = end


def _key(text: str, at: int) -> tuple[Key, int]:
    parts: list[str] = []
    while True:
        at = _BLANK.match(text, at).end()  # type: ignore[union-attr]
        found = _BARE.match(text, at) or next(
            found for pattern in _STRINGS[2:] if (found := pattern.match(text, at))
        )
        word = found[0]
        parts.append(word if word[0] not in "\"'" else next(iter(tomllib.loads(f"{word} = 0"))))
        at = _BLANK.match(text, found.end()).end()  # type: ignore[union-attr]
        if not text.startswith(".", at):
            return tuple(parts), at
        at += 1


def _ends(text: str, at: int) -> tuple[int, int]:
    """Return where a statement ends, and where its line does; brackets and long texts go over several."""
    depth, solid = 0, at
    while at < len(text):
        here = text[at]
        if here in "\"'":
            at = solid = next(found for pattern in _STRINGS if (found := pattern.match(text, at))).end()
            continue
        if here == "#":
            at = len(text) if (stop := text.find("\n", at)) < 0 else stop
            continue
        depth += (here in "[{") - (here in "]}")
        at += 1
        if here not in " \t\r\n":
            solid = at
        if here == "\n" and depth <= 0:
            break
    return solid, at


def _end_of_line(text: str, at: int) -> int:
    return len(text) if (stop := text.find("\n", at)) < 0 else stop + 1


def table_of(text: str, table: Key) -> bool:
    """Tell whether a table has a header of its own, which is what can be changed here."""
    return any(one.header and one.key == table for one in statements(text))


def add_table(text: str, table: Key, values: Mapping[str, Any]) -> str:
    """Add a table behind all others."""
    newline = _newline(text)
    lines = [
        f"[{'.'.join(map(_name, table))}]",
        *(f"{_name(key)} = {_value(one)}" for key, one in values.items()),
    ]
    if text.strip():
        text += ("" if text.endswith("\n") else newline) + ("" if _ends_blank(text) else newline)
    return text + newline.join(lines) + newline


def put(text: str, table: Key, key: str, value: Any) -> str:
    """Set a value of a table that is there; in a table of its own where it is written as one."""
    if isinstance(value, Mapping) and table_of(text, (*table, key)):
        for name, one in value.items():
            text = put(text, (*table, key), name, one)
        return text
    line = f"{_name(key)} = {_value(value)}"
    last = None
    for one in statements(text):
        if one.table != table:
            continue
        if one.header:
            last = one
            continue
        if one.key == (key,):
            return text[: one.start] + line + text[one.solid :]
        last = one
    assert last is not None  # noqa: S101 - whoever calls has looked
    newline = _newline(text)
    start = text[: last.end] + ("" if text[: last.end].endswith("\n") else newline)
    return start + line + newline + text[last.end :]


def drop(text: str, table: Key, key: str) -> str:
    """Take a value out of a table, if it is there."""
    for one in statements(text):
        if one.table == table and not one.header and one.key == (key,):
            start = text.rfind("\n", 0, one.start) + 1
            return text[:start] + text[one.end :]
    return text


def drop_table(text: str, table: Key) -> str:
    """Take a table away with those in it, and the blank line before it."""
    while True:
        ours = [one for one in statements(text) if one.table[: len(table)] == table]
        if not ours:
            return text
        start = next(one for one in ours if one.header).start
        first = ours.index(next(one for one in ours if one.header))
        end = ours[first].end
        for one in ours[first + 1 :]:
            if one.header:
                break
            end = one.end
        start = text.rfind("\n", 0, start) + 1
        before = re.sub(r"\r?\n\Z", "", text[:start]) if _ends_blank(text[:start]) else text[:start]
        text = before + (text[end:] if before else re.sub(r"\A\r?\n", "", text[end:]))


def _ends_blank(text: str) -> bool:
    return bool(re.search(r"(?:\A|\n)[ \t]*\r?\n\Z", text))


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _name(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_name(key)} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_value, value)) + "]"
    # TOML's basic strings have JSON's escapes; only the delete character has to be escaped as well.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

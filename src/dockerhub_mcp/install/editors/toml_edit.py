"""Changes in a TOML text: one table of it is added, changed or taken away; the rest is left as it is."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dockerhub_mcp.install.editors.jsonc import ParseError

DottedKey = tuple[str, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_WHITESPACE = re.compile(r"[ \t]*")
_STRING_PATTERNS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
_ERROR_LOCATION = re.compile(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)


@dataclass(slots=True)
class Statement:
    """A header or an assignment; `end` is behind its line, comment and all."""

    start: int
    content_end: int
    """Where what is no comment and no white space ends."""
    end: int
    key: DottedKey
    is_header: bool
    table: DottedKey
    """The table that it begins, or stands in."""


def parse(text: str) -> dict[str, Any]:
    """Read a document.

    Raises:
        Unreadable: It is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _ERROR_LOCATION.match(str(error))
        if found is None:  # a later version may say it in another way
            raise ParseError(str(error), text, len(text)) from None
        what, line, column = found.groups()
        if line is None:
            raise ParseError(what, text, len(text)) from None
        start = sum(len(one) for one in text.splitlines(keepends=True)[: int(line) - 1])
        raise ParseError(what, text, start + int(column) - 1) from None


def iter_statements(text: str) -> Iterator[Statement]:
    """Tell where everything in a document that is well-formed stands."""
    at, table = 0, DottedKey()
    while at < len(text):
        at = _WHITESPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing too
        if text[at : at + 1] in "#\r\n":  # at the end there is nothing, which is in everything
            at = _find_line_end(text, at)
            continue
        start, header = at, text[at] == "["
        if header:
            at += 2 if text.startswith("[[", at) else 1
        key, at = _parse_key(text, at)
        solid, end = _find_statement_ends(text, at)
        if header:
            table = key
        yield Statement(start, solid, end, key, header, table)
        at = end


def _parse_key(text: str, offset: int) -> tuple[DottedKey, int]:
    parts: list[str] = []
    while True:
        offset = _WHITESPACE.match(text, offset).end()  # type: ignore[union-attr]
        found = _BARE_KEY.match(text, offset) or next(
            found for pattern in _STRING_PATTERNS[2:] if (found := pattern.match(text, offset))
        )
        word = found[0]
        parts.append(word if word[0] not in "\"'" else next(iter(tomllib.loads(f"{word} = 0"))))
        offset = _WHITESPACE.match(text, found.end()).end()  # type: ignore[union-attr]
        if not text.startswith(".", offset):
            return tuple(parts), offset
        offset += 1


def _find_statement_ends(text: str, offset: int) -> tuple[int, int]:
    """Return where a statement ends, and where its line does; brackets and long texts go over several."""
    depth, solid = 0, offset
    while offset < len(text):
        here = text[offset]
        if here in "\"'":
            offset = solid = next(
                found for pattern in _STRING_PATTERNS if (found := pattern.match(text, offset))
            ).end()
            continue
        if here == "#":
            offset = len(text) if (stop := text.find("\n", offset)) < 0 else stop
            continue
        depth += (here in "[{") - (here in "]}")
        offset += 1
        if here not in " \t\r\n":
            solid = offset
        if here == "\n" and depth <= 0:
            break
    return solid, offset


def _find_line_end(text: str, offset: int) -> int:
    return len(text) if (stop := text.find("\n", offset)) < 0 else stop + 1


def has_table_header(text: str, table: DottedKey) -> bool:
    """Tell whether a table has a header of its own, which is what can be changed here."""
    return any(one.is_header and one.key == table for one in iter_statements(text))


def append_table(text: str, table: DottedKey, values: Mapping[str, Any]) -> str:
    """Add a table behind all others."""
    newline = _detect_newline(text)
    lines = [
        f"[{'.'.join(map(_render_key, table))}]",
        *(f"{_render_key(key)} = {_render_value(one)}" for key, one in values.items()),
    ]
    if text.strip():
        text += ("" if text.endswith("\n") else newline) + ("" if _ends_with_blank_line(text) else newline)
    return text + newline.join(lines) + newline


def set_value(text: str, table: DottedKey, key: str, value: Any) -> str:
    """Set a value of a table that is there; in a table of its own where it is written as one."""
    if isinstance(value, Mapping) and has_table_header(text, (*table, key)):
        for name, one in value.items():
            text = set_value(text, (*table, key), name, one)
        return text
    line = f"{_render_key(key)} = {_render_value(value)}"
    last = None
    for one in iter_statements(text):
        if one.table != table:
            continue
        if one.is_header:
            last = one
            continue
        if one.key == (key,):
            return text[: one.start] + line + text[one.content_end :]
        last = one
    assert last is not None  # noqa: S101 - whoever calls has looked
    newline = _detect_newline(text)
    start = text[: last.end] + ("" if text[: last.end].endswith("\n") else newline)
    return start + line + newline + text[last.end :]


def remove_value(text: str, table: DottedKey, key: str) -> str:
    """Take a value out of a table, if it is there."""
    for one in iter_statements(text):
        if one.table == table and not one.is_header and one.key == (key,):
            start = text.rfind("\n", 0, one.start) + 1
            return text[:start] + text[one.end :]
    return text


def remove_table(text: str, table: DottedKey) -> str:
    """Take a table away with those in it, and the blank line before it."""
    while True:
        ours = [one for one in iter_statements(text) if one.table[: len(table)] == table]
        if not ours:
            return text
        start = next(one for one in ours if one.is_header).start
        first = ours.index(next(one for one in ours if one.is_header))
        end = ours[first].end
        for one in ours[first + 1 :]:
            if one.is_header:
                break
            end = one.end
        start = text.rfind("\n", 0, start) + 1
        before = re.sub(r"\r?\n\Z", "", text[:start]) if _ends_with_blank_line(text[:start]) else text[:start]
        text = before + (text[end:] if before else re.sub(r"\A\r?\n", "", text[end:]))


def _ends_with_blank_line(text: str) -> bool:
    return bool(re.search(r"(?:\A|\n)[ \t]*\r?\n\Z", text))


def _detect_newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _render_key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _render_value(key)


def _render_value(value: Any) -> str:
    if isinstance(value, Mapping):
        return (
            "{ "
            + ", ".join(f"{_render_key(key)} = {_render_value(one)}" for key, one in value.items())
            + " }"
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_render_value, value)) + "]"
    # TOML's basic strings have JSON's escapes; only the delete character has to be escaped as well.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

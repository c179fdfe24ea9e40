"""Edit one table of a TOML text in place, keeping the formatting and comments of everything else."""

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
    """A table header or an assignment.

    Attributes:
        start: The offset of its first character.
        content_end: The offset after its last character that is neither comment nor white space.
        end: The offset after its line, including a comment.
        key: The key of the table or of the assignment.
        is_header: Whether it is a table header.
        table: The table that it begins or belongs to.
    """

    start: int
    content_end: int
    end: int
    key: DottedKey
    is_header: bool
    table: DottedKey


def parse(text: str) -> dict[str, Any]:
    """Parse a document.

    Raises:
        ParseError: The text is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _ERROR_LOCATION.match(str(error))
        if match is None:  # another version of Python may word it differently
            raise ParseError(str(error), text, len(text)) from None
        reason, line, column = match.groups()
        if line is None:
            raise ParseError(reason, text, len(text)) from None
        line_start = sum(map(len, text.splitlines(keepends=True)[: int(line) - 1]))
        raise ParseError(reason, text, line_start + int(column) - 1) from None


def iter_statements(text: str) -> Iterator[Statement]:
    """Yield the statements of a valid document in order."""
    offset, table = 0, DottedKey()
    while offset < len(text):
        offset = _WHITESPACE.match(text, offset).end()  # type: ignore[union-attr]  # also matches an empty text
        if text[offset : offset + 1] in "#\r\n":  # true of the empty text at the end as well
            offset = _find_line_end(text, offset)
            continue
        start, is_header = offset, text[offset] == "["
        if is_header:
            offset += 2 if text.startswith("[[", offset) else 1
        key, offset = _parse_key(text, offset)
        content_end, end = _find_statement_ends(text, offset)
        if is_header:
            table = key
        yield Statement(start, content_end, end, key, is_header, table)
        offset = end


def _parse_key(text: str, offset: int) -> tuple[DottedKey, int]:
    parts: list[str] = []
    while True:
        offset = _WHITESPACE.match(text, offset).end()  # type: ignore[union-attr]
        match = _BARE_KEY.match(text, offset) or next(
            match for pattern in _STRING_PATTERNS[2:] if (match := pattern.match(text, offset))
        )
        part = match[0]
        parts.append(part if part[0] not in "\"'" else next(iter(tomllib.loads(f"{part} = 0"))))
        offset = _WHITESPACE.match(text, match.end()).end()  # type: ignore[union-attr]
        if not text.startswith(".", offset):
            return tuple(parts), offset
        offset += 1


def _find_statement_ends(text: str, offset: int) -> tuple[int, int]:
    """Return the offsets after a statement's content and after its last line; values may span lines."""
    depth, content_end = 0, offset
    while offset < len(text):
        character = text[offset]
        if character in "\"'":
            offset = content_end = next(
                match for pattern in _STRING_PATTERNS if (match := pattern.match(text, offset))
            ).end()
            continue
        if character == "#":
            offset = len(text) if (stop := text.find("\n", offset)) < 0 else stop
            continue
        depth += (character in "[{") - (character in "]}")
        offset += 1
        if character not in " \t\r\n":
            content_end = offset
        if character == "\n" and depth <= 0:
            break
    return content_end, offset


def _find_line_end(text: str, offset: int) -> int:
    return len(text) if (stop := text.find("\n", offset)) < 0 else stop + 1


def has_table_header(text: str, table: DottedKey) -> bool:
    """Tell whether a table has a header of its own, without which it cannot be edited."""
    return any(statement.is_header and statement.key == table for statement in iter_statements(text))


def append_table(text: str, table: DottedKey, values: Mapping[str, Any]) -> str:
    """Append a table to the end of the text."""
    newline = _detect_newline(text)
    lines = [
        f"[{'.'.join(map(_render_key, table))}]",
        *(f"{_render_key(key)} = {_render_value(value)}" for key, value in values.items()),
    ]
    return append_text(text, newline.join(lines) + newline)


def append_text(text: str, table_text: str) -> str:
    """Append the text of a table, after a blank line."""
    newline = _detect_newline(text)
    if text.strip():
        text += ("" if text.endswith("\n") else newline) + ("" if _ends_with_blank_line(text) else newline)
    return text + table_text


def read_table_text(text: str, table: DottedKey) -> str:
    """Return the text of a table with its subtables."""
    spans: list[list[int]] = []
    for statement in iter_statements(text):
        if statement.table[: len(table)] != table:
            continue
        if statement.is_header:
            spans.append([statement.start, statement.end])
        else:
            spans[-1][1] = statement.end
    parts = [text[start:end] for start, end in spans]
    newline = _detect_newline(text)
    return newline.join(part if part.endswith("\n") else part + newline for part in parts)


def set_value(text: str, table: DottedKey, key: str, value: Any) -> str:
    """Set a value of an existing table, in the subtable if it is written as one."""
    if isinstance(value, Mapping) and has_table_header(text, (*table, key)):
        for name, member in value.items():
            text = set_value(text, (*table, key), name, member)
        return text
    line = f"{_render_key(key)} = {_render_value(value)}"
    last = None
    for statement in iter_statements(text):
        if statement.table != table:
            continue
        if not statement.is_header and statement.key == (key,):
            return text[: statement.start] + line + text[statement.content_end :]
        last = statement
    assert last is not None  # noqa: S101 - checked by the caller
    newline = _detect_newline(text)
    start = text[: last.end] + ("" if text[: last.end].endswith("\n") else newline)
    return start + line + newline + text[last.end :]


def remove_value(text: str, table: DottedKey, key: str) -> str:
    """Remove a value from a table, if it exists."""
    for statement in iter_statements(text):
        if statement.table == table and not statement.is_header and statement.key == (key,):
            start = text.rfind("\n", 0, statement.start) + 1
            return text[:start] + text[statement.end :]
    return text


def remove_table(text: str, table: DottedKey) -> str:
    """Remove a table with its subtables, and the blank line before each."""
    while True:
        statements = [one for one in iter_statements(text) if one.table[: len(table)] == table]
        if not statements:
            return text
        first = next(index for index, statement in enumerate(statements) if statement.is_header)
        start, end = statements[first].start, statements[first].end
        for statement in statements[first + 1 :]:
            if statement.is_header:
                break
            end = statement.end
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
            + ", ".join(f"{_render_key(key)} = {_render_value(member)}" for key, member in value.items())
            + " }"
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_render_value, value)) + "]"
    # TOML's basic strings use JSON's escapes, and require one for the delete character as well.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

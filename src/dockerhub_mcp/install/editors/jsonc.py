"""JSON, with comments and trailing commas where a host allows them, read with the place of everything."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

MAX_DEPTH = 200

_WHITESPACE = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"')
_SCALAR = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_TOKEN = re.compile(r"[\w.+-]+|.", re.DOTALL)


class ParseError(Exception):
    """A text that is not of its format; the message names the line and the column."""

    def __init__(self, reason: str, text: str, offset: int) -> None:
        line = text.count("\n", 0, offset) + 1
        column = offset - text.rfind("\n", 0, offset)
        super().__init__(f"line {line}, column {column}: {reason}")


@dataclass(slots=True)
class Item:
    """A member of an object, or an element of an array, which has no key."""

    start: int
    key: str | None
    node: Node
    comma_offset: int | None = None
    """Where the comma behind it stands."""


@dataclass(slots=True)
class Node:
    """A value with its place; `end` is behind its last character."""

    start: int
    end: int
    value: Any
    items: list[Item] = field(default_factory=list)

    def find_item(self, key: str) -> Item | None:
        """Return the member with a key. As in every host, the last one counts."""
        return next((item for item in reversed(self.items) if item.key == key), None)


@dataclass(slots=True)
class JSONDialect:
    """What a host allows beyond plain JSON."""

    allows_comments: bool = False
    allows_trailing_commas: bool = False


def parse(text: str, dialect: JSONDialect) -> Node:
    """Read a document.

    Raises:
        Unreadable: It is not JSON, or has what the host does not allow.
    """
    return _JSONParser(text, dialect).parse_document()


class _JSONParser:
    def __init__(self, text: str, dialect: JSONDialect) -> None:
        self.text, self.dialect, self.position = text, dialect, 0

    def parse_document(self) -> Node:
        self.skip_whitespace_and_comments()
        node = self.parse_value(0)
        self.skip_whitespace_and_comments()
        if self.position < len(self.text):
            self.raise_error(f"{self.describe_token()} follows the end of the document")
        return node

    def raise_error(self, reason: str, offset: int | None = None) -> NoReturn:
        raise ParseError(reason, self.text, self.position if offset is None else offset) from None

    def describe_token(self) -> str:
        found = _TOKEN.match(self.text, self.position)
        return "the end of the file" if found is None else repr(found[0][:20])

    def skip_whitespace_and_comments(self) -> None:
        while True:
            self.position = _WHITESPACE.match(self.text, self.position).end()  # type: ignore[union-attr]  # it matches nothing too
            if not self.text.startswith("/", self.position):
                return
            comment = _COMMENT.match(self.text, self.position)
            if comment is None:
                self.raise_error("a '/' that begins no comment, or one that does not end")
            if not self.dialect.allows_comments:
                self.raise_error("a comment, which this host does not allow in this file")
            self.position = comment.end()

    def parse_value(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            self.raise_error("it is nested too deeply")
        start = self.position
        if self.text.startswith("{", start):
            return self.parse_container("}", depth)
        if self.text.startswith("[", start):
            return self.parse_container("]", depth)
        value = self.parse_string() if self.text.startswith('"', start) else self.parse_scalar()
        return Node(start, self.position, value)

    def parse_string(self) -> str:
        found = _STRING.match(self.text, self.position)
        if found is None:
            self.raise_error("a text that does not end on its line")
        try:
            value: str = json.loads(found[0])
        except json.JSONDecodeError as error:
            self.raise_error(error.msg, self.position + error.pos)
        self.position = found.end()
        return value

    def parse_scalar(self) -> Any:
        found = _SCALAR.match(self.text, self.position)
        if found is None:
            self.raise_error(f"{self.describe_token()} stands where a value should")
        self.position = found.end()
        return json.loads(found[0])

    def parse_container(self, closing_bracket: str, depth: int) -> Node:
        node = Node(self.position, 0, {} if closing_bracket == "}" else [])
        self.position += 1
        self.skip_whitespace_and_comments()
        while not self.text.startswith(closing_bracket, self.position):
            if node.items and node.items[-1].comma_offset is None:
                self.raise_error(
                    f"{self.describe_token()} stands where a comma or {closing_bracket!r} should"
                )
            self.parse_item(node, closing_bracket, depth)
        last = node.items[-1] if node.items else None
        if last is not None and last.comma_offset is not None and not self.dialect.allows_trailing_commas:
            self.raise_error(
                f"a comma before {closing_bracket!r}, which this host does not allow", last.comma_offset
            )
        self.position += 1
        node.end = self.position
        return node

    def parse_item(self, node: Node, closing_bracket: str, depth: int) -> None:
        start, key = self.position, None
        if closing_bracket == "}":
            if not self.text.startswith('"', start):
                self.raise_error(f"{self.describe_token()} stands where a name in double quotes should")
            key = self.parse_string()
            self.skip_whitespace_and_comments()
            if not self.text.startswith(":", self.position):
                self.raise_error(f"{self.describe_token()} stands where a colon should")
            self.position += 1
            self.skip_whitespace_and_comments()
        item = Item(start, key, self.parse_value(depth + 1))
        if key is None:
            node.value.append(item.node.value)
        else:
            node.value[key] = item.node.value
        node.items.append(item)
        self.skip_whitespace_and_comments()
        if self.text.startswith(",", self.position):
            item.comma_offset = self.position
            self.position += 1
            self.skip_whitespace_and_comments()

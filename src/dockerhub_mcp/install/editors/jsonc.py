"""Parse JSON, with the comments and trailing commas that a host allows, keeping the offset of every value."""

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
    """A text that is not in its format; the message begins with the line and the column."""

    def __init__(self, reason: str, text: str, offset: int) -> None:
        line = text.count("\n", 0, offset) + 1
        column = offset - text.rfind("\n", 0, offset)
        super().__init__(f"line {line}, column {column}: {reason}")


@dataclass(slots=True)
class Item:
    """A member of an object or an element of an array.

    Attributes:
        start: The offset of its first character.
        key: The member's key; None for an element.
        node: The value.
        comma_offset: The offset of the comma after it; None without one.
    """

    start: int
    key: str | None
    node: Node
    comma_offset: int | None = None


@dataclass(slots=True)
class Node:
    """A value and its place in the text.

    Attributes:
        start: The offset of its first character.
        end: The offset after its last character.
        value: The parsed value.
        items: The members of an object, or the elements of an array.
    """

    start: int
    end: int
    value: Any
    items: list[Item] = field(default_factory=list)

    def find_item(self, key: str) -> Item | None:
        """Return the last member with a key, which is the one that hosts use."""
        return next((item for item in reversed(self.items) if item.key == key), None)


@dataclass(slots=True)
class JSONDialect:
    """What a host accepts beyond plain JSON."""

    allows_comments: bool = False
    allows_trailing_commas: bool = False


def parse(text: str, dialect: JSONDialect) -> Node:
    """Parse a document.

    Raises:
        ParseError: The text is not JSON, or has something that the host does not accept.
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
        """Return what stands at the position; a word of several characters may be a secret without quotes."""
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            return "the end of the file"
        return repr(match[0]) if len(match[0]) == 1 else "a word without quotes"

    def skip_whitespace_and_comments(self) -> None:
        while True:
            self.position = _WHITESPACE.match(self.text, self.position).end()  # type: ignore[union-attr]  # also matches an empty text
            if not self.text.startswith("/", self.position):
                return
            comment = _COMMENT.match(self.text, self.position)
            if comment is None:
                self.raise_error("a '/' that is not part of a comment, or a comment that does not end")
            if not self.dialect.allows_comments:
                self.raise_error("a comment, which this host does not accept")
            self.position = comment.end()

    def parse_value(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            self.raise_error("the nesting is too deep")
        start = self.position
        if self.text.startswith("{", start):
            return self.parse_container("}", depth)
        if self.text.startswith("[", start):
            return self.parse_container("]", depth)
        value = self.parse_string() if self.text.startswith('"', start) else self.parse_scalar()
        return Node(start, self.position, value)

    def parse_string(self) -> str:
        match = _STRING.match(self.text, self.position)
        if match is None:
            self.raise_error("a string that does not end on its line")
        try:
            value: str = json.loads(match[0])
        except json.JSONDecodeError as error:
            self.raise_error(error.msg, self.position + error.pos)
        self.position = match.end()
        return value

    def parse_scalar(self) -> Any:
        match = _SCALAR.match(self.text, self.position)
        if match is None:
            self.raise_error(f"expected a value instead of {self.describe_token()}")
        self.position = match.end()
        return json.loads(match[0])

    def parse_container(self, closing_bracket: str, depth: int) -> Node:
        node = Node(self.position, 0, {} if closing_bracket == "}" else [])
        self.position += 1
        self.skip_whitespace_and_comments()
        while not self.text.startswith(closing_bracket, self.position):
            if node.items and node.items[-1].comma_offset is None:
                self.raise_error(
                    f"expected a comma or {closing_bracket!r} instead of {self.describe_token()}"
                )
            self.parse_item(node, closing_bracket, depth)
        last = node.items[-1] if node.items else None
        if last is not None and last.comma_offset is not None and not self.dialect.allows_trailing_commas:
            self.raise_error(
                f"a comma before {closing_bracket!r}, which this host does not accept", last.comma_offset
            )
        self.position += 1
        node.end = self.position
        return node

    def parse_item(self, node: Node, closing_bracket: str, depth: int) -> None:
        start, key = self.position, None
        if closing_bracket == "}":
            if not self.text.startswith('"', start):
                self.raise_error(f"expected a name in double quotes instead of {self.describe_token()}")
            key = self.parse_string()
            self.skip_whitespace_and_comments()
            if not self.text.startswith(":", self.position):
                self.raise_error(f"expected a colon instead of {self.describe_token()}")
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

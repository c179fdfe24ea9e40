"""JSON, with comments and trailing commas where a host allows them, read with the place of everything."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

DEEPEST = 200

_SPACE = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"')
_SCALAR = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_WORD = re.compile(r"[\w.+-]+|.", re.DOTALL)


class Unreadable(Exception):
    """A text that is not of its format; the message names the line and the column."""

    def __init__(self, what: str, text: str, at: int) -> None:
        line = text.count("\n", 0, at) + 1
        column = at - text.rfind("\n", 0, at)
        super().__init__(f"line {line}, column {column}: {what}")


@dataclass(slots=True)
class Item:
    """A member of an object, or an element of an array, which has no key."""

    start: int
    key: str | None
    node: Node
    comma: int | None = None
    """Where the comma behind it stands."""


@dataclass(slots=True)
class Node:
    """A value with its place; `end` is behind its last character."""

    start: int
    end: int
    value: Any
    items: list[Item] = field(default_factory=list)

    def item(self, key: str) -> Item | None:
        """Return the member with a key. As in every host, the last one counts."""
        return next((item for item in reversed(self.items) if item.key == key), None)


@dataclass(slots=True)
class Rules:
    """What a host allows beyond plain JSON."""

    comments: bool = False
    trailing_commas: bool = False


def parse(text: str, rules: Rules) -> Node:
    """Read a document.

    Raises:
        Unreadable: It is not JSON, or has what the host does not allow.
    """
    return _Reader(text, rules).document()


class _Reader:
    def __init__(self, text: str, rules: Rules) -> None:
        self.text, self.rules, self.at = text, rules, 0

    def document(self) -> Node:
        self.skip()
        node = self.read(0)
        self.skip()
        if self.at < len(self.text):
            self.refuse(f"{self.seen()} follows the end of the document")
        return node

    def refuse(self, what: str, at: int | None = None) -> NoReturn:
        raise Unreadable(what, self.text, self.at if at is None else at) from None

    def seen(self) -> str:
        found = _WORD.match(self.text, self.at)
        return "the end of the file" if found is None else repr(found[0][:20])

    def skip(self) -> None:
        while True:
            self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]  # it matches nothing too
            if not self.text.startswith("/", self.at):
                return
            comment = _COMMENT.match(self.text, self.at)
            if comment is None:
                self.refuse("a '/' that begins no comment, or one that does not end")
            if not self.rules.comments:
                self.refuse("a comment, which this host does not allow in this file")
            self.at = comment.end()

    def read(self, depth: int) -> Node:
        if depth > DEEPEST:
            self.refuse("it is nested too deeply")
        start = self.at
        if self.text.startswith("{", start):
            return self.several("}", depth)
        if self.text.startswith("[", start):
            return self.several("]", depth)
        value = self.string() if self.text.startswith('"', start) else self.scalar()
        return Node(start, self.at, value)

    def string(self) -> str:
        found = _STRING.match(self.text, self.at)
        if found is None:
            self.refuse("a text that does not end on its line")
        try:
            value: str = json.loads(found[0])
        except json.JSONDecodeError as error:
            self.refuse(error.msg, self.at + error.pos)
        self.at = found.end()
        return value

    def scalar(self) -> Any:
        found = _SCALAR.match(self.text, self.at)
        if found is None:
            self.refuse(f"{self.seen()} stands where a value should")
        self.at = found.end()
        return json.loads(found[0])

    def several(self, closing: str, depth: int) -> Node:
        node = Node(self.at, 0, {} if closing == "}" else [])
        self.at += 1
        self.skip()
        while not self.text.startswith(closing, self.at):
            if node.items and node.items[-1].comma is None:
                self.refuse(f"{self.seen()} stands where a comma or {closing!r} should")
            self.one(node, closing, depth)
        last = node.items[-1] if node.items else None
        if last is not None and last.comma is not None and not self.rules.trailing_commas:
            self.refuse(f"a comma before {closing!r}, which this host does not allow", last.comma)
        self.at += 1
        node.end = self.at
        return node

    def one(self, node: Node, closing: str, depth: int) -> None:
        start, key = self.at, None
        if closing == "}":
            if not self.text.startswith('"', start):
                self.refuse(f"{self.seen()} stands where a name in double quotes should")
            key = self.string()
            self.skip()
            if not self.text.startswith(":", self.at):
                self.refuse(f"{self.seen()} stands where a colon should")
            self.at += 1
            self.skip()
        item = Item(start, key, self.read(depth + 1))
        if key is None:
            node.value.append(item.node.value)
        else:
            node.value[key] = item.node.value
        node.items.append(item)
        self.skip()
        if self.text.startswith(",", self.at):
            item.comma = self.at
            self.at += 1
            self.skip()

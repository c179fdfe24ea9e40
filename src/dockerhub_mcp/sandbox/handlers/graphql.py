"""As much of GraphQL as it takes to read a query: fields, arguments, variables and aliases."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

TOKEN = re.compile(
    r'[\s,]*(?:#[^\n]*[\s,]*)*(\.\.\.|[!$():=@\[\]{}|&]|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|"(?:[^"\\\n]|\\.)*"|$)'
)
LONGEST, DEEPEST = 20_000, 30


@dataclass
class Field:
    """A field that is asked for."""

    name: str
    alias: str
    arguments: dict[str, Any] = field(default_factory=dict)
    fields: list["Field"] = field(default_factory=list)


def parsed(query: str, variables: dict[str, Any]) -> list[Field]:
    """The fields a query asks for; raises ValueError for what is no query or too much of one."""
    if len(query) > LONGEST:
        msg = f"the query is longer than {LONGEST} characters"
        raise ValueError(msg)
    tokens, end = [], 0
    while end < len(query):
        found = TOKEN.match(query, end)
        if found is None:
            msg = f"Syntax Error: unexpected character {query[end]!a}"
            raise ValueError(msg)
        tokens.append(found[1])
        end = found.end()
    return _Parser([token for token in tokens if token], variables).query()


class _Parser:
    """Goes over the tokens once, from left to right."""

    def __init__(self, tokens: list[str], variables: dict[str, Any]) -> None:
        self._tokens = tokens
        self._variables = variables
        self._at = 0

    def query(self) -> list[Field]:
        """One operation, with or without its keyword."""
        if self._next() == "query":
            self._take()
            if self._next() not in {"(", "{"}:
                self._take()
            if self._next() == "(":
                # What the variables are is said again by their values.
                while self._take() != ")":
                    pass
        found = self._selection(1)
        if self._next():
            msg = f"Syntax Error: unexpected {self._next()!a}"
            raise ValueError(msg)
        return found

    def _selection(self, depth: int) -> list[Field]:
        if depth > DEEPEST:
            msg = "the query is nested too deeply"
            raise ValueError(msg)
        self._expect("{")
        found = []
        while self._next() != "}":
            found.append(self._field(depth))
        self._take()
        return found

    def _field(self, depth: int) -> Field:
        name = alias = self._name()
        if self._next() == ":":
            self._take()
            name = self._name()
        read = Field(name, alias)
        if self._next() == "(":
            self._take()
            read.arguments = self._pairs(")", depth)
        if self._next() == "{":
            read.fields = self._selection(depth + 1)
        return read

    def _pairs(self, end: str, depth: int) -> dict[str, Any]:
        found = {}
        while self._next() != end:
            name = self._name()
            self._expect(":")
            found[name] = self._value(depth + 1)
        self._take()
        return found

    def _value(self, depth: int) -> Any:
        if depth > DEEPEST:
            msg = "the query is nested too deeply"
            raise ValueError(msg)
        token = self._take()
        if token == "$":
            return self._variables.get(self._name())
        if token == "{":
            return self._pairs("}", depth)
        if token in {"true", "false", "null"} or token[0] in '"-0123456789':
            return json.loads(token)
        msg = f"Syntax Error: unexpected {token!a}"
        raise ValueError(msg)

    def _name(self) -> str:
        token = self._take()
        if not (token[0].isalpha() or token[0] == "_"):
            msg = f"Syntax Error: expected a name, found {token!a}"
            raise ValueError(msg)
        return token

    def _expect(self, wanted: str) -> None:
        token = self._take()
        if token != wanted:
            msg = f"Syntax Error: expected {wanted!a}, found {token!a}"
            raise ValueError(msg)

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        if self._at == len(self._tokens):
            msg = "Syntax Error: unexpected end of the query"
            raise ValueError(msg)
        self._at += 1
        return self._tokens[self._at - 1]

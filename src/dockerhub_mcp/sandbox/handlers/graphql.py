"""As much of GraphQL as it takes to read a query: fields, arguments, variables and aliases."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

TOKEN_PATTERN = re.compile(
    r'[\s,]*(?:#[^\n]*[\s,]*)*(\.\.\.|[!$():=@\[\]{}|&]|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|"(?:[^"\\\n]|\\.)*"|$)'
)
MAX_QUERY_LENGTH, MAX_DEPTH = 20_000, 30


@dataclass
class FieldNode:
    """A field that is asked for."""

    name: str
    alias: str
    arguments: dict[str, Any] = field(default_factory=dict)
    selections: list["FieldNode"] = field(default_factory=list)


def parse_query(query: str, variables: dict[str, Any]) -> list[FieldNode]:
    """The fields a query asks for; raises ValueError for what is no query or too much of one."""
    if len(query) > MAX_QUERY_LENGTH:
        msg = f"the query is longer than {MAX_QUERY_LENGTH} characters"
        raise ValueError(msg)
    tokens, end = [], 0
    while end < len(query):
        found = TOKEN_PATTERN.match(query, end)
        if found is None:
            msg = f"Syntax Error: unexpected character {query[end]!a}"
            raise ValueError(msg)
        tokens.append(found[1])
        end = found.end()
    return _QueryParser([token for token in tokens if token], variables).parse_operation()


class _QueryParser:
    """Goes over the tokens once, from left to right."""

    def __init__(self, tokens: list[str], variables: dict[str, Any]) -> None:
        self._tokens = tokens
        self._variables = variables
        self._position = 0

    def parse_operation(self) -> list[FieldNode]:
        """One operation, with or without its keyword."""
        if self._peek_token() == "query":
            self._consume_token()
            if self._peek_token() not in {"(", "{"}:
                self._consume_token()
            if self._peek_token() == "(":
                # What the variables are is said again by their values.
                while self._consume_token() != ")":
                    pass
        found = self._parse_selection_set(1)
        if self._peek_token():
            msg = f"Syntax Error: unexpected {self._peek_token()!a}"
            raise ValueError(msg)
        return found

    def _parse_selection_set(self, depth: int) -> list[FieldNode]:
        if depth > MAX_DEPTH:
            msg = "the query is nested too deeply"
            raise ValueError(msg)
        self._expect_token("{")
        found = []
        while self._peek_token() != "}":
            found.append(self._parse_field(depth))
        self._consume_token()
        return found

    def _parse_field(self, depth: int) -> FieldNode:
        name = alias = self._parse_name()
        if self._peek_token() == ":":
            self._consume_token()
            name = self._parse_name()
        read = FieldNode(name, alias)
        if self._peek_token() == "(":
            self._consume_token()
            read.arguments = self._parse_named_values(")", depth)
        if self._peek_token() == "{":
            read.selections = self._parse_selection_set(depth + 1)
        return read

    def _parse_named_values(self, closing_token: str, depth: int) -> dict[str, Any]:
        found = {}
        while self._peek_token() != closing_token:
            name = self._parse_name()
            self._expect_token(":")
            found[name] = self._parse_value(depth + 1)
        self._consume_token()
        return found

    def _parse_value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            msg = "the query is nested too deeply"
            raise ValueError(msg)
        token = self._consume_token()
        if token == "$":
            return self._variables.get(self._parse_name())
        if token == "{":
            return self._parse_named_values("}", depth)
        if token in {"true", "false", "null"} or token[0] in '"-0123456789':
            return json.loads(token)
        msg = f"Syntax Error: unexpected {token!a}"
        raise ValueError(msg)

    def _parse_name(self) -> str:
        token = self._consume_token()
        if not (token[0].isalpha() or token[0] == "_"):
            msg = f"Syntax Error: expected a name, found {token!a}"
            raise ValueError(msg)
        return token

    def _expect_token(self, expected: str) -> None:
        token = self._consume_token()
        if token != expected:
            msg = f"Syntax Error: expected {expected!a}, found {token!a}"
            raise ValueError(msg)

    def _peek_token(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _consume_token(self) -> str:
        if self._position == len(self._tokens):
            msg = "Syntax Error: unexpected end of the query"
            raise ValueError(msg)
        self._position += 1
        return self._tokens[self._position - 1]

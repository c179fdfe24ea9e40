"""Parse the GraphQL that the query for mirrored images uses: fields, and arguments made of variables.

Aliases, literal values, fragments, directives and mutations are syntax errors here.
"""

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

TOKEN_PATTERN = re.compile(r"(?:[\s,]|#[^\n]*)*([{}():$!]|[A-Za-z_]\w*|$)")
END_OF_QUERY = ""
MAX_QUERY_LENGTH = 20_000


@dataclass
class FieldNode:
    """A requested field with its arguments and, for an object, its selected fields."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    selections: list["FieldNode"] = field(default_factory=list)


def parse_query(query: str, variables: dict[str, Any]) -> list[FieldNode]:
    """Return the fields that a query selects.

    Raises:
        ValueError: The query is too long, nested too deeply, or not a supported query.
    """
    if len(query) > MAX_QUERY_LENGTH:
        msg = f"the query is longer than {MAX_QUERY_LENGTH} characters"
        raise ValueError(msg)
    tokens = _tokenize(query)
    if tokens[0] == "query":
        # The declarations of the variables are not needed: their values have the types.
        while tokens[0] not in {"{", END_OF_QUERY}:
            tokens.popleft()
    try:
        fields = _parse_selection_set(tokens, variables)
    except RecursionError as error:
        msg = "the query is nested too deeply"
        raise ValueError(msg) from error
    _expect_token(tokens, END_OF_QUERY)
    return fields


def _tokenize(query: str) -> deque[str]:
    tokens: deque[str] = deque()
    position = 0
    while not tokens or tokens[-1] != END_OF_QUERY:
        match = TOKEN_PATTERN.match(query, position)
        if match is None:
            msg = f"Syntax Error: unexpected character in {query[position : position + 20]!a}"
            raise ValueError(msg)
        tokens.append(match[1])
        position = match.end()
    return tokens


def _parse_selection_set(tokens: deque[str], variables: dict[str, Any]) -> list[FieldNode]:
    _expect_token(tokens, "{")
    fields = []
    while tokens[0] != "}":
        node = FieldNode(_parse_name(tokens))
        if tokens[0] == "(":
            node.arguments = _parse_pairs(tokens, variables, closing_token=")")
        if tokens[0] == "{":
            node.selections = _parse_selection_set(tokens, variables)
        fields.append(node)
    tokens.popleft()
    return fields


def _parse_pairs(tokens: deque[str], variables: dict[str, Any], *, closing_token: str) -> dict[str, Any]:
    """Parse arguments or an object: names with values that are variables or objects."""
    tokens.popleft()
    pairs: dict[str, Any] = {}
    while tokens[0] != closing_token:
        name = _parse_name(tokens)
        _expect_token(tokens, ":")
        if tokens[0] == "{":
            pairs[name] = _parse_pairs(tokens, variables, closing_token="}")
        else:
            _expect_token(tokens, "$")
            pairs[name] = variables.get(_parse_name(tokens))
    tokens.popleft()
    return pairs


def _parse_name(tokens: deque[str]) -> str:
    token = tokens[0]
    if not token.isidentifier():
        msg = f"Syntax Error: expected a name, found {token or 'the end of the query'}"
        raise ValueError(msg)
    return tokens.popleft()


def _expect_token(tokens: deque[str], expected: str) -> None:
    if tokens[0] != expected:
        msg = f"Syntax Error: unexpected {tokens[0] or 'end of the query'}"
        raise ValueError(msg)
    tokens.popleft()

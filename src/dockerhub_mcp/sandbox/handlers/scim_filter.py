"""SCIM filters: comparisons such as `userName eq "x"`, combined with and, or, not and parentheses."""

import re
from collections.abc import Callable
from typing import Any

SerializedScimUser = dict[str, Any]
UserPredicate = Callable[[SerializedScimUser], bool]

TOKEN_PATTERN = re.compile(r'\s*(\(|\)|"(?:[^"\\]|\\.)*"|[^\s()"]+)')
MAX_FILTER_LENGTH = 500
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda value, operand: value == operand,
    "ne": lambda value, operand: value != operand,
    "co": lambda value, operand: operand in value,
    "sw": lambda value, operand: value.startswith(operand),
}
ATTRIBUTE_GETTERS: dict[str, Callable[[SerializedScimUser], Any]] = {
    "id": lambda user: user["id"],
    "username": lambda user: user["userName"],
    "displayname": lambda user: user["displayName"],
    "active": lambda user: user["active"],
    "name.givenname": lambda user: user["name"]["givenName"],
    "name.familyname": lambda user: user["name"]["familyName"],
    "emails": lambda user: user["emails"][0]["value"],
    "emails.value": lambda user: user["emails"][0]["value"],
    "meta.created": lambda user: user["meta"]["created"],
    "meta.lastmodified": lambda user: user["meta"]["lastModified"],
}


def build_attribute_getter(name: str) -> Callable[[SerializedScimUser], str]:
    """Return a function that gets an attribute of a user in lower case, since SCIM ignores case.

    Raises:
        ValueError: The attribute is unknown.
    """
    get_attribute = ATTRIBUTE_GETTERS.get(name.lower())
    if get_attribute is None:
        msg = f"unknown attribute {name!a}"
        raise ValueError(msg)
    return lambda user: str(get_attribute(user)).lower()


def parse_filter(text: str) -> UserPredicate:
    """Return a function that tests whether a user matches a filter.

    Raises:
        ValueError: The filter is invalid.
    """
    if len(text) > MAX_FILTER_LENGTH:
        msg = f"the filter is longer than {MAX_FILTER_LENGTH} characters"
        raise ValueError(msg)
    tokens, end = [], 0
    while text[end:].strip():
        match = TOKEN_PATTERN.match(text, end)
        if match is None:
            msg = "the filter has a quote without end"
            raise ValueError(msg)
        tokens.append(match[1])
        end = match.end()
    parser = _FilterParser(tokens)
    try:
        predicate = parser.parse_or_expression()
    except RecursionError as error:
        msg = "the filter is nested too deeply"
        raise ValueError(msg) from error
    if parser.peek_token():
        msg = f"unexpected {parser.peek_token()!a} in the filter"
        raise ValueError(msg)
    return predicate


class _FilterParser:
    """A recursive descent parser of a filter's tokens."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._position = 0

    def peek_token(self) -> str:
        """Return the next token in lower case, empty at the end."""
        return self._tokens[self._position].lower() if self._position < len(self._tokens) else ""

    def parse_or_expression(self) -> UserPredicate:
        """Parse terms joined by `or`."""
        predicates = [self._parse_and_expression()]
        while self.peek_token() == "or":
            self._consume_token()
            predicates.append(self._parse_and_expression())
        return lambda user: any(predicate(user) for predicate in predicates)

    def _parse_and_expression(self) -> UserPredicate:
        predicates = [self._parse_term()]
        while self.peek_token() == "and":
            self._consume_token()
            predicates.append(self._parse_term())
        return lambda user: all(predicate(user) for predicate in predicates)

    def _parse_term(self) -> UserPredicate:
        if self.peek_token() == "not":
            self._consume_token()
            predicate = self._parse_term()
            return lambda user: not predicate(user)
        if self.peek_token() == "(":
            self._consume_token()
            predicate = self.parse_or_expression()
            if self._consume_token() != ")":
                msg = "the filter has a parenthesis without end"
                raise ValueError(msg)
            return predicate
        return self._parse_comparison()

    def _parse_comparison(self) -> UserPredicate:
        get_attribute = build_attribute_getter(self._consume_token())
        operator = self._consume_token()
        compare = OPERATORS.get(operator.lower())
        if compare is None:
            msg = f"unknown operator {operator!a}"
            raise ValueError(msg)
        operand = _parse_value(self._consume_token())
        return lambda user: compare(get_attribute(user), operand)

    def _consume_token(self) -> str:
        if self._position == len(self._tokens):
            msg = "the filter ends too early"
            raise ValueError(msg)
        self._position += 1
        return self._tokens[self._position - 1]


def _parse_value(token: str) -> str:
    if token.startswith('"'):
        return re.sub(r"\\(.)", r"\1", token[1:-1]).lower()
    if token.lower() not in {"true", "false"}:
        msg = f"expected a value in quotes, not {token!a}"
        raise ValueError(msg)
    return token.lower()

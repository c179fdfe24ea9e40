"""The filters of SCIM: comparisons such as userName eq "x", joined by and, or, not and parentheses."""

import re
from collections.abc import Callable
from typing import Any

SerializedScimUser = dict[str, Any]
UserPredicate = Callable[[SerializedScimUser], bool]

TOKEN_PATTERN = re.compile(r'\s*(\(|\)|"(?:[^"\\]|\\.)*"|[^\s()"]+)')
MAX_FILTER_LENGTH = 500
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda have, wanted: have == wanted,
    "ne": lambda have, wanted: have != wanted,
    "co": lambda have, wanted: wanted in have,
    "sw": lambda have, wanted: have.startswith(wanted),
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
    """How to read an attribute, in lower case as SCIM compares it; raises ValueError if there is none."""
    read = ATTRIBUTE_GETTERS.get(name.lower())
    if read is None:
        msg = f"unknown attribute {name!a}"
        raise ValueError(msg)
    return lambda user: str(read(user)).lower()


def parse_filter(text: str) -> UserPredicate:
    """What a filter asks of a user; raises ValueError with what is wrong with it."""
    if len(text) > MAX_FILTER_LENGTH:
        msg = f"the filter is longer than {MAX_FILTER_LENGTH} characters"
        raise ValueError(msg)
    tokens, end = [], 0
    while text[end:].strip():
        found = TOKEN_PATTERN.match(text, end)
        if found is None:
            msg = "the filter has a quote without end"
            raise ValueError(msg)
        tokens.append(found[1])
        end = found.end()
    parser = _FilterParser(tokens)
    try:
        test = parser.parse_or_expression()
    except RecursionError as error:
        msg = "the filter is nested too deeply"
        raise ValueError(msg) from error
    if parser.peek_token():
        msg = f"unexpected {parser.peek_token()!a} in the filter"
        raise ValueError(msg)
    return test


class _FilterParser:
    """Goes over the tokens once, from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._position = 0

    def peek_token(self) -> str:
        """The token that comes next, in lower case; nothing at the end."""
        return self._tokens[self._position].lower() if self._position < len(self._tokens) else ""

    def parse_or_expression(self) -> UserPredicate:
        tests = [self._parse_and_expression()]
        while self.peek_token() == "or":
            self._consume_token()
            tests.append(self._parse_and_expression())
        return lambda user: any(test(user) for test in tests)

    def _parse_and_expression(self) -> UserPredicate:
        tests = [self._parse_term()]
        while self.peek_token() == "and":
            self._consume_token()
            tests.append(self._parse_term())
        return lambda user: all(test(user) for test in tests)

    def _parse_term(self) -> UserPredicate:
        if self.peek_token() == "not":
            self._consume_token()
            test = self._parse_term()
            return lambda user: not test(user)
        if self.peek_token() == "(":
            self._consume_token()
            test = self.parse_or_expression()
            if self._consume_token() != ")":
                msg = "the filter has a parenthesis without end"
                raise ValueError(msg)
            return test
        return self._parse_comparison()

    def _parse_comparison(self) -> UserPredicate:
        read = build_attribute_getter(self._consume_token())
        operator = self._consume_token()
        compare = OPERATORS.get(operator.lower())
        if compare is None:
            msg = f"unknown operator {operator!a}"
            raise ValueError(msg)
        wanted = _parse_value(self._consume_token())
        return lambda user: compare(read(user), wanted)

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

"""The filters of SCIM: comparisons such as userName eq "x", joined by and, or, not and parentheses."""

import re
from collections.abc import Callable
from typing import Any

User = dict[str, Any]
Test = Callable[[User], bool]

TOKEN = re.compile(r'\s*(\(|\)|"(?:[^"\\]|\\.)*"|[^\s()"]+)')
LONGEST = 500
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda have, wanted: have == wanted,
    "ne": lambda have, wanted: have != wanted,
    "co": lambda have, wanted: wanted in have,
    "sw": lambda have, wanted: have.startswith(wanted),
}
ATTRIBUTES: dict[str, Callable[[User], Any]] = {
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


def attribute(name: str) -> Callable[[User], str]:
    """How to read an attribute, in lower case as SCIM compares it; raises ValueError if there is none."""
    read = ATTRIBUTES.get(name.lower())
    if read is None:
        msg = f"unknown attribute {name!a}"
        raise ValueError(msg)
    return lambda user: str(read(user)).lower()


def parsed(text: str) -> Test:
    """What a filter asks of a user; raises ValueError with what is wrong with it."""
    if len(text) > LONGEST:
        msg = f"the filter is longer than {LONGEST} characters"
        raise ValueError(msg)
    tokens, end = [], 0
    while text[end:].strip():
        found = TOKEN.match(text, end)
        if found is None:
            msg = "the filter has a quote without end"
            raise ValueError(msg)
        tokens.append(found[1])
        end = found.end()
    parser = _Parser(tokens)
    try:
        test = parser.either()
    except RecursionError as error:
        msg = "the filter is nested too deeply"
        raise ValueError(msg) from error
    if parser.word():
        msg = f"unexpected {parser.word()!a} in the filter"
        raise ValueError(msg)
    return test


class _Parser:
    """Goes over the tokens once, from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def word(self) -> str:
        """The token that comes next, in lower case; nothing at the end."""
        return self._tokens[self._at].lower() if self._at < len(self._tokens) else ""

    def either(self) -> Test:
        tests = [self._both()]
        while self.word() == "or":
            self._take()
            tests.append(self._both())
        return lambda user: any(test(user) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self.word() == "and":
            self._take()
            tests.append(self._one())
        return lambda user: all(test(user) for test in tests)

    def _one(self) -> Test:
        if self.word() == "not":
            self._take()
            test = self._one()
            return lambda user: not test(user)
        if self.word() == "(":
            self._take()
            test = self.either()
            if self._take() != ")":
                msg = "the filter has a parenthesis without end"
                raise ValueError(msg)
            return test
        return self._comparison()

    def _comparison(self) -> Test:
        read = attribute(self._take())
        operator = self._take()
        compare = OPERATORS.get(operator.lower())
        if compare is None:
            msg = f"unknown operator {operator!a}"
            raise ValueError(msg)
        wanted = _value(self._take())
        return lambda user: compare(read(user), wanted)

    def _take(self) -> str:
        if self._at == len(self._tokens):
            msg = "the filter ends too early"
            raise ValueError(msg)
        self._at += 1
        return self._tokens[self._at - 1]


def _value(token: str) -> str:
    if token.startswith('"'):
        return re.sub(r"\\(.)", r"\1", token[1:-1]).lower()
    if token.lower() not in {"true", "false"}:
        msg = f"expected a value in quotes, not {token!a}"
        raise ValueError(msg)
    return token.lower()

"""Replace the variables of Dockerfiles and compose files, such as `$NAME` and `${NAME:-default}`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_CHARS = 4096
"""The longest value, longer than every reference; values that contain each other may double in each line."""
_MAX_DEPTH = 8
_MAX_NAMES = 5

FindValue = Callable[[str], str | None]
"""Returns the value of a variable; None where it is not known."""


@dataclass(slots=True)
class Expansion:
    """A text with the values of its variables.

    Attributes:
        text: The text.
        missing: The variables without a value, in order.
        defaults: The variables for which the default beside them was taken.
        problem: Why the text cannot be evaluated; empty if it can.
        has_variables: Whether there are variables.
    """

    text: str = ""
    missing: list[str] = field(default_factory=list)
    defaults: list[str] = field(default_factory=list)
    problem: str = ""
    has_variables: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every variable has a value."""
        return not self.missing and not self.problem

    def list_missing(self) -> str:
        """Return the first variables without a value."""
        names = list(dict.fromkeys(self.missing))
        more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
        return f"{', '.join(name[:80] for name in names[:_MAX_NAMES])}{more}"


def expand_variables(
    text: str, find_value: FindValue, *, escape: str = "", doubled: bool = False
) -> Expansion:
    """Return a text with the values of its variables.

    Args:
        text: The text.
        find_value: Returns the value of a variable.
        escape: The character that takes the meaning from a `$` behind it, as in a Dockerfile.
        doubled: Whether `$$` means a dollar sign, as in a compose file.
    """
    expansion = Expansion()
    if "$" not in text and not (escape and escape in text):
        expansion.text = text
        return expansion
    if len(text) > _MAX_CHARS:
        expansion.text, expansion.problem = text, f"it has more than {_MAX_CHARS} characters"
        return expansion
    parser = _Parser(text, find_value, expansion, escape, doubled)
    expansion.text = parser.read_until("", 0)
    if len(expansion.text) > _MAX_CHARS:
        expansion.problem = f"its value has more than {_MAX_CHARS} characters"
    return expansion


@dataclass(slots=True)
class _Parser:
    """Reads a text once from left to right."""

    text: str
    find_value: FindValue
    expansion: Expansion
    escape: str
    doubled: bool
    position: int = 0

    def read_until(self, end: str, depth: int) -> str:
        """Return the expanded text up to a closing brace, which is read too, or up to the end of the text."""
        parts: list[str] = []
        length = 0
        while self.position < len(self.text):
            character = self.text[self.position]
            self.position += 1
            if character == end:
                return "".join(parts)
            if self.escape and character == self.escape and self.position < len(self.text):
                part = self.text[self.position]
                self.position += 1
            elif character == "$":
                part = self._read_variable(depth)
            else:
                part = character
            length += len(part)
            if length <= _MAX_CHARS:
                parts.append(part)
            else:
                self.expansion.problem = f"its value has more than {_MAX_CHARS} characters"
        if end:
            self.expansion.problem = "a brace is not closed"
        return "".join(parts)

    def _read_variable(self, depth: int) -> str:
        """Return the value of the variable behind a dollar sign."""
        if self.doubled and self.text.startswith("$", self.position):
            self.position += 1
            return "$"
        if found := _NAME.match(self.text, self.position):
            self.position = found.end()
            self.expansion.has_variables = True
            return self._get(found[0])
        if not self.text.startswith("{", self.position):
            return "$"
        self.position += 1
        self.expansion.has_variables = True
        found = _NAME.match(self.text, self.position)
        if found is None or depth >= _MAX_DEPTH:
            self.expansion.problem = "it has a form of ${...} that is not evaluated"
            return ""
        self.position = found.end()
        return self._read_braces(found[0], depth)

    def _read_braces(self, name: str, depth: int) -> str:
        """Return the value of a variable in braces; the position is behind its name."""
        if self.text.startswith("}", self.position):
            self.position += 1
            return self._get(name)
        operator = re.compile(r":?[-+?]").match(self.text, self.position)
        if operator is None:
            self.expansion.problem = "it has a form of ${...} that is not evaluated"
            return ""
        self.position = operator.end()
        value = self.find_value(name)
        is_set = bool(value) if operator[0].startswith(":") else value is not None
        if operator[0].endswith("-"):
            alternative = self._read_alternative(depth, counts=not is_set)
            if not is_set:
                self.expansion.defaults.append(name)
            return (value or "") if is_set else alternative
        if operator[0].endswith("+"):
            alternative = self._read_alternative(depth, counts=is_set)
            if not is_set:
                self.expansion.defaults.append(name)
            return alternative if is_set else ""
        self._read_alternative(depth, counts=False)
        return self._get(name)

    def _read_alternative(self, depth: int, *, counts: bool) -> str:
        """Return the text up to the closing brace; the variables in one that does not count are ignored."""
        missing, defaults = len(self.expansion.missing), len(self.expansion.defaults)
        text = self.read_until("}", depth + 1)
        if not counts:
            del self.expansion.missing[missing:]
            del self.expansion.defaults[defaults:]
        return text

    def _get(self, name: str) -> str:
        value = self.find_value(name)
        if value is None:
            self.expansion.missing.append(name)
            return ""
        return value

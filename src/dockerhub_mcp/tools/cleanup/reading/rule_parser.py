"""Parse the regular expressions of immutable tags (RE2) into automata, as far as that is certain.

Literals, classes, groups, alternatives, repetitions and anchors at the ends are understood. What else RE2
has, such as flags, word boundaries and classes of Unicode, is left to the Hub.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

MAX_STATES = 400
_MAX_RULE_CHARS = 512
_MAX_DEPTH = 20
_MAX_REPEATS = 200
_PUNCTUATION = frozenset("\\.^$|()[]{}*+?-/_:@#%&=!~<>,; \"'`")
_DIGITS = frozenset("0123456789")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_WORD = _DIGITS | _LETTERS | {"_"}
ALPHABET = _WORD | {".", "-"}
"""The characters of tag names; classes are cut to them."""
_CLASSES = {
    "d": _DIGITS,
    "w": _WORD,
    "s": frozenset[str](),
    "D": ALPHABET - _DIGITS,
    "W": ALPHABET - _WORD,
    "S": ALPHABET,
}


class UnsupportedRuleError(ValueError):
    """A rule that only the Hub can decide."""


@dataclass(slots=True)
class State:
    """A state of an automaton: it consumes a character of a set, or leads to others at once.

    Attributes:
        characters: The characters that lead to the single next state; None where none is consumed.
        targets: The numbers of the next states.
    """

    characters: frozenset[str] | None = None
    targets: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Automaton:
    """A rule as an automaton.

    Attributes:
        states: The states.
        start: The number of the first state.
        end: The number of the accepting state.
    """

    states: tuple[State, ...]
    start: int
    end: int


_Node = Callable[["_Builder", int, int], None]
"""Connects one state with another by what a part of a rule matches."""


class _Builder:
    def __init__(self) -> None:
        self.states: list[State] = []

    def add_state(self) -> int:
        if len(self.states) >= MAX_STATES:
            msg = "it is too long"
            raise UnsupportedRuleError(msg)
        self.states.append(State())
        return len(self.states) - 1

    def link(self, source: int, target: int) -> None:
        self.states[source].targets.append(target)

    def consume(self, source: int, target: int, characters: frozenset[str]) -> None:
        number = self.add_state()
        self.states[number] = State(characters, [target])
        self.link(source, number)


def parse_rule(rule: str) -> tuple[Automaton, bool, bool]:
    """Return the automaton of a rule, and whether it is anchored at the start and at the end.

    Raises:
        UnsupportedRuleError: It is invalid, or has what this server does not understand with certainty.
    """
    if len(rule) > _MAX_RULE_CHARS or not rule.isascii():
        msg = "it is too long or has characters that no tag has"
        raise UnsupportedRuleError(msg)
    is_start = rule.startswith("^")
    rule = rule[1:] if is_start else rule
    is_end = rule.endswith("$") and not _ends_with_escaped_character(rule)
    rule = rule[:-1] if is_end else rule
    parser = _Parser(rule)
    node = parser.parse_alternatives()
    if parser.position < len(rule):
        msg = "a bracket is missing"
        raise UnsupportedRuleError(msg)
    if (is_start or is_end) and parser.has_open_alternatives:
        msg = "an anchor belongs to one of several alternatives"
        raise UnsupportedRuleError(msg)
    builder = _Builder()
    start, end = builder.add_state(), builder.add_state()
    node(builder, start, end)
    return Automaton(tuple(builder.states), start, end), is_start, is_end


def _ends_with_escaped_character(rule: str) -> bool:
    text = rule[:-1]
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


class _Parser:
    def __init__(self, rule: str) -> None:
        self._rule = rule
        self._depth = 0
        self.position = 0
        self.has_open_alternatives = False

    def parse_alternatives(self) -> _Node:
        nodes = [self._parse_sequence()]
        while self._peek() == "|":
            self.position += 1
            nodes.append(self._parse_sequence())
        if len(nodes) == 1:
            return nodes[0]
        if self._depth == 0:
            self.has_open_alternatives = True
        return _alternate(nodes)

    def _parse_sequence(self) -> _Node:
        nodes: list[_Node] = []
        while self._peek() not in {"", "|", ")"}:
            nodes.append(self._parse_repetition())
        return _concatenate(nodes)

    def _parse_repetition(self) -> _Node:
        node = self._parse_atom()
        bounds = self._parse_bounds()
        if bounds is None:
            return node
        if self._peek() == "?":  # a reluctant repetition matches the same names
            self.position += 1
        if self._peek() in {"*", "+", "?"} or self._starts_bounds():
            msg = "a repetition is repeated"
            raise UnsupportedRuleError(msg)
        return _repeat(node, *bounds)

    def _parse_bounds(self) -> tuple[int, int | None] | None:
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if (bounds := simple.get(self._peek())) is not None:
            self.position += 1
            return bounds
        if not self._starts_bounds():
            return None
        text, _, _ = self._rule[self.position + 1 :].partition("}")
        self.position += len(text) + 2
        low, comma, high = text.partition(",")
        least = int(low)
        most = (int(high) if high else None) if comma else least
        if max(least, most or 0) > _MAX_REPEATS or (most is not None and most < least):
            msg = "a repetition is too long"
            raise UnsupportedRuleError(msg)
        return least, most

    def _starts_bounds(self) -> bool:
        if self._peek() != "{":
            return False
        text, bracket, _ = self._rule[self.position + 1 :].partition("}")
        low, comma, high = text.partition(",")
        is_valid = bool(bracket) and low.isdigit() and (not high or high.isdigit()) and (comma or not high)
        if not is_valid:
            msg = "a brace is no repetition"
            raise UnsupportedRuleError(msg)
        return True

    def _parse_atom(self) -> _Node:
        character = self._peek()
        self.position += 1
        match character:
            case "(":
                return self._parse_group()
            case "[":
                return _consume(self._parse_class())
            case ".":
                return _consume(ALPHABET)
            case "\\":
                return _consume(self._parse_escape())
            case "^" | "$" | "*" | "+" | "?" | "{" | "}" | "]":
                msg = f"{character} is at an unusual place"
                raise UnsupportedRuleError(msg)
        return _consume(frozenset(character))

    def _parse_group(self) -> _Node:
        if self._rule.startswith("?:", self.position):
            self.position += 2
        elif self._peek() == "?":
            msg = "it has flags or a named group"
            raise UnsupportedRuleError(msg)
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            msg = "its groups are too deep"
            raise UnsupportedRuleError(msg)
        node = self.parse_alternatives()
        self._depth -= 1
        if self._peek() != ")":
            msg = "a bracket is missing"
            raise UnsupportedRuleError(msg)
        self.position += 1
        return node

    def _parse_escape(self) -> frozenset[str]:
        character = self._peek()
        self.position += 1
        if character in _CLASSES:
            return _CLASSES[character]
        if character and character in _PUNCTUATION:
            return frozenset(character)
        msg = f"\\{character} is not understood"
        raise UnsupportedRuleError(msg)

    def _parse_class(self) -> frozenset[str]:
        is_negated = self._peek() == "^"
        self.position += is_negated
        found: frozenset[str] = frozenset()
        is_first = True
        while self._peek() != "]" or is_first:
            found |= self._parse_class_item()
            is_first = False
        self.position += 1
        return ALPHABET - found if is_negated else found

    def _parse_class_item(self) -> frozenset[str]:
        character = self._peek()
        if not character or character == "[":
            msg = "a class is not closed, or has a class in it"
            raise UnsupportedRuleError(msg)
        self.position += 1
        if character == "\\":
            items = self._parse_escape()
            if len(items) != 1:
                return items
            character = next(iter(items))
        if self._peek() != "-" or self._rule[self.position + 1 : self.position + 2] in {"", "]"}:
            return frozenset(character)
        last = self._rule[self.position + 1]
        self.position += 2
        if last in {"\\", "["} or last < character:
            msg = "a range is not understood"
            raise UnsupportedRuleError(msg)
        return frozenset(map(chr, range(ord(character), ord(last) + 1)))

    def _peek(self) -> str:
        return self._rule[self.position : self.position + 1]


def _consume(characters: frozenset[str]) -> _Node:
    return lambda builder, source, target: builder.consume(source, target, characters)


def _concatenate(nodes: list[_Node]) -> _Node:
    def connect(builder: _Builder, source: int, target: int) -> None:
        for node in nodes:
            following = builder.add_state()
            node(builder, source, following)
            source = following
        builder.link(source, target)

    return connect


def _alternate(nodes: list[_Node]) -> _Node:
    def connect(builder: _Builder, source: int, target: int) -> None:
        for node in nodes:
            node(builder, source, target)

    return connect


def _repeat(node: _Node, least: int, most: int | None) -> _Node:
    def connect(builder: _Builder, source: int, target: int) -> None:
        for _ in range(least):
            following = builder.add_state()
            node(builder, source, following)
            source = following
        if most is None:
            loop = builder.add_state()
            builder.link(source, loop)
            node(builder, loop, loop)
            builder.link(loop, target)
            return
        for _ in range(most - least):
            builder.link(source, target)
            following = builder.add_state()
            node(builder, source, following)
            source = following
        builder.link(source, target)

    return connect

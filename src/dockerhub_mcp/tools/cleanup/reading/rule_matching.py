"""Match tag names with the rules of immutable tags in a time that is linear for every rule."""

from __future__ import annotations

from enum import Enum

from dockerhub_mcp.tools.cleanup.reading.rule_parser import Automaton, parse_rule

_MAX_CACHED_STEPS = 20_000


class RuleMatch(Enum):
    """Whether a rule matches a name.

    The API reference does not say whether a rule must match a whole name or a part of it.
    """

    NO = "no"
    PART = "a part"
    WHOLE = "the whole name"


class TagRule:
    """A rule of immutable tags.

    The states that can be reached are computed once for each set of states and character.

    Args:
        rule: The regular expression.

    Raises:
        UnsupportedRuleError: It is invalid, or only the Hub can decide it.
    """

    def __init__(self, rule: str) -> None:
        self._automaton, self._is_start, self._is_end = parse_rule(rule)
        self._steps: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._first = _close(self._automaton, {self._automaton.start})

    def match(self, name: str) -> RuleMatch:
        """Tell whether the rule matches a name, or a part of it."""
        if self._accepts(name, can_start_later=False, can_end_earlier=False):
            return RuleMatch.WHOLE
        is_part = self._accepts(name, can_start_later=not self._is_start, can_end_earlier=not self._is_end)
        return RuleMatch.PART if is_part else RuleMatch.NO

    def _accepts(self, name: str, *, can_start_later: bool, can_end_earlier: bool) -> bool:
        end, states = self._automaton.end, self._first
        for character in name:
            if can_end_earlier and end in states:
                return True
            states = self._step(states, character)
            if can_start_later:
                states |= self._first
        return end in states

    def _step(self, states: frozenset[int], character: str) -> frozenset[int]:
        key = states, character
        found = self._steps.get(key)
        if found is None:
            automaton = self._automaton
            reached = {
                state.targets[0]
                for state in (automaton.states[number] for number in states)
                if state.characters is not None and character in state.characters
            }
            if len(self._steps) >= _MAX_CACHED_STEPS:
                self._steps.clear()
            found = self._steps[key] = _close(automaton, reached)
        return found


def _close(automaton: Automaton, numbers: set[int]) -> frozenset[int]:
    """Return states with those that they lead to at once."""
    found, waiting = set(numbers), list(numbers)
    while waiting:
        state = automaton.states[waiting.pop()]
        if state.characters is not None:
            continue
        for target in state.targets:
            if target not in found:
                found.add(target)
                waiting.append(target)
    return frozenset(found)

"""Rules of immutable tags, compared with the regular expressions of Python."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.tools.cleanup.reading.rule_matching import RuleMatch, TagRule
from dockerhub_mcp.tools.cleanup.reading.rule_parser import MAX_STATES, UnsupportedRuleError
from tests.support.property_testing import examples

_PIECES = ["a", "b", "1", ".", r"\.", r"\d", r"\w", r"\S", "[ab]", "[^a]", "[0-9]", "[a-]", "-", "_", "v"]
_QUANTIFIERS = ["", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?"]
_atoms = st.sampled_from(_PIECES)
_rules = st.recursive(
    st.builds(str.__add__, _atoms, st.sampled_from(_QUANTIFIERS)),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.builds("({}|{})".format, inner, inner),
        st.builds("(?:{}){}".format, inner, st.sampled_from(_QUANTIFIERS)),
    ),
    max_leaves=6,
)
_anchored = st.builds("{}{}{}".format, st.sampled_from(["", "^"]), _rules, st.sampled_from(["", "$"]))


@given(_anchored, st.lists(st.text("ab1v.-_", min_size=1, max_size=8), min_size=1, max_size=5))
@examples(400)
def test_rules_match_as_regular_expressions_do(rule: str, names: list[str]) -> None:
    matcher, expression = TagRule(rule), re.compile(rule, re.ASCII)
    for name in names:
        found = matcher.match(name)
        assert (found is RuleMatch.WHOLE) == (expression.fullmatch(name) is not None)
        assert (found is not RuleMatch.NO) == (expression.search(name) is not None)


@pytest.mark.parametrize(
    ("rule", "name", "expected"),
    [
        (r"^v\d+\.\d+\.\d+$", "v1.2.3", RuleMatch.WHOLE),
        (r"^v\d+\.\d+\.\d+$", "v1.2.3-rc1", RuleMatch.NO),
        ("release", "release-1", RuleMatch.PART),
        ("v.*", "v1", RuleMatch.WHOLE),
        ("v.*", "dev", RuleMatch.PART),
        ("^v.*", "dev", RuleMatch.NO),
        (r"1\.\d+\$", "1.2", RuleMatch.NO),
        ("[]a]+", "aa", RuleMatch.WHOLE),
        ("(latest|stable)", "stable", RuleMatch.WHOLE),
        ("", "a", RuleMatch.PART),
    ],
)
def test_usual_rules(rule: str, name: str, expected: RuleMatch) -> None:
    assert TagRule(rule).match(name) is expected


@pytest.mark.parametrize(
    "rule",
    [
        *(
            "(?i)release",
            r"\bv",
            r"v\z",
            "^a|b$",
            "a^b",
            "(a",
            "a)",
            "[a",
            "a**",
            "a{2}{3}",
            "a{,3}",
            "a{3,1}",
        ),
        *(
            "(?P<n>a)",
            r"\p{L}",
            "[[:alpha:]]",
            "é",
            "a" * 600,
            r"\Qa\E",
            "a$b",
            r"\8",
            "a{1000}",
            "{",
            "x{a}",
        ),
        "(" * 30 + "a" + ")" * 30,
        "(a{100}){100}",
    ],
)
def test_rules_that_only_the_hub_can_decide(rule: str) -> None:
    with pytest.raises(UnsupportedRuleError):
        TagRule(rule)


def test_a_rule_that_makes_others_backtrack_takes_linear_time() -> None:
    matcher = TagRule("(a+)+(a+)+b")
    assert matcher.match("a" * 128) is RuleMatch.NO
    assert matcher.match("a" * 127 + "b") is RuleMatch.WHOLE
    assert len(TagRule("(a?){60}")._automaton.states) < MAX_STATES

"""The costs of the questions, with the tokens of texts that have not changed kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.image_questions.asking import Asked, ask_all, list_questions
from benchmarks.image_questions.model import MAX_TOKENS, Question, Verdict
from devtools.generate.paths import BENCHMARKS
from devtools.generate.tokenizer import ENCODING, count_tokens

COSTS_FILE = BENCHMARKS / "image_questions.json"
WAYS = ("old", "new")
_HASH_LENGTH = 12


class Cost(NamedTuple):
    """What a question costs in one of the ways."""

    calls: int
    tokens: int
    requests: int
    pulls: int
    verdict: Verdict
    hash: str


class QuestionCost(NamedTuple):
    """What a question costs in both ways."""

    question: str
    answer: str
    is_frequent: bool
    old: Cost
    new: Cost

    @property
    def is_dear(self) -> bool:
        """Whether the new way takes more tokens than a right old one, or than a frequent question may."""
        if self.is_frequent and self.new.tokens >= MAX_TOKENS:
            return True
        return self.old.verdict is Verdict.RIGHT and self.new.tokens > self.old.tokens


def measure_questions(known: Sequence[QuestionCost] = ()) -> list[QuestionCost]:
    """Ask every question both ways, and count the tokens of results that are not those of a known cost.

    Raises:
        ValueError: A result has changed, and Node or js-tiktoken is missing.
    """
    questions = list_questions()
    return build_costs(list(zip(questions, ask_all(questions), strict=True)), known)


def build_costs(
    outcomes: Sequence[tuple[Question, tuple[Asked, Asked]]], known: Sequence[QuestionCost] = ()
) -> list[QuestionCost]:
    """Return the costs of questions with the outcomes of the old way and the new way.

    Raises:
        ValueError: A result is not that of a known cost, and Node or js-tiktoken is missing.
    """
    texts = {_hash(each.text): each.text for _, both in outcomes for each in both}
    counts = {cost.hash: cost.tokens for each in known for cost in (each.old, each.new)}
    changed = [text_hash for text_hash in texts if text_hash not in counts]
    counted = count_tokens([texts[text_hash] for text_hash in changed])
    counts.update(zip(changed, counted, strict=True))
    return [
        QuestionCost(
            question.title,
            question.expected.summary,
            question.is_frequent,
            *(_make_cost(each, counts) for each in both),
        )
        for question, both in outcomes
    ]


def load_costs() -> list[QuestionCost]:
    """Return the committed costs."""
    return parse_json(COSTS_FILE.read_text("utf-8")) if COSTS_FILE.exists() else []


def format_json(costs: Sequence[QuestionCost]) -> str:
    """Return the costs as JSON."""
    content = [{**cost._asdict(), **{way: getattr(cost, way)._asdict() for way in WAYS}} for cost in costs]
    return json.dumps({"encoding": ENCODING, "questions": content}, indent=2, ensure_ascii=False) + "\n"


def parse_json(text: str) -> list[QuestionCost]:
    """Return the costs that `format_json` wrote."""
    return [
        QuestionCost(**{**found, **{way: _parse_cost(found[way]) for way in WAYS}})
        for found in json.loads(text)["questions"]
    ]


def _parse_cost(found: dict[str, Any]) -> Cost:
    return Cost(**{**found, "verdict": Verdict(found["verdict"])})


def _make_cost(asked: Asked, counts: Mapping[str, int]) -> Cost:
    text_hash = _hash(asked.text)
    return Cost(asked.calls, counts[text_hash], asked.requests, asked.pulls, asked.verdict, text_hash)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]

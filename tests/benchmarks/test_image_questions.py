"""The questions about tags and images are answered in the new way, as the sandbox's data say."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from types import ModuleType

import pytest

from benchmarks.image_questions import (
    contents,
    costs,
    facts,
    finding,
    page,
    pulling,
    samples,
    sources,
    versions,
)
from benchmarks.image_questions.asking import Asked, ask_all, list_questions
from benchmarks.image_questions.model import (
    MAX_TOKENS,
    Expected,
    Question,
    Verdict,
    find_excluded,
    find_lacking,
    judge,
    match_row,
)
from devtools.generate import tokenizer
from devtools.generate.paths import COMMAND
from devtools.generate.tokenizer import MISSING, can_count_tokens

AGAIN = f"run: {COMMAND}"
OWN_PACKAGES = ("dockerhub_mcp.sandbox", "benchmarks.image_questions", "devtools.generate.frozen_clock")
Outcomes = Sequence[tuple[Question, tuple[Asked, Asked]]]


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    """Return each question with the outcomes of the old way and the new way."""
    questions = list_questions()
    return list(zip(questions, ask_all(questions), strict=True))


def test_every_question_is_answered_in_the_new_way(outcomes: Outcomes) -> None:
    faults = {
        question.title: (
            new.verdict,
            find_lacking(question.expected, new.text, is_new=True),
            find_excluded(question.expected, new.text),
        )
        for question, (_, new) in outcomes
        if new.verdict is not Verdict.RIGHT
    }
    assert faults == {}


def test_no_answer_fits_another_question(outcomes: Outcomes) -> None:
    texts = {question.title: new.text for question, (_, new) in outcomes}
    for question, _ in outcomes:
        assert judge(question.expected, "", is_new=True) is not Verdict.RIGHT, question.title
        others = [text for title, text in texts.items() if title != question.title]
        fitting = sum(judge(question.expected, text, is_new=True) is Verdict.RIGHT for text in others)
        assert fitting < len(others) / 4, question.title


def test_the_new_way_takes_few_calls_and_no_more_pulls_than_it_must(outcomes: Outcomes) -> None:
    assert len(outcomes) >= 25
    assert sum(question.is_frequent for question, _ in outcomes) == 5
    for question, (old, new) in outcomes:
        assert new.calls <= 2, question.title
        assert old.pulls == 0, question.title
        is_inside = any(name in {"inspect_image", "compare_images"} for name, _ in question.new)
        assert new.pulls <= (6 if is_inside else 0), question.title


def test_the_kept_costs_are_those_of_the_present_results(
    outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokenizer, "MODULES", "")
    kept = costs.load_costs()
    assert costs.build_costs(outcomes, kept) == kept, AGAIN
    assert costs.format_json(kept) == costs.COSTS_FILE.read_text("utf-8"), AGAIN
    assert page.PAGE.read_text("utf-8") == page.render_page(kept), AGAIN


@pytest.mark.skipif(not can_count_tokens(), reason=MISSING)
def test_the_kept_tokens_are_those_of_the_tokenizer(outcomes: Outcomes) -> None:
    assert costs.build_costs(outcomes) == costs.load_costs(), AGAIN


def test_frequent_questions_take_few_tokens() -> None:
    dear = {cost.question: cost.new.tokens for cost in costs.load_costs() if cost.is_frequent}
    assert len(dear) == 5
    assert {title: tokens for title, tokens in dear.items() if tokens >= MAX_TOKENS} == {}


@pytest.mark.parametrize("module", [contents, facts, finding, pulling, samples, sources, versions])
def test_answers_do_not_come_from_the_code_that_is_asked(module: ModuleType) -> None:
    imported = {
        node.module or ""
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.ImportFrom)
    }
    ours = {name for name in imported if name.startswith(("dockerhub_mcp", "benchmarks", "devtools"))}
    assert {name for name in ours if not name.startswith(OWN_PACKAGES)} == set()


def test_an_answer_is_right_wrong_or_missing() -> None:
    expected = Expected(
        "8.2.3",
        texts=("8.2.3",),
        patterns=(match_row("8.2.3", "2025-10-03"),),
        excluded=(match_row("8.2.2"),),
        old_texts=("8.2.3", "47MB"),
    )
    row = "8.2.3 | 57cd064e8d67 | 2025-10-03"
    assert judge(expected, row, is_new=True) is Verdict.RIGHT
    assert judge(expected, f"{row}\n8.2.2 | 422e7084830c", is_new=True) is Verdict.WRONG
    assert judge(expected, "8.2.3 | 2025-10-04", is_new=True) is Verdict.MISSING
    assert find_lacking(expected, "8.2.30, v8.2.3-alpine, 18.2.3", is_new=False) == ["8.2.3", "47MB"]
    assert judge(expected, "It is 8.2.3. (47MB)", is_new=False) is Verdict.RIGHT
    assert judge(Expected("root", patterns=("^user: root",)), "user: root", is_new=False) is Verdict.MISSING


def test_the_page_names_what_is_wrong_or_dear() -> None:
    right = costs.Cost(2, 900, 3, 0, Verdict.RIGHT, "a")
    wrong = right._replace(tokens=1_200, verdict=Verdict.WRONG)
    good = costs.QuestionCost(
        "Which is newest?", "8 | 9", is_frequent=True, old=right, new=right._replace(calls=1, tokens=300)
    )
    shown = page.render_page([good])
    assert "| Which is newest? * | 8 \\| 9 | 2 | 900 | 3 | 0 | right | 1 | 300 | 3 | 0 | right |" in shown
    assert "The new way answers 1 of 1 questions with 1 calls and 300 tokens." in shown
    assert "Not right" not in shown
    bad = page.render_page([good, good._replace(question="And oldest?", is_frequent=False, new=wrong)])
    assert "- And oldest? (wrong)\n" in bad
    assert "- And oldest? (1,200 tokens, old 900)\n" in bad
    assert "| **2 questions** |  | **4** | **1,800** | **6** | **0** | **2 right** | **3** |" in bad

"""Legends: labels such as `#1` in place of long texts that a column of a table repeats.

A label is no value: a value with a number sign would be in quotes. The text of an item cannot pass for a
label, nor for a line of the legend, which begins with one.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from dockerhub_mcp.tools.results.compaction.columns import Column, Sentence
from dockerhub_mcp.tools.results.compaction.token_estimate import estimate_tokens
from dockerhub_mcp.tools.results.sanitize import inline

LABEL_SIGN = "#"
REST_PLACE, SUBJECT_PLACE = "{}", "{name}"
"""Where a wording has the text behind the label, and the name of the row."""
_LABEL_TOKENS = 2
_MIN_CELL_TOKENS = 6
_MIN_COLUMN_SAVING = 8  # tokens for which a reader should not have to look up labels
_MAX_ENTRIES = 40  # of a column; those that save most


@dataclass(frozen=True, slots=True)
class _Abbreviation:
    """How a cell is written: with the label of a text of the legend, and what follows the label."""

    text: str
    rest: str = ""


def abbreviate(columns: Sequence[Column]) -> tuple[list[Column], list[str]]:
    """Replace texts that columns repeat by labels, where that makes the table shorter.

    Returns:
        The columns, and the lines of the legend.
    """
    kept, lines, labels = [], [], 0
    for column in columns:
        found = _find_wordings(column) if column.sentences else _find_repeated_cells(column)
        if not found or any(cell.startswith(LABEL_SIGN) for cell in column.cells):
            kept.append(column)
            continue
        texts = list(dict.fromkeys(found[row].text for row in sorted(found)))
        label_of = {text: f"{LABEL_SIGN}{labels + number}" for number, text in enumerate(texts, 1)}
        labels += len(texts)
        lines.append(_describe_column(column))
        lines += [f"{label} = {text}" for text, label in label_of.items()]
        cells = list(column.cells)
        for row, short in found.items():
            cells[row] = f"{label_of[short.text]} {short.rest}".rstrip()
        kept.append(replace(column, cells=cells))
    return kept, lines


def _describe_column(column: Column) -> str:
    if not column.sentences:
        return f"Labels in {column.title}:"
    places = f"{REST_PLACE} is the text behind the label, {SUBJECT_PLACE} the row's name"
    return f"Labels in {column.title}; {places}:"


def _find_repeated_cells(column: Column) -> Mapping[int, _Abbreviation]:
    """Return the rows with cells that are worth a label."""
    if not column.may_abbreviate:
        return {}
    savings = {}
    for cell, count in Counter(column.cells).items():
        # Names, dates and digests are single words: readers need them where they are.
        if count > 1 and _has_words(cell) and (tokens := estimate_tokens(cell)) >= _MIN_CELL_TOKENS:
            savings[cell] = count * (tokens - _LABEL_TOKENS) - (tokens + _LABEL_TOKENS + 2)
    chosen = _choose(savings, estimate_tokens(_describe_column(column)))
    return {row: _Abbreviation(cell) for row, cell in enumerate(column.cells) if cell in chosen}


def _has_words(cell: str) -> bool:
    return " " in cell or cell.startswith('"')


def _choose(savings: Mapping[str, int], fixed_cost: int) -> set[str]:
    """Return the texts for the legend: those that save most, if together they save enough."""
    best = sorted((text for text in savings if savings[text] > 0), key=lambda text: -savings[text])
    chosen = best[:_MAX_ENTRIES]
    total = sum(savings[text] for text in chosen)
    return set(chosen) if total >= fixed_cost + _MIN_COLUMN_SAVING else set()


def _find_wordings(column: Column) -> Mapping[int, _Abbreviation]:
    """Return the rows with sentences that follow a wording that is worth a label."""
    rows_by_kind: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    words = {}
    for row, sentence in enumerate(column.sentences):
        if sentence.text and "{" not in sentence.text:
            words[row] = _mark_subject(sentence)
            rows_by_kind[sentence.kind, words[row][0]].append(row)
    found: dict[int, _Abbreviation] = {}
    savings: Counter[str] = Counter()
    for rows in rows_by_kind.values():
        start, end = _find_common_ends([words[row] for row in rows])
        for row in rows:
            # The places are of the legend alone: a name behind a label is written out.
            rest = column.sentences[row].text.split(" ")[len(start) : len(words[row]) - len(end)]
            wording = json.dumps(
                " ".join([*start, *([REST_PLACE] if rest else []), *end]), ensure_ascii=False
            )
            found[row] = _Abbreviation(wording, inline(" ".join(rest)) if rest else "")
            if wording not in savings:
                savings[wording] = -(estimate_tokens(wording) + _LABEL_TOKENS + 2)
            short = _LABEL_TOKENS + estimate_tokens(found[row].rest)
            savings[wording] += estimate_tokens(column.cells[row]) - short
    chosen = _choose(savings, estimate_tokens(_describe_column(column)))
    return {row: short for row, short in found.items() if short.text in chosen}


def _mark_subject(sentence: Sentence) -> list[str]:
    """Return the words of a sentence, with its subject as a placeholder."""
    return [SUBJECT_PLACE if word == sentence.subject else word for word in sentence.text.split(" ")]


def _find_common_ends(texts: Sequence[Sequence[str]]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the words that all texts begin with, and those that all end with behind them."""
    shortest = min(map(len, texts))
    start = sum(1 for _ in takewhile(_are_equal, zip(*texts, strict=False)))
    ends = zip(*(reversed(text) for text in texts), strict=False)
    end = min(sum(1 for _ in takewhile(_are_equal, ends)), shortest - start)
    return texts[0][:start], texts[0][len(texts[0]) - end :]


def _are_equal(words: Sequence[str]) -> bool:
    return len(set(words)) == 1

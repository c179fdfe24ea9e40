"""Questions, the calls that answer them, and what an answer contains."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

MAX_TOKENS = 1_000
"""The tokens that each of the five most frequent questions may take in the new way."""
PAGE_SIZE = 100
"""The tags of a page, where all are read."""
ANONYMOUS = ""
"""The identity of a caller without an account."""


class Call(NamedTuple):
    """A call of a tool."""

    tool: str
    arguments: dict[str, Any]


def call(tool: str, **arguments: Any) -> Call:
    """Return a call of a tool."""
    return Call(tool, arguments)


def read_pages(repository: str, tags: int) -> list[Call]:
    """Return the calls that read all tags of a repository."""
    pages = range(1, -(-tags // PAGE_SIZE) + 1)
    return [call("list_tags", repository=repository, page=page, page_size=PAGE_SIZE) for page in pages]


@dataclass(frozen=True)
class Expected:
    """What an answer must contain, and what it must not.

    Attributes:
        summary: The answer in a few words.
        texts: The texts that must occur in the results as whole words.
        patterns: Regular expressions that must match the results of the new way, such as the row of a tag.
        excluded: Regular expressions that must not match the results of the new way.
        old_texts: The texts that the results of the old way must contain, where they show the same in another
            form; by default those of `texts`.
    """

    summary: str
    texts: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    old_texts: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Question:
    """A question.

    Attributes:
        title: The question as people ask it.
        expected: What an answer must contain.
        old: The calls of the old way.
        new: The calls of the new way.
        identity: The name of the identity that asks.
        is_frequent: Whether the new way may take `MAX_TOKENS` only.
        pulls_before: The pulls that the caller's address has used before.
    """

    title: str
    expected: Expected
    old: Sequence[Call]
    new: Sequence[Call]
    identity: str = "owner"
    is_frequent: bool = False
    pulls_before: int = 0


class Verdict(StrEnum):
    """Whether the results contain the answer."""

    RIGHT = "right"
    WRONG = "wrong"
    MISSING = "not answerable"


def match_pin(image: str) -> str:
    """Return a pattern for the line with the reference to pin."""
    return rf"^pinned: {re.escape(image)}@sha256:[0-9a-f]{{64}}$"


def match_row(name: str, *cells: str) -> str:
    """Return a pattern for the row of a table that begins with a name and has these cells further on."""
    return rf"^{re.escape(name)}(?: \||$)" + "".join(
        rf".*(?<![\w.-]){re.escape(cell)}(?![\w.-])" for cell in cells
    )


def find_lacking(expected: Expected, text: str, *, is_new: bool) -> list[str]:
    """Return the texts and patterns that results lack."""
    texts = expected.texts if is_new or expected.old_texts is None else expected.old_texts
    patterns = expected.patterns if is_new else ()
    return [each for each in texts if not _contains(text, each)] + [
        pattern for pattern in patterns if not re.search(pattern, text, re.MULTILINE)
    ]


def find_excluded(expected: Expected, text: str) -> list[str]:
    """Return the patterns that match results and must not."""
    return [pattern for pattern in expected.excluded if re.search(pattern, text, re.MULTILINE)]


def judge(expected: Expected, text: str, *, is_new: bool) -> Verdict:
    """Return whether results contain the answer.

    An old way is right where its results contain the answer, even if it has to be found among thousands of
    rows. A new way is wrong where its results contradict the answer.
    """
    if is_new and find_excluded(expected, text):
        return Verdict.WRONG
    texts = expected.texts if is_new or expected.old_texts is None else expected.old_texts
    if not texts and not is_new:
        return Verdict.MISSING
    return Verdict.MISSING if find_lacking(expected, text, is_new=is_new) else Verdict.RIGHT


def _contains(text: str, words: str) -> bool:
    if words in _split_names(text):
        return True
    return re.search(rf"(?<![\w.-]){re.escape(words)}(?!\w|[.-]\w)", text) is not None


@lru_cache(2)
def _split_names(text: str) -> frozenset[str]:
    """Return the names in a text; thousands of them are looked for in the longest ones."""
    return frozenset(re.split(r"[^\w.-]+", text))
